import { describe, expect, it } from 'vitest';
import { missingPages, noPages, PAGE_ROWS, rowAt, withPage, type OffsetPages } from './offsetPages.ts';

const page = (number: number): string[] => Array.from({ length: PAGE_ROWS }, (_, index) => `row ${number * PAGE_ROWS + index}`);

describe('pages of a list read by position', () => {
  it('asks for the first page before anything is known, then for what is in sight', () => {
    const empty = noPages<string>();
    expect(missingPages(empty, 0, 0)).toEqual([0]);
    const list = withPage(empty, 0, page(0), 1_000);
    expect(missingPages(list, 0, PAGE_ROWS - 1)).toEqual([]);
    expect(missingPages(list, PAGE_ROWS - 3, PAGE_ROWS + 3)).toEqual([1]);
    expect(missingPages(list, 790, 99_999)).toEqual([3, 4]);
    expect(missingPages(withPage(empty, 0, [], 0), 0, 20)).toEqual([]);
  });

  it('finds a row by its position, or says that it is not here', () => {
    const list = withPage(withPage(noPages<string>(), 0, page(0), 1_000), 4, page(4), 1_000);
    expect([rowAt(list, 5), rowAt(list, 999), rowAt(list, 300)]).toEqual(['row 5', 'row 999', null]);
  });

  it('keeps the pages near the last one', () => {
    let list: OffsetPages<string> = noPages();
    for (let number = 0; number < 30; number += 1) list = withPage(list, number, page(number), 30 * PAGE_ROWS);
    expect([...list.pages.keys()].toSorted((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, index) => index + 10));
  });
});
