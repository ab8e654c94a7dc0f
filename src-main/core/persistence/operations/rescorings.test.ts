import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, reportItem, smallNight } from '#main/testing/reportRows.ts';
import { migrate, openWriter, type Connection } from '../connection.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { rescoringReads, rescoringWrites, type RescoringPair } from './rescorings.ts';

const OPTIONS: RunOptions = RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'] });

let folder: string;
let connection: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-rescoring-rows-'));
  connection = openWriter(join(folder, 'nightshift.db'));
});

afterEach(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

test('a database from before rescorings is brought forward with its rows', () => {
  connection.exec('DROP TABLE rescoring_modes; DROP TABLE rescoring_counts; DROP TABLE rescorings; PRAGMA user_version = 20');
  const runId = plantRun(connection, smallNight(), OPTIONS);
  const before = connection.prepare('SELECT count(*) AS tasks, sum(hits) AS hits FROM tasks').get();
  migrate(
    connection,
    MIGRATIONS.filter(({ version }) => version <= 30),
  );
  expect(connection.pragma('user_version', { simple: true })).toBe(30);
  expect(connection.prepare('SELECT count(*) AS tasks, sum(hits) AS hits FROM tasks').get()).toEqual(before);
  expect(rescoringReads.runRescorings(connection, { runId })).toEqual([]);
  expect(rescoringReads.rescoringBasis(connection, { runId })).not.toBeNull();
});

test('a page ends where its texts are long enough, and has at least one pair', () => {
  const lengths = [10, 900, 50, 50, 5_000, 5_000, 1];
  const items = lengths.map((length, index) =>
    reportItem(index + 1, `${index}.wav`, 'r'.repeat(length), [answeredResult('streaming', null, '')]),
  );
  const runId = plantRun(connection, items, OPTIONS);
  const pages: number[][] = [];
  for (let afterTaskId = 0; ;) {
    const page: RescoringPair[] = rescoringReads.rescoringPairs(connection, {
      runId,
      mode: 'streaming',
      afterTaskId,
      count: 3,
      maxLength: 1_000,
    });
    const last = page.at(-1);
    if (last === undefined) break;
    pages.push(page.map(({ reference }) => reference.length));
    afterTaskId = last.taskId;
  }
  expect(pages).toEqual([[10, 900, 50], [50], [5_000], [5_000], [1]]);
});

test('what nobody sees is cleared away a few rows at a time, and nothing else', () => {
  const runId = plantRun(connection, smallNight(), OPTIONS);
  const begin = { runId, normalizer: 'none' as const, normalizerVersion: 1, basis: 'x', nowMs: 1 };
  const [kept = 0, left = 0] = [rescoringWrites.beginRescoring(connection, begin), rescoringWrites.beginRescoring(connection, begin)];
  const zero = {
    ...{ substitutions: 0, deletions: 0, insertions: 0, hits: 1, referenceWords: 1 },
    ...{ characterEdits: 0, referenceCharacters: 1, characterEditsNoSpaces: 0, referenceCharactersNoSpaces: 1 },
  };
  const entries = Array.from({ length: 7 }, (_, index) => ({ taskId: index + 1, ...zero }));
  for (const rescoringId of [kept, left]) expect(rescoringWrites.addRescoredCounts(connection, { rescoringId, entries })).toBe(true);
  expect(rescoringWrites.finishRescoring(connection, { rescoringId: kept, totals: [], nowMs: 2 })).toBe(true);
  const rows = (): unknown => connection.prepare('SELECT rescoring_id, count(*) FROM rescoring_counts GROUP BY 1').raw().all();
  expect(rescoringWrites.clearUnfinishedRescorings(connection, { count: 3 })).toBe(true);
  expect(rows()).toEqual([
    [kept, 7],
    [left, 4],
  ]);
  while (rescoringWrites.clearUnfinishedRescorings(connection, { count: 3 }));
  expect(rows()).toEqual([[kept, 7]]);
  expect(rescoringReads.runRescorings(connection, { runId }).map(({ id }) => id)).toEqual([kept]);
  expect(rescoringWrites.addRescoredCounts(connection, { rescoringId: left, entries })).toBe(false);
  expect(rescoringWrites.finishRescoring(connection, { rescoringId: left, totals: [], nowMs: 3 })).toBe(false);
});
