import { describe, expect, it } from 'vitest';
import type { ReadingSeries } from '#shared/contract/resources.ts';
import { historyShape, lineExtent, placeAt, zoomed } from './historySeries.ts';

const series = (figure: ReadingSeries['figure'], values: readonly (number | null)[], subject = ''): ReadingSeries => ({
  ...{ figure, subject, name: null },
  ...{ min: [...values], mean: [...values], max: values.map((value) => (value === null ? null : value + 1)) },
});

describe('history of the machine', () => {
  it('breaks lines where nothing was measured and lists what is there in a fixed order', () => {
    const { atMs, lines } = historyShape({
      atMs: [0, 10, 40, 50],
      bucketMs: 10,
      series: [
        series('diskFreeBytes', [1, 1, 1, 1]),
        series('gpuUtilizationPercent', [null, 2, 3, 4], '1'),
        series('gpuUtilizationPercent', [9, 9, 9, 9], '0'),
        series('cpuPercent', [5, 6, 7, 8]),
      ],
    });
    expect(atMs).toEqual([0, 10, 20, 40, 50]);
    expect(lines.map(({ key, isDashed }) => [key, isDashed])).toEqual([
      ['cpuPercent ', false],
      ['gpuUtilizationPercent 0', false],
      ['gpuUtilizationPercent 1', true],
    ]);
    expect(lines[0]?.mean).toEqual([5, 6, null, 7, 8]);
    expect(lines[2]?.mean).toEqual([null, 2, null, 3, 4]);
  });

  it('finds the bucket of a moment', () => {
    expect(placeAt([], 5)).toBeNull();
    expect([-1, 0, 9, 10, 39, 40, 99].map((ms) => placeAt([0, 10, 40], ms))).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  it('comes closer around a moment, never leaves the run and never comes too close', () => {
    const whole = { fromMs: 0, toMs: 1_000_000 };
    expect(zoomed(whole, whole, 500_000, 0.5)).toEqual({ fromMs: 250_000, toMs: 750_000 });
    expect(zoomed(whole, whole, 0, 0.5)).toEqual({ fromMs: 0, toMs: 500_000 });
    expect(zoomed({ fromMs: 0, toMs: 500_000 }, whole, 0, 2)).toBeNull();
    expect(zoomed({ fromMs: 900_000, toMs: 950_000 }, whole, 900_000, 4)).toEqual({ fromMs: 800_000, toMs: 1_000_000 });
    expect(zoomed({ fromMs: 100, toMs: 2_100 }, whole, 100, 0.5)).toEqual({ fromMs: 100, toMs: 2_100 });
  });

  it('says the mean and the greatest of what is shown', () => {
    const [line] = historyShape({ atMs: [0, 10, 20], bucketMs: 10, series: [series('cpuPercent', [1, null, 3])] }).lines;
    expect(line === undefined ? null : lineExtent(line)).toEqual({ mean: 2, max: 4 });
    const [none] = historyShape({ atMs: [0], bucketMs: 10, series: [series('cpuPercent', [null])] }).lines;
    expect(none === undefined ? 0 : lineExtent(none)).toBeNull();
  });
});
