import { expect, test } from 'vitest';
import type { ModeProgress } from '#shared/contract/runs.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { StoredRun } from '../persistence/operations/runs.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import { RunMonitor } from './runMonitor.ts';

const NO_LIVE = {
  activeWorkers: 0,
  allowedWorkers: 0,
  workersReason: null,
  workersFacts: null,
  resultsError: null,
  activeAudioSec: new Map(),
};

function mode(change: Partial<ModeProgress>): ModeProgress {
  const counts = { total: 10, queued: 0, active: 0, done: 0, failed: 0, skipped: 0, cancelled: 0, retrying: 0, held: 0, partial: 0 };
  return {
    mode: 'streaming',
    status: 'running',
    isHeld: false,
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
    etaLowSec: null,
    etaHighSec: null,
    leftAudioSec: 0,
    totalAudioSec: 0,
    audioMinPerMin: null,
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
    model: { name: 'tiny', path: '/model', fingerprint: 'tiny-1' },
    pausedBy: null,
    pauseAtMs: null,
    stopAfterItemId: null,
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
    gatePassed: null,
    normalizerVersion: null,
    resultsPath: '/out/results.json',
    error: null,
  };
}

test('however often a run changes, it is told at most ten times a second, never twice at once, and with at most a tenth of the reader', async () => {
  const clock = new FakeClock();
  const told: AnyEvent[] = [];
  const bus = new EventBus(() => undefined);
  bus.subscribe((event) => told.push(event));
  let readMs = 1;
  let atOnce = 0;
  let mostAtOnce = 0;
  const database = {
    read: async (operation: string) => {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await clock.sleep(readMs);
      atOnce -= 1;
      return operation === 'storedRun' ? run([mode({})]) : [];
    },
  } as unknown as Database;
  const monitor = new RunMonitor({ database, clock, logger: silentLogger, events: bus, live: () => NO_LIVE });
  const changeFor = async (ms: number): Promise<number> => {
    told.length = 0;
    for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 10) {
      monitor.itemChanged(1, elapsedMs);
      await clock.advance(10);
    }
    return told.filter((event) => event.name === 'run.changed').length;
  };
  expect(await changeFor(1_000)).toBeLessThanOrEqual(10);
  readMs = 50;
  await changeFor(1_000);
  // Two reads of 50 ms each for one announcement: at most one a second.
  expect(await changeFor(5_000)).toBeLessThanOrEqual(6);
  expect(mostAtOnce).toBe(1);
  told.length = 0;
  monitor.runChanged(1);
  await clock.advance(2_000);
  expect(told.length).toBeGreaterThan(0);
  await monitor.close();
});
