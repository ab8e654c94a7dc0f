import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sample } from '#shared/contract/resources.ts';
import { type RunOptions, RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import type { PauseCause } from '#shared/domain/run.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { buildRun } from '#main/testing/runBuilders.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { PowerActions } from '../ports.ts';
import { NightGuard } from './nightGuard.ts';
import { WhenDoneKeeper } from './whenDone.ts';

const GB = 1024 ** 3;

/** Runs that do what they are told at once, and the rows that outlive a guard. */
class Bench {
  readonly clock = new FakeClock();
  readonly runs = new Map<number, RunSummary>();
  readonly guards = new Map<number, { ranMs: number; outcomes: string }>();
  readonly log: { code: string; data?: unknown }[] = [];
  readonly paused: [PauseCause, boolean][] = [];
  readonly acted: string[] = [];
  holds = 0;
  usedMb = 0;
  sample: Partial<Sample> = {};
  isRefusing = false;
  bus = new EventBus((error) => {
    throw error;
  });
  guard!: NightGuard;
  cacheMb = 0;
  readonly allowed: (number | null)[] = [];
  whenDone!: WhenDoneKeeper;
  #sampling: Disposable | null = null;

  readonly #database = {
    read: async (name: string, { runId }: { runId: number }) =>
      name === 'guardCounts' ? (this.guards.get(runId) ?? { ranMs: 0, outcomes: '' }) : null,
    write: async (name: string, args: never) => {
      if (name === 'saveGuard') this.guards.set((args as { runId: number }).runId, args);
      if (name === 'addLogEntries') this.log.push(...(args as { entries: { code: string }[] }).entries);
    },
  } as unknown as Database;

  /** The next owner. */
  async begin(): Promise<void> {
    await this.end();
    this.bus = new EventBus((error) => {
      throw error;
    });
    const { clock, bus: events } = this;
    const power = {
      acquire: () => {
        this.holds += 1;
        return { [Symbol.dispose]: () => void (this.holds -= 1) };
      },
    };
    const runs = {
      get: async (id: number) => this.run(id),
      list: async () => ({ runs: [...this.runs.values()] }),
      pause: async (id: number, { now, cause }: { now: boolean; cause: PauseCause }) => {
        if (this.isRefusing) throw new Error('busy');
        this.paused.push([cause, now]);
        this.set(id, { status: 'paused', pausedBy: cause });
      },
      resume: async (id: number, { cause }: { cause: PauseCause }) => {
        if (this.run(id).pausedBy === cause) this.set(id, { status: 'running', pausedBy: null });
      },
    };
    const actions: PowerActions = {
      sleep: async () => void this.acted.push('sleep'),
      shutDown: async () => void this.acted.push('shutDown'),
      runCommand: async (command, args) => {
        this.acted.push([command, ...args].join(' '));
        return { code: 3, output: 'said' };
      },
    };
    const deps = { runs, database: this.#database, clock, logger: silentLogger, events, power };
    this.guard = new NightGuard({
      ...deps,
      allowCache: async (bytes) => void this.allowed.push(bytes),
      storage: {
        measure: async () => ({
          kinds: [
            { kind: 'runs', bytes: this.usedMb * 1024 * 1024, count: 1 },
            { kind: 'cache', bytes: this.cacheMb * 1024 * 1024, count: 1 },
          ],
          runs: [],
          uploads: [],
          logs: [],
        }),
        remove: async () => undefined,
      },
      disks: ({ diskFreeBytes, diskTotalBytes }) =>
        diskFreeBytes === null || diskTotalBytes === null
          ? []
          : [{ subject: 'data', freeBytes: diskFreeBytes, totalBytes: diskTotalBytes }],
    });
    this.whenDone = new WhenDoneKeeper({ ...deps, actions });
    await this.guard.open();
    this.whenDone.open();
    this.#sampleLater();
  }

  async end(): Promise<void> {
    this.#sampling?.[Symbol.dispose]();
    await (this.guard as NightGuard | undefined)?.close();
    await (this.whenDone as WhenDoneKeeper | undefined)?.close();
  }

  run(id = 1): RunSummary {
    const run = this.runs.get(id);
    if (run === undefined) throw new Error(`no run ${id}`);
    return run;
  }

  set(id: number, change: Partial<RunSummary>): void {
    const run = { ...(this.runs.get(id) ?? buildRun({ id })), ...change };
    this.runs.set(id, run);
    this.bus.emit('run.changed', run);
  }

  start(options: Partial<RunOptions> = {}, id = 1): void {
    this.set(id, { status: 'running', pausedBy: null, options: RunOptionsSchema.parse(options) });
  }

  finish(id = 1): void {
    this.set(id, { status: 'finished', pausedBy: null, endedAtMs: this.clock.nowMs() });
  }

  files(count: number, code: ErrorCode | null): void {
    for (let index = 0; index < count; index++) {
      const error = code === null ? null : { code, data: {} };
      const step = {
        step: 'taskFinished',
        mode: 'streaming',
        itemId: 1,
        fileId: 'a',
        status: code === null ? 'done' : 'failed',
        werRatio: null,
      } as const;
      this.bus.emit('run.stepped', { runId: 1, atMs: 0, step: { ...step, error } });
    }
  }

  heat(temperatureC: number | null): void {
    const gpu = { index: 0, name: 'g', utilizationPercent: null, memoryUsedBytes: null, memoryTotalBytes: null, powerW: null };
    this.sample = { gpus: [{ ...gpu, temperatureC }] };
  }

  #sampleLater(): void {
    this.#sampling = this.clock.setTimer(1_000, () => {
      const none = { atMs: 0, cpuPercent: null, memoryUsedBytes: null, memoryTotalBytes: null, ownRssBytes: 0, gpus: [], servers: [] };
      this.guard.takeSample({ ...none, diskFreeBytes: null, diskTotalBytes: null, ...this.sample });
      this.#sampleLater();
    });
  }
}

let bench: Bench;
const codes = (): string[] => bench.log.map(({ code }) => code);

beforeEach(async () => {
  bench = new Bench();
  await bench.begin();
});

afterEach(() => bench.end());

describe('duration', () => {
  test('counts what the run really ran, over restarts, and from the last resume', async () => {
    bench.start({ maxDurationSec: 100 });
    await bench.clock.advance(60_000);
    bench.set(1, { status: 'interrupted' });
    await bench.clock.advance(500_000);
    await bench.begin();
    bench.start({ maxDurationSec: 100 });
    await bench.clock.advance(30_000);
    expect(bench.paused).toEqual([]);
    await bench.clock.advance(15_000);
    expect(bench.paused).toEqual([['duration', false]]);
    bench.start({ maxDurationSec: 100 });
    await bench.clock.advance(95_000);
    expect(bench.paused).toHaveLength(1);
    await bench.clock.advance(10_000);
    expect(bench.paused).toHaveLength(2);
  });

  test('is asked for again when the pause did not come about', async () => {
    bench.isRefusing = true;
    bench.start({ maxDurationSec: 10 });
    await bench.clock.advance(20_000);
    bench.isRefusing = false;
    await bench.clock.advance(3_000);
    expect(bench.paused).toEqual([['duration', false]]);
  });
});

describe('failure rate', () => {
  test('pauses when enough failed by a server, and not before twenty are over', async () => {
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(19, 'SERVER_SILENT');
    expect(bench.paused).toEqual([]);
    bench.files(1, 'SERVER_SILENT');
    expect(bench.paused).toEqual([['failureRate', false]]);
  });

  test('never counts bad files, on neither side', async () => {
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(500, 'MEDIA_CORRUPT');
    bench.files(5, null);
    bench.files(14, 'CONNECTION_LOST');
    expect(bench.paused).toEqual([]);
    bench.files(6, 'CONNECTION_LOST');
    expect(bench.paused).toEqual([['failureRate', false]]);
  });

  test('sees a server that dies after a good evening', async () => {
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(5_000, null);
    bench.files(79, 'SERVER_SILENT');
    expect(bench.paused).toEqual([]);
    bench.files(1, 'SERVER_SILENT');
    expect(bench.paused).toHaveLength(1);
  });

  test('begins anew after a resume, goes on after a restart, and can be switched off', async () => {
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(20, 'SERVER_SILENT');
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(19, 'SERVER_SILENT');
    expect(bench.paused).toHaveLength(1);
    await bench.clock.advance(10_000);
    await bench.begin();
    bench.start();
    await bench.clock.advance(1_000);
    bench.files(1, 'SERVER_SILENT');
    expect(bench.paused).toHaveLength(2);
    bench.start({ failureThresholdRatio: null });
    await bench.clock.advance(1_000);
    bench.files(100, 'SERVER_SILENT');
    expect(bench.paused).toHaveLength(2);
  });
});

describe('what passes', () => {
  test('heat pauses at once and goes on by itself when it has cooled down, awake all the while', async () => {
    bench.start();
    bench.heat(93);
    await bench.clock.advance(13_000);
    expect(bench.paused).toEqual([['heat', true]]);
    expect(bench.holds).toBe(1);
    bench.heat(85);
    await bench.clock.advance(300_000);
    expect(bench.run().status).toBe('paused');
    bench.heat(null);
    await bench.clock.advance(300_000);
    expect(bench.run().status).toBe('paused');
    bench.heat(70);
    await bench.clock.advance(33_000);
    expect(bench.run().status).toBe('running');
    expect(bench.holds).toBe(0);
  });

  test('a full disk pauses below its floor, also a small one, and goes on above twice of it', async () => {
    bench.sample = { diskFreeBytes: 0.9 * GB, diskTotalBytes: 100 * GB };
    bench.start();
    await bench.clock.advance(13_000);
    expect(bench.paused).toEqual([['lowDisk', true]]);
    bench.sample = { diskFreeBytes: 1.5 * GB, diskTotalBytes: 100 * GB };
    await bench.clock.advance(60_000);
    expect(bench.run().status).toBe('paused');
    bench.sample = { diskFreeBytes: 2.5 * GB, diskTotalBytes: 100 * GB };
    await bench.clock.advance(33_000);
    expect(bench.run().status).toBe('running');
    bench.sample = { diskFreeBytes: 0.2 * GB, diskTotalBytes: 2 * GB };
    await bench.clock.advance(60_000);
    expect(bench.run().status).toBe('running');
  });

  test("a pause of the user's is not taken back", async () => {
    bench.start();
    bench.heat(93);
    await bench.clock.advance(13_000);
    bench.set(1, { status: 'paused', pausedBy: 'user' });
    bench.heat(60);
    await bench.clock.advance(120_000);
    expect(bench.run()).toMatchObject({ status: 'paused', pausedBy: 'user' });
    expect(bench.holds).toBe(0);
  });

  test('a resume against it is honoured with one warning, until it comes again', async () => {
    bench.start();
    bench.heat(93);
    await bench.clock.advance(13_000);
    bench.start();
    await bench.clock.advance(60_000);
    expect(bench.run().status).toBe('running');
    expect(codes()).toEqual(['limitOverridden']);
    bench.heat(70);
    await bench.clock.advance(40_000);
    bench.heat(93);
    await bench.clock.advance(13_000);
    expect(bench.paused).toHaveLength(2);
  });

  test('the next owner waits until it was seen to be over, and honours a resume as well', async () => {
    bench.start();
    bench.heat(93);
    await bench.clock.advance(13_000);
    bench.sample = {};
    await bench.begin();
    await bench.clock.advance(120_000);
    expect(bench.run().status).toBe('paused');
    bench.heat(93);
    bench.start();
    await bench.clock.advance(60_000);
    expect(bench.run().status).toBe('running');
    bench.set(1, { status: 'paused', pausedBy: 'heat' });
    bench.heat(50);
    await bench.clock.advance(40_000);
    expect(bench.run().status).toBe('running');
  });
});

test('the data folder may not grow over the limit of a run; a resume is honoured until it was below', async () => {
  bench.start({ diskLimitMb: 100 });
  bench.usedMb = 101;
  await bench.clock.advance(62_000);
  expect(bench.paused).toEqual([['diskUsed', false]]);
  bench.start({ diskLimitMb: 100 });
  await bench.clock.advance(200_000);
  expect(bench.run().status).toBe('running');
  expect(codes()).toEqual(['limitOverridden']);
  bench.usedMb = 50;
  await bench.clock.advance(62_000);
  bench.usedMb = 200;
  await bench.clock.advance(62_000);
  expect(bench.paused).toHaveLength(2);
});

test('the cache gives way to the limit of a run, and may grow again after it', async () => {
  bench.start({ diskLimitMb: 100 });
  bench.usedMb = 60;
  bench.cacheMb = 2_000;
  await bench.clock.advance(62_000);
  expect(bench.paused).toEqual([]);
  expect(bench.allowed.at(-1)).toBe(40 * 1024 * 1024);
  bench.finish();
  await bench.clock.advance(2_000);
  expect(bench.allowed.at(-1)).toBeNull();
});

describe('when done', () => {
  const sleep: Partial<RunOptions> = { whenDone: { action: 'sleep' } };

  test('nothing happens unless it was asked for', async () => {
    bench.start();
    bench.finish();
    await bench.clock.advance(200_000);
    expect(bench.acted).toEqual([]);
  });

  test('a minute after the end', async () => {
    bench.start(sleep);
    bench.finish();
    expect((await bench.whenDone.lookAt(1)).pending).toMatchObject({ runId: 1, whenDone: { action: 'sleep' } });
    await bench.clock.advance(59_000);
    expect(bench.acted).toEqual([]);
    await bench.clock.advance(2_000);
    expect(bench.acted).toEqual(['sleep']);
    expect(await bench.whenDone.lookAt(1)).toEqual({ pending: null, isActing: false });
    expect(codes()).toEqual(['whenDonePlanned', 'whenDoneActed']);
  });

  test('a command runs with its arguments; its output and exit are logged', async () => {
    bench.start({ whenDone: { action: 'command', command: '/bin/tell', args: ['a b', 'c'] } });
    bench.finish();
    await bench.clock.advance(61_000);
    expect(bench.acted).toEqual(['/bin/tell a b c']);
    expect(bench.log.at(-1)).toMatchObject({ code: 'whenDoneFailed', data: { action: 'command', code: 3, output: 'said' } });
  });

  test.each([
    ['stopped', { status: 'stopped' as const }],
    ['paused by the user', { status: 'paused' as const, pausedBy: 'user' as const }],
    ['interrupted', { status: 'interrupted' as const }],
    ['waiting for room', { status: 'paused' as const, pausedBy: 'lowDisk' as const }],
  ])('not for a run that is %s', async (_, change) => {
    bench.start(sleep);
    bench.set(1, { ...change, endedAtMs: bench.clock.nowMs() });
    await bench.clock.advance(100_000);
    expect(bench.acted).toEqual([]);
  });

  test('also at a limit', async () => {
    bench.start({ ...sleep, maxDurationSec: 5 });
    await bench.clock.advance(70_000);
    expect(bench.acted).toEqual(['sleep']);
  });

  test('not while another run waits; then the last one decides', async () => {
    bench.set(2, { status: 'queued' });
    bench.start(sleep);
    bench.finish();
    await bench.clock.advance(100_000);
    expect(bench.acted).toEqual([]);
    bench.start({ whenDone: { action: 'shutDown' } }, 2);
    bench.finish(2);
    await bench.clock.advance(61_000);
    expect(bench.acted).toEqual(['shutDown']);
  });

  test.each([
    ['the user', () => void bench.whenDone.cancel()],
    ['a new run', () => bench.set(2, { status: 'preparing' })],
    ['the end of the owner', () => void bench.begin()],
  ])('is called off by %s', async (_, callOff) => {
    bench.start(sleep);
    bench.finish();
    await bench.clock.advance(30_000);
    callOff();
    await bench.clock.advance(100_000);
    expect(bench.acted).toEqual([]);
    expect(codes()).toEqual(['whenDonePlanned', 'whenDoneCancelled']);
  });

  test('not for a run of an earlier life that is only looked at', async () => {
    bench.runs.set(1, buildRun({ id: 1, status: 'finished', endedAtMs: 5, options: RunOptionsSchema.parse(sleep) }));
    expect((await bench.whenDone.lookAt(1)).pending).toBeNull();
  });
});
