import { expect, test } from 'vitest';
import { rowOfKey } from './gridKeys.ts';

const PLACE = { active: 5, total: 100, visiblePx: 320, rowPx: 32 };

test('each key leads to its row, and never out of the list', () => {
  const keys = ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'];
  expect(keys.map((key) => rowOfKey(key, PLACE))).toEqual([6, 4, 14, 0, 0, 99]);
  expect(keys.map((key) => rowOfKey(key, { ...PLACE, active: 0, total: 1 }))).toEqual([0, 0, 0, 0, 0, 0]);
});

test('a page is at least one row, other keys and an empty list lead nowhere', () => {
  expect(rowOfKey('PageDown', { ...PLACE, visiblePx: 10 })).toBe(6);
  expect(rowOfKey('a', PLACE)).toBeNull();
  expect(rowOfKey('End', { ...PLACE, total: 0 })).toBeNull();
});
