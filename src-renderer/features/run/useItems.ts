import { useCallback, useEffect, useRef, useState } from 'react';
import type { ItemDetail } from '#shared/contract/items.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { PAGE_ROWS, nextPageToLoad } from '../../state/itemPages.ts';
import type { ItemQuery } from '../../state/slices/items.ts';
import { usePanel } from '../../state/store.ts';

/** Counts and filtered lists are asked for again at most this often while rows change, ms. */
const REFRESH_EVERY_MS = 1_000;

/**
 * Keeps the rows `first`..`last` of a list in the store: opens it, loads the pages that become visible one after another, and renews the
 * visible page when rows changed.
 */
export function useItemPages(query: ItemQuery, first: number, last: number): { readonly error: WireError | null } {
  const client = useClient();
  const shown = usePanel((state) => state.itemQuery);
  const pages = usePanel((state) => state.itemPages);
  const version = usePanel((state) => state.itemsVersion);
  const [error, setError] = useState<WireError | null>(null);
  const busy = useRef(false);
  const [loads, setLoads] = useState(0);

  const load = useCallback(
    async (page: number, afterId: number): Promise<void> => {
      if (busy.current) return;
      busy.current = true;
      try {
        const { runId, filter, search } = query;
        const found = await client.request('items.list', { runId, filter, search, afterId, count: PAGE_ROWS });
        usePanel.getState().setItemPage(query, page, found.items, found.total, found.counts);
        setError(null);
      } catch (thrown) {
        setError(toWireError(thrown));
      } finally {
        busy.current = false;
        setLoads((count) => count + 1);
      }
    },
    [client, query],
  );

  useEffect(() => {
    usePanel.getState().openItems(query);
    void load(0, 0);
  }, [query, load]);

  useEffect(() => {
    if (shown !== query || busy.current) return;
    const next = nextPageToLoad(pages, first, last);
    if (next !== null && error === null) void load(next.page, next.afterId);
  }, [shown, query, pages, first, last, load, loads, error]);

  const position = useRef({ first, pages });
  useEffect(() => {
    position.current = { first, pages };
  }, [first, pages]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (version === 0 || timer.current !== null) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      const page = Math.floor(Math.max(0, position.current.first) / PAGE_ROWS);
      const afterId = page === 0 ? 0 : position.current.pages.lastIds[page - 1];
      if (afterId !== undefined) void load(page, afterId);
    }, REFRESH_EVERY_MS);
  }, [version, load]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [query],
  );
  return { error };
}

/** Everything about one file, renewed when its row changed; the last answer stays visible while the next is on its way. */
export function useItemDetail(itemId: number | null): { readonly detail: ItemDetail | null; readonly error: WireError | null } {
  const client = useClient();
  const row = usePanel((state) => {
    if (itemId === null) return null;
    for (const rows of state.itemPages.pages.values()) {
      const found = rows.find((candidate) => candidate.id === itemId);
      if (found !== undefined) return found;
    }
    return null;
  });
  const fingerprint = row === null ? '' : row.tasks.map((task) => `${task.status}${task.failedAttempts}`).join(' ');
  const [detail, setDetail] = useState<ItemDetail | null>(null);
  const [error, setError] = useState<WireError | null>(null);
  useEffect(() => {
    if (itemId === null) return undefined;
    let isCurrent = true;
    client.request('items.get', { itemId }).then(
      (found) => {
        if (!isCurrent) return;
        setDetail(found);
        setError(null);
      },
      (thrown: unknown) => {
        if (isCurrent) setError(toWireError(thrown));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [client, itemId, fingerprint]);
  return { detail: detail?.row.id === itemId ? detail : null, error };
}
