import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { ResourceMonitor } from './resourceMonitor.ts';

let folder: string;
let database: Database;
let clock: FakeClock;
let runId: number;
let fails: boolean;
const events: AnyEvent[] = [];
let monitor: ResourceMonitor;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-resources-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  runId = await database.write('insertRun', {
    name: 'r',
    sources: ['/in'],
    options: RunOptionsSchema.parse({}),
    defaultFolder: '/o',
    nowMs: 1,
  });
  clock = new FakeClock();
  fails = false;
  events.length = 0;
  const bus = new EventBus(() => undefined);
  bus.subscribe((event) => events.push(event));
  let count = 0;
  monitor = new ResourceMonitor({
    probe: {
      sample: async () => {
        count += 1;
        if (fails) throw new Error('no /proc here');
        return reading(clock.nowMs(), count === 2 ? 97 : 40, count * 100);
      },
      close: async () => undefined,
    },
    clock,
    logger: silentLogger,
    events: bus,
    database,
    currentRunId: () => runId,
    servers: () => [],
    onSample: () => undefined,
  });
  monitor.start();
});

afterEach(async () => {
  await monitor.close();
  await database.close();
  await rm(folder, { recursive: true });
});

function reading(atMs: number, cpuPercent: number, ownMb: number): Sample {
  return {
    atMs,
    cpuPercent,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    ownRssBytes: ownMb * 1024 * 1024,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
  };
}

function sampled(): number {
  return events.filter((event) => event.name === 'resources.sampled').length;
}

test('reads once a second and keeps the peaks with the run at once', async () => {
  await clock.advanceUntil(() => sampled() === 3);
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(3_000);
  await database.write('recordPeaks', { runId, memoryMb: 0, cpuPercent: 0 });
  const run = await database.read('storedRun', { runId, nowMs: clock.nowMs() });
  expect([run?.cpuPeakPercent, run?.memoryPeakMb]).toEqual([97, 300]);
  expect(monitor.history(900)).toHaveLength(3);
});

test('a reading that fails is left out and the next one comes all the same', async () => {
  await clock.advanceUntil(() => sampled() === 1);
  fails = true;
  await clock.advance(2_500);
  expect(sampled()).toBe(1);
  fails = false;
  await clock.advanceUntil(() => sampled() === 2);
});
