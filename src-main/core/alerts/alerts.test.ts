import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AlertRulesSchema, type AlertRules } from '#shared/contract/alerts.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { AlertService } from './alertService.ts';
import { DiskTrend } from './diskTrend.ts';
import { EpisodeGauge } from './episodeGauge.ts';
import { type DiskReading, machineReadings } from './machineReadings.ts';
import { quietTime, type RunPace } from './progressCheck.ts';

const GB = 1024 ** 3;
const RULES = AlertRulesSchema.parse({});

function sampleOf(change: Partial<Sample> = {}): Sample {
  return {
    atMs: 0,
    cpuPercent: null,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    ownRssBytes: 0,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
    ...change,
  };
}

describe('an episode', () => {
  test('begins after ten seconds beyond and ends after thirty within', () => {
    const gauge = new EpisodeGauge();
    for (let sec = 0; sec < 10; sec++) expect(gauge.take('beyond', sec * 1_000)).toBeNull();
    expect(gauge.take('beyond', 10_000)).toBe('raised');
    for (let sec = 11; sec < 41; sec++) expect(gauge.take('within', sec * 1_000)).toBeNull();
    expect(gauge.take('within', 41_000)).toBe('cleared');
  });

  test('begins anew with each reading that is not beyond, and does not end in between', () => {
    const gauge = new EpisodeGauge();
    gauge.take('beyond', 0);
    gauge.take('beyond', 9_000);
    gauge.take('between', 9_500);
    expect(gauge.take('beyond', 10_000)).toBeNull();
    expect(gauge.take('beyond', 20_000)).toBe('raised');
    for (let sec = 21; sec < 200; sec++) expect(gauge.take('between', sec * 1_000)).toBeNull();
    expect(gauge.isRaised).toBe(true);
  });

  test('is neither begun nor ended by the lack of readings', () => {
    const gauge = new EpisodeGauge();
    gauge.take('beyond', 0);
    for (let sec = 1; sec < 60; sec++) expect(gauge.take(null, sec * 1_000)).toBeNull();
    expect(gauge.take('beyond', 60_000)).toBeNull();
    expect(gauge.take('beyond', 71_000)).toBe('raised');
    for (let sec = 72; sec < 200; sec++) expect(gauge.take(null, sec * 1_000)).toBeNull();
    expect(gauge.isRaised).toBe(true);
  });
});

describe('readings', () => {
  const verdict = (sample: Partial<Sample>, disks: DiskReading[] = [], rules: AlertRules = RULES): unknown[] =>
    machineReadings(sampleOf(sample), disks, rules).map((reading) => [reading.kind, reading.subject, reading.verdict]);

  test('are judged for each GPU by itself, and what is missing is not judged', () => {
    const gpu = { name: 'g', utilizationPercent: null, memoryUsedBytes: 96, memoryTotalBytes: 100, powerW: null };
    const gpus = [
      { ...gpu, index: 0, temperatureC: 88 },
      { ...gpu, index: 1, temperatureC: null },
    ];
    expect(verdict({ cpuPercent: 75, gpus })).toEqual([
      ['cpu', null, 'within'],
      ['memory', null, null],
      ['vram', '0', 'beyond'],
      ['gpuTemperature', '0', 'beyond'],
      ['vram', '1', 'beyond'],
      ['gpuTemperature', '1', null],
    ]);
  });

  test.each([
    ['nearly full by its share', 4_000, 160, 'beyond'],
    ['by its free space', 100, 4.9, 'beyond'],
    ['between both limits', 100, 5.5, 'between'],
    ['with room', 100, 9, 'within'],
    ['small, and judged by its share alone', 8, 4, 'within'],
  ])('of a disk: %s', (_, totalGb, freeGb, expected) => {
    const disks = [{ subject: 'data' as const, totalBytes: totalGb * GB, freeBytes: freeGb * GB }];
    expect(verdict({}, disks).at(-1)).toEqual(['disk', 'data', expected]);
  });

  test('of what is switched off are not taken', () => {
    expect(verdict({}, [], { ...RULES, cpu: { ...RULES.cpu, isOn: false } }).map((reading) => (reading as unknown[])[0])).toEqual([
      'memory',
    ]);
  });
});

describe('a disk that fills', () => {
  const take = (freeAt: (minute: number) => number): number | null => {
    const trend = new DiskTrend();
    for (let half = 0; half <= 60; half++) trend.take(freeAt(half / 2) * GB, half * 30_000);
    return trend.hoursLeft();
  };

  test('is told by its rate, also when single readings are off', () => {
    expect(take((minute) => 100 - minute)).toBeCloseTo(70 / 60, 1);
    expect(take((minute) => 100 - minute + (minute === 12 ? 40 : 0))).toBeCloseTo(70 / 60, 1);
  });

  test('is not one into which a large file was copied once', () => {
    expect(take((minute) => (minute < 20 ? 100 : 20))).toBe(Infinity);
  });

  test('is not known in the first minutes', () => {
    const trend = new DiskTrend();
    trend.take(GB, 0);
    trend.take(0, 60_000);
    expect(trend.hoursLeft()).toBeNull();
  });
});

describe('no progress', () => {
  const ended = (wallSec: number, audioSec: number, endedAtMs: number): RunPace['ended'][number] => ({
    mode: 'streaming',
    wallMs: wallSec * 1_000,
    audioSec,
    endedAtMs,
  });
  const usual = Array.from({ length: 5 }, (_, index) => ended(60, 30, index * 1_000));

  test('is three times what is usual for the mode', () => {
    const quiet = quietTime({ ended: usual, underWay: [{ mode: 'streaming', audioSec: 30 }] }, 0, 184_000);
    expect(quiet).toEqual({ quietMs: 180_000, limitMs: 180_000 });
  });

  test('is judged by the length of the files under way, and by the shortest of them', () => {
    const long = { mode: 'streaming' as const, audioSec: 3_600 };
    expect(quietTime({ ended: usual, underWay: [long] }, 0, 0)?.limitMs).toBe(3 * 7_200_000);
    expect(quietTime({ ended: usual, underWay: [long, { ...long, audioSec: 60 }] }, 0, 0)?.limitMs).toBe(3 * 120_000);
  });

  test('is not known while nothing is under way, nor with too few to compare with; a pause before does not count', () => {
    expect(quietTime({ ended: usual, underWay: [] }, 0, 1e9)).toBeNull();
    expect(quietTime({ ended: usual.slice(1), underWay: [{ mode: 'streaming', audioSec: 30 }] }, 0, 1e9)).toBeNull();
    expect(quietTime({ ended: usual, underWay: [{ mode: 'streaming', audioSec: 30 }] }, 1e9, 1e9 + 5)?.quietMs).toBe(5);
  });
});

test('thresholds have to be in order', () => {
  expect(AlertRulesSchema.safeParse({ cpu: { isOn: true, raise: 70, clear: 80 } }).error?.issues[0]?.path).toEqual(['cpu', 'clear']);
  expect(AlertRulesSchema.safeParse({ gpuTemperature: { isOn: true, raise: 105, clear: 100 } }).success).toBe(true);
  expect(AlertRulesSchema.safeParse({ cpu: { isOn: true, raise: 105, clear: 100 } }).success).toBe(false);
});

describe('the service', () => {
  let folder: string;
  let database: Database;
  let clock: FakeClock;
  let said: AnyEvent[];
  let rules: AlertRules;
  let alerts: AlertService;
  let disks: DiskReading[];
  let goingRun: { runId: number; sinceMs: number } | null;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nightshift-alerts-'));
    database = await openDatabase(join(folder, 'nightshift.db'));
    clock = new FakeClock();
    said = [];
    rules = RULES;
    const events = new EventBus((error) => {
      throw error;
    });
    events.subscribe((event) => said.push(event));
    disks = [];
    goingRun = null;
    const deps = { database, clock, logger: silentLogger, events };
    alerts = new AlertService({ ...deps, rules: () => rules, goingRun: () => goingRun, disks: () => disks });
  });

  afterEach(async () => {
    await alerts.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  const hours = async (sample: Partial<Sample>, seconds: number): Promise<void> => {
    for (let sec = 0; sec < seconds; sec++) {
      alerts.takeSample(sampleOf(sample));
      await clock.advance(1_000);
    }
  };
  const codes = async (): Promise<string[]> => {
    await alerts.recent(0);
    const { entries } = await database.read('logPage', {
      level: 'info',
      kinds: ['alert'],
      runId: null,
      serverId: null,
      search: '',
      sinceMs: null,
      beforeId: null,
      afterId: null,
      count: 100,
    });
    return entries.map(({ code }) => code);
  };

  test('tells an episode once, reminds after an hour, and keeps it when it is over', async () => {
    await hours({ cpuPercent: 99 }, 3_000);
    expect(alerts.active).toMatchObject([{ kind: 'cpu', value: 99, limit: 85, clearedAtMs: null }]);
    expect(said.filter(({ name }) => name === 'alerts.changed')).toHaveLength(1);
    await hours({ cpuPercent: 99 }, 700);
    await hours({ cpuPercent: 10 }, 60);
    expect(alerts.active).toEqual([]);
    expect(await codes()).toEqual(['alertRaised', 'alertReminded', 'alertCleared']);
    const [episode] = await alerts.recent(5);
    expect(episode).toMatchObject({ kind: 'cpu', runId: null });
    expect((episode?.clearedAtMs ?? 0) - (episode?.raisedAtMs ?? 0)).toBeGreaterThan(3_600_000);
  });

  test('ends what it said of the disk of the results when no run writes there any more, and forgets how it filled', async () => {
    goingRun = { runId: 1, sinceMs: 0 };
    disks = [{ subject: 'output', freeBytes: GB, totalBytes: 100 * GB }];
    await hours({}, 1_000);
    expect(alerts.active).toMatchObject([{ kind: 'disk', subject: 'output' }]);
    disks = [];
    await hours({}, 60);
    // It may only be slow to answer.
    expect(alerts.active).toHaveLength(1);
    goingRun = null;
    await hours({}, 1);
    expect(alerts.active).toEqual([]);
    expect(await codes()).toEqual(['alertRaised', 'alertCleared']);
    // The next one writes to another disk, which has less room and does not fill.
    goingRun = { runId: 2, sinceMs: 0 };
    for (let minute = 0; minute < 40; minute += 1) {
      disks = [
        {
          subject: 'output',
          freeBytes: (minute < 20 ? 500 - minute : 30 - minute / 100) * GB,
          totalBytes: (minute < 20 ? 1_000 : 100) * GB,
        },
      ];
      if (minute === 20) disks = [];
      await hours({}, 60);
      expect(alerts.active).toEqual([]);
    }
  });

  test('ends at once what is switched off', async () => {
    await hours({ cpuPercent: 99 }, 12);
    expect(alerts.active).toHaveLength(1);
    expect(await alerts.recent(5)).toEqual([]);
    rules = { ...RULES, cpu: { ...RULES.cpu, isOn: false } };
    await hours({ cpuPercent: 99 }, 1);
    expect(alerts.active).toEqual([]);
    expect(await alerts.recent(5)).toHaveLength(1);
  });
});
