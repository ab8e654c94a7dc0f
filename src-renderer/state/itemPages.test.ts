import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRow } from '../testing/builders.ts';
import {
  KEPT_PAGES,
  NO_PAGES,
  PAGE_ROWS,
  UNREAD_PAGES,
  nextPageToLoad,
  rowAt,
  withChangedRows,
  withPage,
  withStale,
  type ItemPages,
} from './itemPages.ts';

const TOTAL = PAGE_ROWS * 40 + 7;
const rowsOfPage = (page: number) =>
  Array.from({ length: Math.min(PAGE_ROWS, TOTAL - page * PAGE_ROWS) }, (_, index) => buildRow({ id: 10 + page * PAGE_ROWS + index }));

function loadUntilVisible(list: ItemPages, first: number, last: number): ItemPages {
  let current = list;
  for (let step = 0; step < 100; step += 1) {
    const next = nextPageToLoad(current, first, last);
    if (next === null) return current;
    const expectedAfter = next.page === 0 ? 0 : 9 + next.page * PAGE_ROWS;
    expect(next.afterId).toBe(expectedAfter);
    current = withPage(current, next.page, rowsOfPage(next.page), TOTAL, 0);
  }
  throw new Error('never finished');
}

describe('pages of a long list', () => {
  it('asks for the first page first', () => {
    expect(nextPageToLoad({ ...NO_PAGES, total: 10 }, 0, 9)).toEqual({ page: 0, afterId: 0 });
    expect(nextPageToLoad(UNREAD_PAGES, 0, 9)).toEqual({ page: 0, afterId: 0 });
    expect(nextPageToLoad(NO_PAGES, 0, 9)).toBeNull();
  });

  it('reaches every row from any order of jumps and keeps few pages', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: TOTAL - 1 }), { minLength: 1, maxLength: 6 }), (jumps) => {
        let list = withPage(NO_PAGES, 0, rowsOfPage(0), TOTAL, 0);
        for (const index of jumps) {
          list = loadUntilVisible(list, index, index);
          expect(rowAt(list, index)?.id).toBe(10 + index);
          expect(list.pages.size).toBeLessThanOrEqual(KEPT_PAGES);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('replaces changed rows in place and nothing else', () => {
    const list = withPage(NO_PAGES, 0, rowsOfPage(0), TOTAL, 0);
    const changed = buildRow({ id: 12, fileId: 'new' });
    const after = withChangedRows(list, [changed]);
    expect(rowAt(after, 2)).toBe(changed);
    expect(rowAt(after, 1)).toBe(rowAt(list, 1));
    expect(withChangedRows(list, [buildRow({ id: 999_999 })])).toBe(list);
  });

  it('asks for stale pages again and trusts only answers to questions asked after', () => {
    const list = loadUntilVisible(withPage(NO_PAGES, 0, rowsOfPage(0), TOTAL, 0), 0, PAGE_ROWS);
    const stale = withStale(list, 'all');
    expect(rowAt(stale, PAGE_ROWS)?.id).toBe(10 + PAGE_ROWS);
    expect(nextPageToLoad(stale, PAGE_ROWS, PAGE_ROWS)).toEqual({ page: 1, afterId: 9 + PAGE_ROWS });
    const late = withPage(stale, 1, rowsOfPage(1), TOTAL, list.generation);
    expect(nextPageToLoad(late, PAGE_ROWS, PAGE_ROWS)).toEqual({ page: 1, afterId: 9 + PAGE_ROWS });
    const fresh = withPage(late, 1, rowsOfPage(1), TOTAL, stale.generation);
    expect(nextPageToLoad(fresh, PAGE_ROWS, PAGE_ROWS)).toBeNull();
    expect(nextPageToLoad(fresh, 0, 0)).toEqual({ page: 0, afterId: 0 });
  });

  it('reads on from where a filtered list begins now when rows left it', () => {
    const list = loadUntilVisible(withPage(NO_PAGES, 0, rowsOfPage(0), TOTAL, 0), 0, PAGE_ROWS * 2);
    const moved = withPage(
      list,
      0,
      rowsOfPage(0).map((row) => ({ ...row, id: row.id + 1 })),
      TOTAL - 1,
      0,
    );
    expect(nextPageToLoad(moved, PAGE_ROWS, PAGE_ROWS)).toEqual({ page: 1, afterId: 10 + PAGE_ROWS });
    const empty = withPage(moved, 0, [], 0, 0);
    expect([...empty.pages.keys()]).toEqual([0]);
    expect(nextPageToLoad(empty, 0, 9)).toBeNull();
  });
});
