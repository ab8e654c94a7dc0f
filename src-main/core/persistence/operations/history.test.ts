import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HISTORY_PARAMETERS } from '#shared/contract/history.ts';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, failedResult, REPORT_AT_MS, reportItem } from '#main/testing/reportRows.ts';
import { openReader, openWriter, type Connection } from '../connection.ts';
import { historyReads, type History } from './history.ts';

const DAY_MS = 86_400_000;
const REFERENCE = 'one two three four';

let folder: string;
let writer: Connection;
let reader: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-history-'));
  const path = join(folder, 'nightshift.db');
  writer = openWriter(path);
  reader = openReader(path);
});

afterEach(async () => {
  reader.close();
  writer.close();
  await rm(folder, { recursive: true });
});

function options(changes: Partial<RunOptions> = {}): RunOptions {
  return RunOptionsSchema.parse({ modes: ['streaming', 'chunked'], ...changes });
}

/** Two files in two modes: streaming gets one word of four wrong and fails one file, chunked gets everything right. */
function plantNight(endedAtMs: number, changes: Partial<RunOptions> = {}, name = 'night'): number {
  const runId = plantRun(
    writer,
    [
      reportItem(1, 'a/1.wav', REFERENCE, [
        answeredResult('streaming', REFERENCE, 'one two three bad', { audioSec: 10, processingSec: 2 }),
        answeredResult('chunked', REFERENCE, REFERENCE, { audioSec: 10, processingSec: 1 }),
      ]),
      reportItem(2, 'b/2.wav', REFERENCE, [
        failedResult('streaming', REFERENCE),
        answeredResult('chunked', REFERENCE, REFERENCE, { audioSec: 30, processingSec: 3 }),
      ]),
    ],
    options(changes),
  );
  writer.prepare('UPDATE tasks SET ended_at_ms = ? WHERE run_id = ?').run(endedAtMs, runId);
  writer
    .prepare('UPDATE runs SET name = ?, created_at_ms = ?, started_at_ms = ?, ended_at_ms = ? WHERE id = ?')
    .run(name, endedAtMs - 2_000, endedAtMs - 1_000, endedAtMs, runId);
  return runId;
}

function ask(by: readonly string[], period: { sinceMs?: number; untilMs?: number; count?: number } = {}): History {
  const { sinceMs = null, untilMs = null, count = 1_000 } = period;
  return historyReads.history(reader, { by, sinceMs, untilMs, count });
}

test('outcomes are added up by mode, with pooled counts and a failed file as deleted words', () => {
  plantNight(REPORT_AT_MS);
  plantNight(REPORT_AT_MS);
  const { groups, total } = ask(['mode']);
  expect(groups.toReversed()).toEqual([
    {
      key: ['chunked'],
      runs: 2,
      done: 4,
      failed: 0,
      cancelled: 0,
      reused: 0,
      successRatio: 1,
      audioSec: 80,
      scored: 4,
      counts: { substitutions: 0, deletions: 0, insertions: 0, hits: 16, referenceWords: 16 },
      werRatio: 0,
      normalizers: ['simple 1'],
      processingSec: 8,
      rtf: 0.1,
      meanProcessingSec: 2,
      pacings: ['asFast'],
    },
    {
      key: ['streaming'],
      runs: 2,
      done: 2,
      failed: 2,
      cancelled: 0,
      reused: 0,
      successRatio: 0.5,
      audioSec: 20,
      scored: 4,
      counts: { substitutions: 2, deletions: 8, insertions: 0, hits: 6, referenceWords: 16 },
      werRatio: 10 / 16,
      normalizers: ['simple 1'],
      processingSec: 4,
      rtf: 0.2,
      meanProcessingSec: 2,
      pacings: ['asFast'],
    },
  ]);
  expect(total).toMatchObject({ runs: 2, done: 6, failed: 2, successRatio: 0.75, audioSec: 100, werRatio: 10 / 32 });
});

test('two keys divide further, and natural order puts run 2 before run 10', () => {
  for (let index = 0; index < 10; index++) plantNight(REPORT_AT_MS);
  const keys = ask(['run', 'folder']).groups.map(({ key }) => key.join(' / '));
  expect(keys.slice(0, 4)).toEqual(['1 night / a', '1 night / b', '2 night / a', '2 night / b']);
  expect(keys.at(-1)).toBe('10 night / b');
});

test('a period keeps what ended in it: its beginning counts, its end does not', () => {
  plantNight(REPORT_AT_MS - DAY_MS, {}, 'before');
  plantNight(REPORT_AT_MS, {}, 'at the start');
  plantNight(REPORT_AT_MS + DAY_MS, {}, 'at the end');
  const names = ask(['name'], { sinceMs: REPORT_AT_MS, untilMs: REPORT_AT_MS + DAY_MS }).groups.map(({ key }) => key);
  expect(names).toEqual([['at the start']]);
  expect(ask(['name'], { untilMs: REPORT_AT_MS }).groups.map(({ key }) => key)).toEqual([['before']]);
});

test('a run that still goes on counts with what it has', () => {
  const runId = plantNight(REPORT_AT_MS);
  writer.prepare(`UPDATE runs SET status = 'running', ended_at_ms = NULL WHERE id = ?`).run(runId);
  writer.exec(`UPDATE tasks SET status = 'queued', ended_at_ms = NULL WHERE mode = 'chunked'`);
  expect(ask(['status'], { sinceMs: REPORT_AT_MS }).groups).toMatchObject([{ key: ['running'], done: 1, failed: 1 }]);
});

test('rates of two normalisers and times of two paces are never mixed', () => {
  plantNight(REPORT_AT_MS);
  plantNight(REPORT_AT_MS, { normalizer: 'none', pacing: 'realTime' });
  expect(ask(['mode']).groups.toReversed()).toMatchObject([
    { werRatio: null, normalizers: ['none 1', 'simple 1'], rtf: null, meanProcessingSec: null, pacings: ['asFast', 'realTime'], done: 4 },
    { werRatio: null, rtf: null },
  ]);
  expect(ask(['normalizer']).groups.map(({ key, werRatio }) => [key[0], werRatio])).toEqual([
    ['none 1', 5 / 16],
    ['simple 1', 5 / 16],
  ]);
  expect(ask(['pacing']).groups.map(({ rtf }) => rtf)).toEqual([6 / 50, 6 / 50]);
});

test('rates of two versions of one normaliser are never mixed', () => {
  plantNight(REPORT_AT_MS);
  const older = plantNight(REPORT_AT_MS);
  writer.prepare('UPDATE tasks SET normalizer_version = 0 WHERE run_id = ? AND reference_words IS NOT NULL').run(older);
  expect(ask(['status']).groups).toMatchObject([{ werRatio: null, normalizers: ['simple 0', 'simple 1'] }]);
  expect(ask(['normalizer']).groups).toMatchObject([
    { key: ['simple 0'], werRatio: 5 / 16 },
    { key: ['simple 1'], werRatio: 5 / 16 },
  ]);
});

test('what was found done earlier is no work again, but the rates are those of the run', () => {
  plantNight(REPORT_AT_MS);
  const again = plantNight(REPORT_AT_MS + DAY_MS);
  writer.prepare(`UPDATE tasks SET status = 'skipped', done_earlier = 1 WHERE run_id = ? AND status = 'done'`).run(again);
  const [first, second] = ask(['run']).groups;
  expect(second).toMatchObject({ done: 0, failed: 1, reused: 3, audioSec: 0, processingSec: 0, rtf: null });
  const { scored, counts, werRatio, successRatio } = first ?? {};
  expect(second).toMatchObject({ scored, counts, werRatio, successRatio: 3 / 4 });
  expect(successRatio).toBe(3 / 4);
  // A file that fails in every run must not outweigh one that was done once for all.
  expect(ask(['mode']).total).toMatchObject({ done: 3, failed: 2, reused: 3, successRatio, werRatio });
});

test('what the user did again counts with its last outcome', () => {
  plantNight(REPORT_AT_MS);
  writer.exec(`UPDATE tasks SET superseded = 1 WHERE status = 'failed'`);
  expect(ask(['outcome']).groups.map(({ key, failed, done }) => [key[0], failed, done])).toEqual([['done', 0, 3]]);
});

test('every named parameter has a value or none, and groups by days, weeks and months', () => {
  plantNight(REPORT_AT_MS);
  for (const parameter of HISTORY_PARAMETERS) expect({ parameter, done: ask([parameter]).total.done }).toEqual({ parameter, done: 3 });
  expect(ask(['day']).groups[0]?.key[0]).toMatch(/^2026-11-2\d$/);
  expect(ask(['week']).groups[0]?.key).toEqual(['2026-W47']);
  expect(ask(['month']).groups[0]?.key).toEqual(['2026-11']);
  expect(ask(['dataSet']).groups[0]?.key).toEqual(['/data']);
  expect(ask(['model', 'errorCode']).groups.map(({ key }) => key)).toEqual([
    ['tiny-en', 'MEDIA_CORRUPT'],
    ['tiny-en', null],
  ]);
});

test('the host is the one that did the work, the language the one that was asked for or heard', () => {
  plantNight(REPORT_AT_MS);
  plantNight(REPORT_AT_MS, { language: 'ko' });
  writer.exec(`INSERT INTO boots (boot_id, pid, host, started_at_ms) VALUES ('boot', 1, 'cli', 1); UPDATE results SET language = 'en'`);
  expect(ask(['host']).groups.map(({ key }) => key)).toEqual([['cli']]);
  expect(ask(['language']).groups.map(({ key, done }) => [key[0], done])).toEqual([
    ['en', 3],
    ['ko', 4 - 1],
    [null, 0],
  ]);
});

test('any option of a run and any field of a task is a parameter, and nothing else is', () => {
  plantNight(REPORT_AT_MS, { windowSec: 4 });
  plantNight(REPORT_AT_MS);
  writer.exec(`UPDATE tasks SET data = '{"scenario":"P(H)","year":2026}' WHERE mode = 'chunked'`);
  expect(ask(['option.windowSec']).groups.map(({ key }) => key[0])).toEqual(
    ['2.0', '4.0'].map((text) => expect.stringContaining(text[0] ?? '')),
  );
  expect(ask(['option.ports.streaming', 'data.scenario']).groups.map(({ key, done }) => [...key, done])).toEqual([
    ['8001', 'P(H)', 4],
    ['8001', null, 2],
  ]);
  expect(() => ask([`data.x') FROM tasks; DROP TABLE tasks; --`])).toThrow('no parameter');
});

test('of too many groups the first are given, and how many there are', () => {
  for (let index = 0; index < 5; index++) plantNight(REPORT_AT_MS);
  const { groups, groupCount, total } = ask(['run'], { count: 2 });
  expect(groups).toHaveLength(2);
  expect({ groupCount, runs: total.runs }).toEqual({ groupCount: 5, runs: 5 });
});

test('an empty history has no groups and no rates', () => {
  expect(ask(['mode', 'model'])).toMatchObject({
    groups: [],
    groupCount: 0,
    total: { runs: 0, done: 0, successRatio: null, werRatio: null },
  });
});
