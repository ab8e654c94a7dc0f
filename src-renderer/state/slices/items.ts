import type { z } from 'zod';
import type { ITEM_FILTERS, ItemRow } from '#shared/contract/items.ts';
import { NO_PAGES, withChangedRows, withPage, type ItemPages } from '../itemPages.ts';
import type { Change } from '../store.ts';

export type ItemFilter = (typeof ITEM_FILTERS)[number];
export type ItemCounts = Readonly<Partial<Record<ItemFilter, z.infer<z.ZodInt>>>>;

/** The list in the table: one run, one filter, one search. */
export interface ItemQuery {
  readonly runId: number;
  readonly filter: ItemFilter;
  readonly search: string;
}

export interface ItemsSlice {
  readonly itemQuery: ItemQuery | null;
  readonly itemPages: ItemPages;
  readonly itemCounts: ItemCounts;
  /** Raised when rows changed in a way that only asking again can show (counts, filtered lists, too many at once). */
  readonly itemsVersion: number;
  readonly selectedItemId: number | null;
  openItems(query: ItemQuery): void;
  /** A page of the answer to `query`; ignored when another list is shown by now. */
  setItemPage(query: ItemQuery, page: number, rows: readonly ItemRow[], total: number, counts: ItemCounts): void;
  changeItems(runId: number, rows: readonly ItemRow[]): void;
  invalidateItems(): void;
  selectItem(itemId: number | null): void;
}

export function createItemsSlice(change: Change): ItemsSlice {
  return {
    itemQuery: null,
    itemPages: NO_PAGES,
    itemCounts: {},
    itemsVersion: 0,
    selectedItemId: null,
    openItems: (query) =>
      change((state) => {
        const isOtherRun = state.itemQuery?.runId !== query.runId;
        return { itemQuery: query, itemPages: NO_PAGES, ...(isOtherRun ? { itemCounts: {}, selectedItemId: null } : {}) };
      }),
    setItemPage: (query, page, rows, total, counts) =>
      change((state) => {
        if (state.itemQuery !== query) return {};
        return { itemPages: withPage(state.itemPages, page, rows, total), itemCounts: counts };
      }),
    changeItems: (runId, rows) =>
      change((state) => {
        if (state.itemQuery?.runId !== runId) return {};
        return { itemPages: withChangedRows(state.itemPages, rows), itemsVersion: state.itemsVersion + 1 };
      }),
    invalidateItems: () => change((state) => ({ itemsVersion: state.itemsVersion + 1 })),
    selectItem: (selectedItemId) => change(() => ({ selectedItemId })),
  };
}
