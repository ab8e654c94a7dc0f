import type { z } from 'zod';
import type { ITEM_FILTERS, ItemRow } from '#shared/contract/items.ts';
import { NO_PAGES, UNREAD_PAGES, withChangedRows, withPage, withStale, type ItemPages } from '../itemPages.ts';
import type { Change, PanelState } from '../store.ts';

export type ItemFilter = (typeof ITEM_FILTERS)[number];
export type ItemCounts = Readonly<Partial<Record<ItemFilter, z.infer<z.ZodInt>>>>;

/** The list in the table: one run, one filter, one search. */
export interface ItemQuery {
  readonly runId: number;
  readonly filter: ItemFilter;
  readonly search: string;
}

export interface ItemPageAnswer {
  readonly page: number;
  readonly rows: readonly ItemRow[];
  readonly total: number;
  readonly counts: ItemCounts;
  /** Generation of the list when the page was asked for. */
  readonly askedIn: number;
}

export interface ItemsSlice {
  readonly itemQuery: ItemQuery | null;
  readonly itemPages: ItemPages;
  readonly itemCounts: ItemCounts;
  /** Raised when rows changed in a way that only asking again can show (counts, filtered lists, too many at once). */
  readonly itemsVersion: number;
  /** The next renewal concerns all kept pages: rows changed that no event named, or moved between pages. */
  readonly renewsAllItems: boolean;
  readonly selectedItemId: number | null;
  openItems(query: ItemQuery): void;
  /** A page of the answer to `query`; ignored when another list is shown by now. */
  setItemPage(query: ItemQuery, answer: ItemPageAnswer): void;
  /** @param more other rows changed, too, that the event has no room for */
  changeItems(runId: number, rows: readonly ItemRow[], more: boolean): void;
  invalidateItems(): void;
  /** Marks what changed since the last renewal to be asked for again, `visiblePage` in any case. */
  renewItems(visiblePage: number): void;
  selectItem(itemId: number | null): void;
}

export function createItemsSlice(change: Change): ItemsSlice {
  return {
    itemQuery: null,
    itemPages: NO_PAGES,
    itemCounts: {},
    itemsVersion: 0,
    renewsAllItems: false,
    selectedItemId: null,
    openItems: (query) =>
      change((state) => {
        const isOtherRun = state.itemQuery?.runId !== query.runId;
        return {
          itemQuery: query,
          itemPages: UNREAD_PAGES,
          renewsAllItems: false,
          ...(isOtherRun ? { itemCounts: {}, selectedItemId: null } : {}),
        };
      }),
    setItemPage: (query, { page, rows, total, counts, askedIn }) =>
      change((state) => {
        if (state.itemQuery !== query) return {};
        return { itemPages: withPage(state.itemPages, page, rows, total, askedIn), itemCounts: counts };
      }),
    changeItems: (runId, rows, more) =>
      change((state) => {
        if (state.itemQuery?.runId !== runId) return {};
        // In a filtered list a changed row comes or goes, and with it all rows behind it move.
        const moves = state.itemQuery.filter !== 'all';
        return {
          itemPages: withChangedRows(state.itemPages, rows),
          itemsVersion: state.itemsVersion + 1,
          renewsAllItems: state.renewsAllItems || more || moves,
        };
      }),
    invalidateItems: () => change((state) => ({ itemsVersion: state.itemsVersion + 1, renewsAllItems: true })),
    renewItems: (visiblePage) =>
      change((state) => ({ itemPages: withStale(state.itemPages, state.renewsAllItems ? 'all' : visiblePage), renewsAllItems: false })),
    selectItem: (selectedItemId) => change(() => ({ selectedItemId })),
  };
}

/** The rows of the list in the table; none while another list is still in the store. */
export function selectItemPages(query: ItemQuery): (state: PanelState) => ItemPages {
  return (state) => (state.itemQuery === query ? state.itemPages : NO_PAGES);
}

/** The selected file of a run; null while the selection still belongs to another run. */
export function selectSelectedItemId(runId: number): (state: PanelState) => number | null {
  return (state) => (state.itemQuery?.runId === runId ? state.selectedItemId : null);
}
