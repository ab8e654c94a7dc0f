import { describe, expect, it } from 'vitest';
import { fileName, folderName, realTimeFactor } from './inspectorView.ts';

describe('facts of a file', () => {
  it('splits its name', () => {
    expect([fileName('1089/134686/a.flac'), folderName('1089/134686/a.flac')]).toEqual(['a.flac', '1089']);
    expect([fileName('a.flac'), folderName('a.flac')]).toEqual(['a.flac', null]);
  });
  it('has no real-time factor without audio', () => {
    expect(realTimeFactor({ processingSec: 1, decodedSec: 4 })).toBe(0.25);
    expect(realTimeFactor({ processingSec: 1, decodedSec: 0 })).toBeNull();
  });
});
