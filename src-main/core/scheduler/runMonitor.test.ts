import { expect, test } from 'vitest';
import type { ModeProgress } from '#shared/contract/runs.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { StoredRun } from '../persistence/operations/runs.ts';
import { withEstimates } from './runMonitor.ts';

const NO_LIVE = { activeWorkers: 0, allowedWorkers: 0, workersReason: null, resultsError: null };

function mode(change: Partial<ModeProgress>): ModeProgress {
  const counts = { total: 10, queued: 0, active: 0, done: 0, failed: 0, skipped: 0, cancelled: 0, retrying: 0 };
  return {
    mode: 'streaming',
    status: 'running',
    ...counts,
    counts: null,
    werRatio: null,
    audioSec: 0,
    processingSec: 0,
    rtf: null,
    firstTokenLatencyP50Ms: null,
    startedAtMs: null,
    endedAtMs: null,
    etaSec: null,
    error: null,
    ...change,
  };
}

function run(modes: ModeProgress[]): StoredRun {
  const sum = (pick: (entry: ModeProgress) => number): number => modes.reduce((total, entry) => total + pick(entry), 0);
  return {
    id: 1,
    name: 'n',
    status: 'running',
    sources: ['/in'],
    options: RunOptionsSchema.parse({}),
    modelName: 'tiny',
    createdAtMs: 0,
    startedAtMs: 0,
    endedAtMs: null,
    itemCount: 10,
    inspectedCount: 10,
    audioSec: 20,
    withReferenceCount: 0,
    unusableCount: 0,
    problems: [],
    problemCount: 0,
    modes,
    totals: {
      total: sum((entry) => entry.total),
      queued: sum((entry) => entry.queued),
      active: sum((entry) => entry.active),
      done: sum((entry) => entry.done),
      failed: 0,
      skipped: 0,
      cancelled: 0,
    },
    memoryPeakMb: 0,
    cpuPeakPercent: 0,
    resultsPath: '/out/results.json',
    error: null,
  };
}

test('tasks claimed ahead count as queued, so that active is what really runs', () => {
  const { modes, totals } = withEstimates(
    run([mode({ queued: 2, active: 6, done: 2, startedAtMs: 0 })]),
    { ...NO_LIVE, activeWorkers: 2 },
    1_000,
  );
  expect(modes[0]).toMatchObject({ active: 2, queued: 6 });
  expect(totals).toMatchObject({ active: 2, queued: 6, total: 10 });
});

test('what is left is estimated from the pace so far, modes that wait at the pace of the last', () => {
  const going = mode({ queued: 5, done: 5, startedAtMs: 0 });
  const waiting = mode({ mode: 'chunked', status: 'waiting', queued: 10 });
  const { modes, etaSec } = withEstimates(run([going, waiting]), NO_LIVE, 10_000);
  expect(modes.map((entry) => entry.etaSec)).toEqual([10, 20]);
  expect(etaSec).toBe(30);
});

test('before anything is done, and when nothing runs, no time is promised', () => {
  expect(withEstimates(run([mode({ queued: 10, startedAtMs: 0 })]), NO_LIVE, 5_000).etaSec).toBeNull();
  const paused: StoredRun = { ...run([mode({ queued: 5, done: 5, startedAtMs: 0 })]), status: 'paused' };
  expect(withEstimates(paused, NO_LIVE, 5_000).etaSec).toBeNull();
});
