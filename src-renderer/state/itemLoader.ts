import type { WireError } from '#shared/errors/nightshiftError.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import type { PanelClient } from '../transport/panelClient.ts';
import { PAGE_ROWS, nextPageToLoad } from './itemPages.ts';
import type { ItemQuery } from './slices/items.ts';
import type { PanelStore } from './store.ts';

/** Counts and filtered lists are asked for again at most this often while rows change, ms. */
export const RENEW_EVERY_MS = 1_000;

export interface ItemLoader {
  /** Opens the list when it is another one than before, and loads what is missing or stale of the rows `first`..`last`. */
  show(query: ItemQuery, first: number, last: number): void;
  close(): void;
}

/**
 * Keeps the visible rows of one list in the store fresh: one question at a time, asked again after changes, after a reconnect, and when
 * something changed while the answer was on its way.
 * @param onError the list could not be read, or (null) it could again; the next change tries again
 */
export function createItemLoader(client: PanelClient, store: PanelStore, onError: (error: WireError | null) => void): ItemLoader {
  let query: ItemQuery | null = null;
  let first = 0;
  let last = 0;
  let isBusy = false;
  let isClosed = false;
  let failedIn: number | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const pump = (): void => {
    const { itemQuery, itemPages } = store.getState();
    if (isClosed || isBusy || query === null || itemQuery !== query || failedIn === itemPages.generation) return;
    const next = nextPageToLoad(itemPages, first, last);
    if (next !== null) void load(query, next.page, next.afterId, itemPages.generation);
  };

  const load = async (asked: ItemQuery, page: number, afterId: number, askedIn: number): Promise<void> => {
    isBusy = true;
    try {
      const { runId, filter, search } = asked;
      const { items, total, counts } = await client.request('items.list', { runId, filter, search, afterId, count: PAGE_ROWS });
      if (isClosed) return;
      if (asked === query) {
        failedIn = null;
        onError(null);
      }
      store.getState().setItemPage(asked, { page, rows: items, total, counts, askedIn });
    } catch (thrown) {
      if (asked === query && !isClosed) {
        failedIn = askedIn;
        onError(toWireError(thrown));
      }
    }
    isBusy = false;
    pump();
  };

  const renewSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      store.getState().renewItems(Math.floor(Math.max(0, first) / PAGE_ROWS));
    }, RENEW_EVERY_MS);
  };

  const unsubscribe = store.subscribe((state, before) => {
    if (state.itemsVersion !== before.itemsVersion) renewSoon();
    if (state.itemPages !== before.itemPages) pump();
  });

  return {
    show(nextQuery, nextFirst, nextLast) {
      first = nextFirst;
      last = nextLast;
      if (nextQuery !== query) {
        query = nextQuery;
        failedIn = null;
        onError(null);
        store.getState().openItems(nextQuery);
      }
      pump();
    },
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      unsubscribe();
    },
  };
}
