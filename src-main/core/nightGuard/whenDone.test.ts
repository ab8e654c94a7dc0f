import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { buildRun } from '#main/testing/runBuilders.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import { WhenDoneKeeper } from './whenDone.ts';

const PAGE = 200;
const SLEEP = RunOptionsSchema.parse({ whenDone: { action: 'sleep' } });

let clock: FakeClock;
let events: EventBus;
let keeper: WhenDoneKeeper;
let runs: Map<number, RunSummary>;
let acted: string[];
let log: string[];
/** Awaited before the runs are listed. */
let listing: Promise<void>;

function set(id: number, change: Partial<RunSummary>): void {
  runs.set(id, { ...(runs.get(id) ?? buildRun({ id })), ...change });
  const run = runs.get(id);
  if (run !== undefined) events.emit('run.changed', run);
}

function finish(id: number): void {
  set(id, { status: 'finished', pausedBy: null, endedAtMs: clock.nowMs() });
}

beforeEach(() => {
  clock = new FakeClock();
  events = new EventBus((error) => {
    throw error;
  });
  runs = new Map();
  acted = [];
  log = [];
  listing = Promise.resolve();
  keeper = new WhenDoneKeeper({
    runs: {
      get: async (id) => runs.get(id) ?? buildRun({ id }),
      list: async ({ beforeId, count }) => {
        await listing;
        const older = [...runs.values()].filter(({ id }) => beforeId === null || id < beforeId);
        return { runs: older.toSorted((left, right) => right.id - left.id).slice(0, Math.min(count, PAGE)) };
      },
      pause: async () => undefined,
      resume: async () => undefined,
    },
    database: {
      write: async (_: string, { entries }: { entries: { code: string }[] }) => void log.push(...entries.map(({ code }) => code)),
    } as unknown as Database,
    clock,
    logger: silentLogger,
    events,
    power: { acquire: () => ({ [Symbol.dispose]: () => undefined }) },
    actions: {
      sleep: async () => void acted.push('sleep'),
      shutDown: async () => void acted.push('shutDown'),
      runCommand: async () => ({ code: 0, output: '' }),
    },
  });
  keeper.open();
});

afterEach(() => keeper.close());

test('an end that another run overruled is not taken up when something else is told of that run', async () => {
  set(2, { status: 'queued' });
  set(1, { status: 'running', options: SLEEP });
  finish(1);
  await clock.advance(1_000);
  set(2, { status: 'running' });
  finish(2);
  await clock.advance(3_600_000);
  set(1, { gatePassed: true });
  await clock.advance(200_000);
  expect(acted).toEqual([]);
  expect(keeper.state.pending).toBeNull();
});

test('a run that waits counts however many newer ones there are', async () => {
  set(1, { status: 'queued' });
  for (let id = 2; id < 2 + PAGE; id += 1) set(id, { status: 'finished', endedAtMs: 1 });
  set(500, { status: 'running', options: SLEEP });
  finish(500);
  await clock.advance(200_000);
  expect(acted).toEqual([]);
});

test('a run that nobody told of stops it at the last moment', async () => {
  set(1, { status: 'running', options: SLEEP });
  finish(1);
  await clock.advance(30_000);
  expect(keeper.state.pending?.runId).toBe(1);
  runs.set(2, buildRun({ id: 2, status: 'preparing' }));
  await clock.advance(60_000);
  expect(acted).toEqual([]);
  expect(log).toEqual(['whenDonePlanned', 'whenDoneCancelled']);
});

test('an owner that is closing plans nothing any more', async () => {
  const listed = Promise.withResolvers<void>();
  listing = listed.promise;
  set(1, { status: 'running', options: SLEEP });
  finish(1);
  await clock.advance(10);
  const closed = keeper.close();
  listed.resolve();
  await closed;
  await clock.advance(200_000);
  expect(acted).toEqual([]);
  expect(log).toEqual([]);
});
