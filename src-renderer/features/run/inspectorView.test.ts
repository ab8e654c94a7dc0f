import { describe, expect, it } from 'vitest';
import { fileName, folderName, latestFirst, realTimeFactor } from './inspectorView.ts';

describe('facts of a file', () => {
  it('splits its name', () => {
    expect([fileName('1089/134686/a.flac'), folderName('1089/134686/a.flac')]).toEqual(['a.flac', '1089']);
    expect([fileName('a.flac'), folderName('a.flac')]).toEqual(['a.flac', null]);
  });
  it('has the latest attempt first, whatever the order they came in', () => {
    const ids = (...given: number[]) => latestFirst(given.map((id) => ({ id }))).map(({ id }) => id);
    expect([ids(1, 2, 10), ids(10, 2, 1)]).toEqual([
      [10, 2, 1],
      [10, 2, 1],
    ]);
  });
  it('has no real-time factor without audio', () => {
    expect(realTimeFactor({ processingSec: 1, decodedSec: 4 })).toBe(0.25);
    expect(realTimeFactor({ processingSec: 1, decodedSec: 0 })).toBeNull();
  });
});
