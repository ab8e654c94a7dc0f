import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sample } from '#shared/contract/resources.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { fittingTier, READING_FIGURES, READING_TIERS } from '#shared/domain/readings.ts';
import { type Connection, migrate, openWriter } from '#main/core/persistence/connection.ts';
import { MIGRATIONS } from '#main/core/persistence/migrations/index.ts';
import type { Reading } from '#main/core/resources/readings.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { buildSample } from '#main/testing/runBuilders.ts';
import { addLogEntry, eventLogReads } from './eventLog.ts';
import { readingReads, readingWrites } from './readings.ts';
import { retentionWrites } from './retention.ts';

const DAY_MS = 86_400_000;
const START_MS = 1_790_000_040_000;
const GPU = { index: 0, name: 'Card', memoryUsedBytes: null, memoryTotalBytes: null, temperatureC: null, powerW: null };

let folder: string;
let connection: Connection;
let runId: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-readings-'));
  connection = openWriter(join(folder, 'nightshift.db'));
  connection.pragma('synchronous = OFF');
  runId = plantRun(connection, [], RunOptionsSchema.parse({}));
});

afterEach(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

/** As the monitor writes them: a few at a time. */
function record(samples: readonly Sample[], atOnce = 10): void {
  connection.transaction(() => {
    for (let start = 0; start < samples.length; start += atOnce) {
      readingWrites.recordSamples(connection, { runId, samples: samples.slice(start, start + atOnce) });
    }
  })();
}

function allReadings(): (Reading & { readonly atMs: number })[] {
  const found: (Reading & { readonly atMs: number })[] = [];
  for (let afterMs = -1; ;) {
    const page = readingReads.runReadings(connection, { runId, afterMs, count: 100 });
    const last = page.at(-1);
    if (last === undefined) return found;
    found.push(...page.map(({ atMs, json }) => ({ atMs, ...(JSON.parse(json) as Reading) })));
    afterMs = last.atMs;
  }
}

test('buckets of every tier say exactly what the values in them say, in whatever pieces they came', () => {
  const values = fc.array(
    fc.record({
      atMs: fc.integer({ min: START_MS, max: START_MS + 200_000 }),
      cpuPercent: fc.option(fc.integer({ min: 0, max: 100 })),
      gpu: fc.option(fc.integer({ min: 0, max: 100 })),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(values, (taken) => {
      connection.prepare('DELETE FROM reading_series').run();
      record(taken.map(({ atMs, cpuPercent, gpu }) => buildSample({ atMs, cpuPercent, gpus: [{ ...GPU, utilizationPercent: gpu }] })));
      for (const { bucketMs } of READING_TIERS) {
        const stretch = { runId, fromMs: 0, toMs: START_MS + DAY_MS, bucketMs, tierMs: bucketMs, figures: READING_FIGURES };
        const { atMs, series } = readingReads.readingSeries(connection, stretch);
        for (const [figure, key] of [
          ['cpuPercent', 'cpuPercent'],
          ['gpuUtilizationPercent', 'gpu'],
        ] as const) {
          const found = series.find((entry) => entry.figure === figure);
          const groups = Map.groupBy(
            taken.filter((value) => value[key] !== null),
            (value) => Math.floor(value.atMs / bucketMs) * bucketMs,
          );
          expect(found === undefined).toBe(groups.size === 0);
          for (const [place, at] of atMs.entries()) {
            const inside = groups.get(at)?.map((value) => value[key] ?? 0);
            expect(found?.min[place] ?? null).toBe(inside === undefined ? null : Math.min(...inside));
            expect(found?.max[place] ?? null).toBe(inside === undefined ? null : Math.max(...inside));
            if (inside === undefined) expect(found?.mean[place] ?? null).toBeNull();
            else expect(found?.mean[place]).toBeCloseTo(inside.reduce((sum, value) => sum + value, 0) / inside.length, 2);
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a day keeps its last 15 minutes by the second, and what is read in order has no second twice and none missing', () => {
  const hours = 26;
  const samples = Array.from({ length: hours * 360 }, (_, index) =>
    buildSample({ atMs: START_MS + index * 10_000, cpuPercent: index % 101 }),
  );
  record(samples, 5);
  const readings = allReadings();
  expect(readings.reduce((sum, { count }) => sum + count, 0)).toBe(samples.length);
  expect(readings.map(({ atMs }) => atMs)).toEqual(readings.map(({ atMs }) => atMs).toSorted((left, right) => left - right));
  const endMs = START_MS + hours * 3_600_000;
  const spans = (fromMs: number, toMs: number): Set<number> =>
    new Set(readings.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ spanMs }) => spanMs));
  expect(spans(endMs - 14 * 60_000, endMs)).toEqual(new Set([1_000]));
  expect(spans(endMs - 23 * 3_600_000, endMs - 17 * 60_000)).toEqual(new Set([10_000]));
  expect(spans(START_MS, endMs - 25 * 3_600_000)).toEqual(new Set([60_000]));
  const peak = Math.max(...readings.map(({ high }) => high.cpuPercent ?? 0));
  expect(peak).toBe(100);
  const mean = readings.reduce((sum, { count, mean: { cpuPercent } }) => sum + count * (cpuPercent ?? 0), 0) / samples.length;
  expect(mean).toBeCloseTo(samples.reduce((sum, { cpuPercent }) => sum + (cpuPercent ?? 0), 0) / samples.length, 6);
});

test('after a long pause old seconds go in small steps', () => {
  record(Array.from({ length: 900 }, (_, index) => buildSample({ atMs: START_MS + index * 1_000, cpuPercent: 1 })));
  const seconds = (): number =>
    Number((connection.prepare('SELECT count(*) AS n FROM readings WHERE bucket_ms = 1000').get() as { n: number }).n);
  const before = seconds();
  record([buildSample({ atMs: START_MS + 10 * 3_600_000 })]);
  const gone = before - seconds();
  expect(gone).toBeGreaterThan(0);
  expect(gone).toBeLessThan(before / 4);
  for (let step = 1; step < 60; step++) record([buildSample({ atMs: START_MS + 10 * 3_600_000 + step * 1_000 })]);
  expect(allReadings().reduce((sum, { count }) => sum + count, 0)).toBe(960);
});

test('servers and cards keep their names, and together they are one figure', () => {
  const servers = [
    { id: 'streaming', rssBytes: 10, cpuPercent: 1 },
    { id: 'my server', rssBytes: 20, cpuPercent: null },
  ];
  record([buildSample({ atMs: START_MS, servers, gpus: [{ ...GPU, utilizationPercent: 7 }] })]);
  const [reading] = allReadings();
  expect(reading?.mean.servers).toEqual(servers.toReversed());
  expect(reading?.mean.gpus).toEqual([{ ...GPU, utilizationPercent: 7 }]);
  const { series } = readingReads.readingSeries(connection, {
    ...{
      runId,
      fromMs: START_MS,
      toMs: START_MS + 1_000,
      bucketMs: 1_000,
      tierMs: 1_000,
      figures: ['serversRssBytes', 'gpuUtilizationPercent'],
    },
  });
  expect(series.find(({ figure }) => figure === 'serversRssBytes')?.mean).toEqual([30]);
  expect(series.find(({ figure }) => figure === 'gpuUtilizationPercent')).toMatchObject({ subject: '0', name: 'Card' });
});

test('a run that is gone gets no readings, and one that is cleaned away loses them in small steps', () => {
  readingWrites.recordSamples(connection, { runId: runId + 1, samples: [buildSample({ atMs: START_MS })] });
  expect(connection.prepare('SELECT count(*) AS n FROM readings').get()).toEqual({ n: 0 });
  record(Array.from({ length: 20 }, (_, index) => buildSample({ atMs: START_MS + index * 1_000 })));
  let steps = 0;
  while (!retentionWrites.cleanRunRows(connection, { runId, count: 10 })) steps += 1;
  expect(steps).toBeGreaterThan(4);
  expect(connection.prepare('SELECT count(*) AS n FROM readings').get()).toEqual({ n: 0 });
});

test('readings of before the tiers are in them', () => {
  const path = join(folder, 'old.db');
  const old = openWriterAt(path, 110);
  const oldRun = Number(
    old
      .prepare(
        `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('r', 'finished', '[]', '{}', '/r', 1) RETURNING id`,
      )
      .pluck()
      .get(),
  );
  const insert = old.prepare('INSERT INTO samples (run_id, at_ms, sample) VALUES (?, ?, ?)');
  for (let index = 0; index < 120; index++) {
    const { servers: _, ...sample } = buildSample({
      atMs: START_MS + index * 1_000,
      cpuPercent: index,
      gpus: [{ ...GPU, utilizationPercent: 7 }],
    });
    insert.run(oldRun, sample.atMs, JSON.stringify(sample));
  }
  migrate(old);
  const readings = readingReads.runReadings(old, { runId: oldRun, afterMs: -1, count: 500 }).map(({ json }) => JSON.parse(json) as Reading);
  expect(readings.map(({ mean }) => mean.cpuPercent)).toEqual(Array.from({ length: 120 }, (_, index) => index));
  expect(readings[5]?.mean.gpus).toEqual([{ ...GPU, utilizationPercent: 7 }]);
  const { atMs, series } = readingReads.readingSeries(old, {
    ...{ runId: oldRun, fromMs: START_MS, toMs: START_MS + 120_000, bucketMs: 60_000, tierMs: 60_000, figures: ['cpuPercent'] },
  });
  expect(atMs).toEqual([START_MS, START_MS + 60_000]);
  expect(series.find(({ figure }) => figure === 'cpuPercent')).toMatchObject({ min: [0, 60], mean: [29.5, 89.5], max: [59, 119] });
  old.close();
});

function openWriterAt(path: string, version: number): Connection {
  const fresh = openWriter(join(folder, `fresh-${version}.db`));
  fresh.close();
  const { constructor } = fresh as unknown as { constructor: new (path: string) => Connection };
  const old = new constructor(path);
  migrate(
    old,
    MIGRATIONS.filter((migration) => migration.version <= version),
  );
  return old;
}

test('marks are what happened to this run and to servers meanwhile, severe ones first where there are too many', () => {
  const other = runId + 1;
  const entries = [
    { atMs: START_MS - 1, code: 'runChanged', runId },
    { atMs: START_MS, code: 'runChanged', runId, data: { from: 'queued', to: 'running' } },
    { atMs: START_MS + 1_000, code: 'fileDone', runId },
    { atMs: START_MS + 2_000, code: 'fileFailed', runId },
    { atMs: START_MS + 2_500, code: 'fileFailed', runId },
    { atMs: START_MS + 2_600, code: 'fileFailed', runId: other },
    { atMs: START_MS + 3_000, code: 'serverChanged', level: 'error', serverId: 'streaming', data: { from: 'busy', to: 'crashed' } },
    { atMs: START_MS + 3_100, code: 'serverChanged', serverId: 'streaming', data: { from: 'stopped', to: 'starting' } },
    { atMs: START_MS + 3_200, code: 'modeFinished', runId: other },
    { atMs: START_MS + 3_300, code: 'settingChanged' },
    { atMs: START_MS + 4_000, code: 'modeFinished', runId, mode: 'streaming' },
  ] as const;
  for (const entry of entries) addLogEntry(connection, entry);
  const stretch = { runId, fromMs: START_MS, toMs: START_MS + 10_000, bucketMs: 1_000, count: 10 };
  const { marks, isAll, failures } = eventLogReads.runMarks(connection, stretch);
  expect(marks.map(({ atMs, code }) => [atMs - START_MS, code])).toEqual([
    [0, 'runChanged'],
    [3_000, 'serverChanged'],
    [4_000, 'modeFinished'],
  ]);
  expect(isAll).toBe(true);
  expect(failures).toEqual([{ atMs: START_MS + 2_000, count: 2 }]);
  const one = eventLogReads.runMarks(connection, { ...stretch, count: 1 });
  expect(one.marks.map(({ code }) => code)).toEqual(['serverChanged']);
  expect(one.isAll).toBe(false);
});

test('a stretch gets the finest buckets that fit and are still there', () => {
  const hour = 3_600_000;
  const endMs = START_MS + 30 * hour;
  const firstMs = [endMs - 15 * 60_000, endMs - 24 * hour, START_MS];
  const fit = (fromMs: number, toMs: number, points = 1_000) => fittingTier({ fromMs, toMs }, points, firstMs);
  expect(fit(endMs - 10 * 60_000, endMs)).toEqual({ bucketMs: 1_000, tierMs: 1_000 });
  expect(fit(endMs - 2 * hour, endMs)).toEqual({ bucketMs: 10_000, tierMs: 10_000 });
  expect(fit(endMs - 5 * hour, endMs)).toEqual({ bucketMs: 20_000, tierMs: 10_000 });
  expect(fit(endMs - 24 * hour, endMs, 2_000)).toEqual({ bucketMs: 60_000, tierMs: 60_000 });
  expect(fit(START_MS, START_MS + hour / 2)).toEqual({ bucketMs: 60_000, tierMs: 60_000 });
  expect(fit(START_MS, endMs, 100)).toEqual({ bucketMs: 1_800_000, tierMs: 60_000 });
  // Nothing was trimmed yet: every tier begins with the run.
  expect(fittingTier({ fromMs: START_MS, toMs: START_MS + 60_000 }, 1_000, [START_MS + 23_000, START_MS + 20_000, START_MS])).toEqual({
    bucketMs: 1_000,
    tierMs: 1_000,
  });
});
