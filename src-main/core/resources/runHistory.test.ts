import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { addLogEntry } from '#main/core/persistence/operations/eventLog.ts';
import { LocalDatabase } from '#main/testing/localDatabase.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { buildSample } from '#main/testing/runBuilders.ts';
import { runHistory } from './runHistory.ts';

const START_MS = 1_790_000_040_000;

let database: LocalDatabase;
let runId: number;

beforeEach(() => {
  database = new LocalDatabase(':memory:');
  runId = plantRun(database.connection, [], RunOptionsSchema.parse({}));
});

afterEach(() => database.close());

test('holds the end of the run, which comes after its last reading, and nothing of later', async () => {
  const samples = [0, 1_000, 2_000].map((passedMs) => buildSample({ atMs: START_MS + passedMs, cpuPercent: 50 }));
  await database.write('recordSamples', { runId, samples });
  for (const entry of [
    { atMs: START_MS + 100, code: 'runChanged', runId, data: { from: 'queued', to: 'running' } },
    { atMs: START_MS + 3_200, code: 'modeFinished', runId, mode: 'streaming' },
    { atMs: START_MS + 3_400, code: 'runChanged', runId, data: { from: 'running', to: 'finished' } },
    { atMs: START_MS + 5_000, code: 'serverChanged', serverId: 'streaming', data: { from: 'stopping', to: 'stopped' } },
    { atMs: START_MS + 60_000, code: 'runChanged', runId, data: { from: 'finished', to: 'queued' } },
  ] as const)
    addLogEntry(database.connection, entry);
  const whole = { runId, fromMs: null, toMs: null, points: 1_000, figures: [] };
  const { marks, ...history } = await runHistory(database, whole);
  expect(history).toMatchObject({ firstMs: START_MS, lastMs: START_MS + 4_000, toMs: START_MS + 4_000, bucketMs: 1_000 });
  expect(marks.map(({ atMs, code }) => [atMs - START_MS, code])).toEqual([
    [100, 'runChanged'],
    [3_200, 'modeFinished'],
    [3_400, 'runChanged'],
  ]);
});
