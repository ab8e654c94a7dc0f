import { describe, expect, it } from 'vitest';
import { intervalAxis, percentAxis, tickDigits } from './intervalSeries.ts';

describe('an axis in percent', () => {
  it('has round ticks around the figures', () => {
    expect(percentAxis(0.021, 0.074).ticks).toEqual([2, 4, 6, 8]);
    expect(percentAxis(0, 1.2).ticks).toEqual([0, 50, 100, 150]);
    expect(percentAxis(0.05, 0.062).ticks).toEqual([5, 5.5, 6, 6.5]);
  });

  it('is never so narrow that noise looks like a difference, nor below 0', () => {
    const { ticks } = percentAxis(0.0481, 0.0482);
    expect((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)).toBeGreaterThanOrEqual(0.5);
    expect(percentAxis(0, 0).ticks[0]).toBe(0);
  });

  it('places what lies between its ends and holds the rest at them', () => {
    const { place } = percentAxis(0.021, 0.074);
    expect([place(0.02), place(0.05), place(0.08), place(0), place(0.5)]).toEqual(
      [0, 50, 100, 0, 100].map((value) => expect.closeTo(value, 6)),
    );
  });

  it('encloses every rate, interval and speaker', () => {
    const axis = intervalAxis([
      { werRatio: 0.05, interval: [0.04, 0.06], dots: [0.011, 0.05] },
      { werRatio: null, interval: null, dots: [] },
      { werRatio: 0.07, interval: null, dots: [] },
    ]);
    expect(axis?.ticks).toEqual([0, 2, 4, 6, 8]);
    expect(intervalAxis([{ werRatio: null, interval: null, dots: [] }])).toBeNull();
  });

  it('writes as many digits as its ticks need', () => {
    expect([tickDigits([0, 2, 4]), tickDigits([5, 5.5, 6]), tickDigits([4.25, 4.5])]).toEqual([0, 1, 2]);
  });
});
