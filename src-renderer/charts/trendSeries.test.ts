import { expect, it } from 'vitest';
import { trendLines, type TrendPoint } from './trendSeries.ts';

const counts = { substitutions: 0, deletions: 0, insertions: 0, hits: 10, referenceWords: 10 };
const point = (runId: number, modes: Pick<TrendPoint['modes'][number], 'mode' | 'werRatio' | 'werInterval'>[]): TrendPoint => ({
  runId,
  runName: `run ${runId}`,
  runStatus: 'finished',
  modelName: null,
  runNormalizer: 'simple 1',
  pacing: 'asFast',
  startedAtMs: runId * 1_000,
  commonFiles: 10,
  overlapRatio: 1,
  modes: modes.map((mode) => ({ files: 10, failedFiles: 0, counts, ...mode })),
});

it('draws runs in their order, with the modes any of them has', () => {
  const { modes, rows } = trendLines([
    point(3, [{ mode: 'original', werRatio: 0.05, werInterval: [0.04, 0.07] }]),
    point(5, [
      { mode: 'streaming', werRatio: 0.06, werInterval: null },
      { mode: 'original', werRatio: null, werInterval: null },
    ]),
  ]);
  expect(modes).toEqual(['streaming', 'original']);
  expect(rows).toEqual([
    { runId: 3, atMs: 3_000, wer: { original: 5 }, spread: { original: [expect.closeTo(1, 9), expect.closeTo(2, 9)] } },
    { runId: 5, atMs: 5_000, wer: { streaming: 6 }, spread: {} },
  ]);
});

it('never draws an interval that ends on the wrong side of its rate', () => {
  const { rows } = trendLines([point(3, [{ mode: 'original', werRatio: 0.05, werInterval: [0.051, 0.07] }])]);
  expect(rows[0]?.spread.original?.[0]).toBe(0);
});
