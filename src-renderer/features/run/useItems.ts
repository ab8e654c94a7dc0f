import { useEffect, useRef, useState } from 'react';
import type { ItemDetail } from '#shared/contract/items.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { createItemLoader, type ItemLoader } from '../../state/itemLoader.ts';
import type { ItemQuery } from '../../state/slices/items.ts';
import { usePanel } from '../../state/store.ts';

/** Keeps the rows `first`..`last` of a list in the store and fresh while the component is there. */
export function useItemPages(query: ItemQuery, first: number, last: number): { readonly error: WireError | null } {
  const client = useClient();
  const [error, setError] = useState<WireError | null>(null);
  const loader = useRef<ItemLoader | null>(null);
  useEffect(() => {
    const created = createItemLoader(client, usePanel, setError);
    loader.current = created;
    return () => created.close();
  }, [client]);
  useEffect(() => loader.current?.show(query, first, last), [client, query, first, last]);
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
  // A row out of sight is not here to tell that it changed; after a reconnect nothing is known.
  const loadCount = usePanel((state) => state.loadCount);
  const fingerprint =
    row === null ? '' : row.tasks.map((task) => `${task.status}${task.failedAttempts}${task.isHeld}${task.priority}`).join(' ');
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
  }, [client, itemId, fingerprint, loadCount]);
  return { detail: detail?.row.id === itemId ? detail : null, error };
}
