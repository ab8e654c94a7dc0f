import type { ItemRow } from '#shared/contract/items.ts';

/** Rows asked for at once. */
export const PAGE_ROWS = 500;
/** Pages whose rows are kept; of older ones only the last id stays, which is what the next page is asked with. */
export const KEPT_PAGES = 12;

/**
 * What the table knows of a filtered list: some pages of rows, and for every page ever seen its last id. The list itself stays with the
 * runtime; 100,000 rows never are in the page at once.
 */
export interface ItemPages {
  readonly total: number;
  readonly pages: ReadonlyMap<number, readonly ItemRow[]>;
  /** Last item id of each page seen, by page number without gaps from 0. */
  readonly lastIds: readonly number[];
  /** Pages to ask for again before they are trusted; their rows stay visible meanwhile. */
  readonly stalePages: ReadonlySet<number>;
  /** Raised whenever pages became stale: an answer to an older question does not make them fresh. */
  readonly generation: number;
}

/** Nothing, and nothing to ask for. */
export const NO_PAGES: ItemPages = { total: 0, pages: new Map(), lastIds: [], stalePages: new Set(), generation: 0 };
/** A list that was opened and of which nothing is known yet. */
export const UNREAD_PAGES: ItemPages = { ...NO_PAGES, stalePages: new Set([0]) };

/** The row at a position of the list, or null while its page is not here. */
export function rowAt(list: ItemPages, index: number): ItemRow | null {
  return list.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS] ?? null;
}

/**
 * The next page to ask for so that rows `first`..`last` become visible and fresh; null when they all are. Pages are reached by the last id
 * of the page before, so a jump far down asks for the pages on the way first.
 */
export function nextPageToLoad(list: ItemPages, first: number, last: number): { page: number; afterId: number } | null {
  if (list.total === 0) return list.stalePages.has(0) ? { page: 0, afterId: 0 } : null;
  const lastPage = Math.floor(Math.min(last, list.total - 1) / PAGE_ROWS);
  for (let page = Math.floor(Math.max(0, first) / PAGE_ROWS); page <= lastPage; page += 1) {
    if (list.pages.has(page) && !list.stalePages.has(page)) continue;
    const reachable = Math.min(page, list.lastIds.length);
    const afterId = reachable === 0 ? 0 : list.lastIds[reachable - 1];
    return afterId === undefined ? null : { page: reachable, afterId };
  }
  return null;
}

/**
 * Adds or replaces one page; pages farthest from it are dropped when there are too many. Where it ends at another row than before, all
 * pages after it begin elsewhere and become stale.
 * @param askedIn generation of the list when the page was asked for
 */
export function withPage(list: ItemPages, page: number, rows: readonly ItemRow[], total: number, askedIn: number): ItemPages {
  const pages = new Map(list.pages);
  const stalePages = new Set(list.stalePages);
  pages.set(page, rows);
  if (askedIn === list.generation) stalePages.delete(page);
  const lastId = rows.at(-1)?.id;
  let { lastIds } = list;
  if (lastId !== lastIds[page]) {
    lastIds = lastId === undefined ? lastIds.slice(0, page) : [...lastIds.slice(0, page), lastId];
    for (const number of pages.keys()) if (number > page) stalePages.add(number);
  }
  const pageCount = Math.max(1, Math.ceil(total / PAGE_ROWS));
  for (const number of [...pages.keys()].toSorted((left, right) => Math.abs(right - page) - Math.abs(left - page))) {
    if (number < pageCount && pages.size <= KEPT_PAGES) continue;
    pages.delete(number);
    stalePages.delete(number);
  }
  return { ...list, total, pages, lastIds, stalePages };
}

/** Marks one page, or all that are kept, to be asked for again. */
export function withStale(list: ItemPages, which: number | 'all'): ItemPages {
  const stalePages = which === 'all' ? new Set([0, ...list.pages.keys()]) : new Set(list.stalePages).add(which);
  return { ...list, stalePages, generation: list.generation + 1 };
}

/** Rows that changed, put in place where they are visible; the same object when none is. */
export function withChangedRows(list: ItemPages, changed: readonly ItemRow[]): ItemPages {
  const byId = new Map(changed.map((row) => [row.id, row]));
  let pages: Map<number, readonly ItemRow[]> | null = null;
  for (const [number, rows] of list.pages) {
    const firstId = rows[0]?.id;
    const lastId = rows.at(-1)?.id;
    if (firstId === undefined || lastId === undefined) continue;
    if (!changed.some((row) => row.id >= firstId && row.id <= lastId)) continue;
    pages ??= new Map(list.pages);
    pages.set(
      number,
      rows.map((row) => byId.get(row.id) ?? row),
    );
  }
  return pages === null ? list : { ...list, pages };
}
