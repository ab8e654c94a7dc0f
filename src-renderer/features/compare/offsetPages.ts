/** Rows asked for at once. */
export const PAGE_ROWS = 200;
/** Pages that are kept; 20,000 rows would only be memory. */
const KEPT_PAGES = 20;

/** What is known of a list that is read by position: some pages of it; the list itself stays with the runtime. */
export interface OffsetPages<Row> {
  /** null until the first answer. */
  readonly total: number | null;
  readonly pages: ReadonlyMap<number, readonly Row[]>;
}

export function noPages<Row>(): OffsetPages<Row> {
  return { total: null, pages: new Map() };
}

/** The row at a position, or null while its page is not here. */
export function rowAt<Row>(list: OffsetPages<Row>, index: number): Row | null {
  return list.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS] ?? null;
}

/** Numbers of the pages that rows `first`..`last` need and that are not here; the first page while nothing is known. */
export function missingPages<Row>(list: OffsetPages<Row>, first: number, last: number): number[] {
  if (list.total === null) return [0];
  const lastPage = Math.floor(Math.min(last, list.total - 1) / PAGE_ROWS);
  const missing: number[] = [];
  for (let page = Math.floor(Math.max(0, first) / PAGE_ROWS); page <= lastPage; page += 1) {
    if (!list.pages.has(page)) missing.push(page);
  }
  return missing;
}

/** Adds a page; those farthest from it go when there are too many. */
export function withPage<Row>(list: OffsetPages<Row>, page: number, rows: readonly Row[], total: number): OffsetPages<Row> {
  const kept = [...list.pages]
    .filter(([number]) => number !== page)
    .toSorted(([left], [right]) => Math.abs(left - page) - Math.abs(right - page));
  return { total, pages: new Map<number, readonly Row[]>([[page, rows], ...kept.slice(0, KEPT_PAGES - 1)]) };
}
