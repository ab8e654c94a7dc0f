import { describe, expect, it } from 'vitest';
import { nextOccurrence } from './pauseTime.ts';

const evening = new Date(2026, 2, 14, 22, 30, 15).getTime();

describe('the next time a clock shows', () => {
  it.each([
    ['23:05', new Date(2026, 2, 14, 23, 5)],
    ['07:00', new Date(2026, 2, 15, 7, 0)],
    ['22:30', new Date(2026, 2, 15, 22, 30)],
    ['0:00', new Date(2026, 2, 15, 0, 0)],
  ])('%s is %s', (text, at) => {
    expect(nextOccurrence(text, evening)).toBe(at.getTime());
  });

  it.each(['', '24:00', '7', '07:60', 'noon'])('%j is no time', (text) => {
    expect(nextOccurrence(text, evening)).toBeNull();
  });
});
