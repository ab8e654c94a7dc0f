import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, failedResult, reportItem, smallNight } from '#main/testing/reportRows.ts';
import { migrate, openWriter, type Connection } from '../connection.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import { reportReads, reportWrites } from './reports.ts';

const OPTIONS: RunOptions = RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'] });

let folder: string;
let connection: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-report-rows-'));
  connection = openWriter(join(folder, 'nightshift.db'));
});

afterEach(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

test('a database from before notes is brought forward with its rows', () => {
  // Version 10 is what is left without the tables of version 20.
  connection.exec('DROP TABLE run_notes; DROP TABLE run_verdicts; PRAGMA user_version = 10');
  const runId = plantRun(connection, smallNight(), OPTIONS);
  const before = connection.prepare('SELECT count(*) AS tasks FROM tasks').get();
  migrate(connection, MIGRATIONS.slice(0, 2));
  expect(connection.pragma('user_version', { simple: true })).toBe(20);
  expect(connection.prepare('SELECT count(*) AS tasks FROM tasks').get()).toEqual(before);
  expect(reportReads.runNotes(connection, { runId })).toBeNull();
  reportWrites.saveRunNotes(connection, { runId, notes: { author: 'Kim' }, nowMs: 1 });
  expect(reportReads.runNotes(connection, { runId })).toEqual({ author: 'Kim' });
});

test('rows come back page by page as they were stored', () => {
  const items = smallNight();
  const runId = plantRun(connection, items, OPTIONS);
  const read: unknown[] = [];
  for (let afterId = 0; ;) {
    const page = reportReads.reportItems(connection, { runId, afterId, count: 7 });
    const last = page.at(-1);
    if (last === undefined) break;
    expect(page.length).toBeLessThanOrEqual(7);
    read.push(...page);
    afterId = last.id;
  }
  expect(read).toEqual(
    items.map((item) => ({
      ...item,
      results: item.results.map((result) => ({
        ...result,
        errorData: result.errorCode === null ? {} : result.errorData,
        endToEndSec: result.endToEndSec === null ? null : (expect.closeTo(result.endToEndSec, 9) as number),
      })),
    })),
  );
});

test('a retry by the user counts the attempts of the task it took the place of', () => {
  const item = reportItem(1, 'a.wav', null, [failedResult('streaming', null)]);
  const runId = plantRun(connection, [item], OPTIONS);
  connection.exec('UPDATE tasks SET superseded = 1');
  const again = connection.prepare(
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status) VALUES (?, 1, 'transcribe', 'streaming', 6, 3, 'done')`,
  );
  const taskId = again.run(runId).lastInsertRowid;
  connection
    .prepare(`INSERT INTO attempts (task_id, number, boot_id, lease_token, started_at_ms, outcome) VALUES (?, 1, 'b', 'x', 0, ?)`)
    .run(taskId, 'done');
  connection
    .prepare(`INSERT INTO attempts (task_id, number, boot_id, lease_token, started_at_ms, outcome) VALUES (?, 2, 'b', 'y', 0, ?)`)
    .run(taskId, 'released');
  const [found] = reportReads.reportItems(connection, { runId, afterId: 0, count: 10 });
  expect(found?.results).toMatchObject([{ status: 'done', attempts: 3, failedAttempts: 2 }]);
});

test('notes and the verdict go with their run', () => {
  const runId = plantRun(connection, [reportItem(1, 'a.wav', null, [answeredResult('streaming', null, 'x')])], OPTIONS);
  const verdict = { name: 'g', valid: true, warnings: [], checks: [], judgedAtMs: 5 };
  reportWrites.saveRunNotes(connection, { runId, notes: { agenda: ['a'] }, nowMs: 1 });
  reportWrites.saveRunNotes(connection, { runId, notes: { agenda: ['b'] }, nowMs: 2 });
  reportWrites.saveRunVerdict(connection, { runId, verdict: { ...verdict, valid: false } });
  reportWrites.saveRunVerdict(connection, { runId, verdict });
  expect(reportReads.runNotes(connection, { runId })).toEqual({ agenda: ['b'] });
  expect(reportReads.runVerdict(connection, { runId })).toEqual(verdict);
  connection.prepare('DELETE FROM runs WHERE id = ?').run(runId);
  expect(reportReads.runNotes(connection, { runId })).toBeNull();
  expect(reportReads.runVerdict(connection, { runId })).toBeNull();
});
