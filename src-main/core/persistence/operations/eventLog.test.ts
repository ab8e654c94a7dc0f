import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { TaskOutcome } from './tasks.ts';
import { openReader, openWriter, type Connection } from '../connection.ts';
import { eventLogReads, eventLogWrites, type LogPage, type LogQuestion, type NewLogEntry } from './eventLog.ts';
import { lifecycleWrites } from './lifecycle.ts';
import { taskWrites } from './tasks.ts';

const NOW_MS = 1_800_000_000_000;

let folder: string;
let writer: Connection;
let reader: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-log-'));
  const path = join(folder, 'nightshift.db');
  writer = openWriter(path);
  reader = openReader(path);
});

afterEach(async () => {
  reader.close();
  writer.close();
  await rm(folder, { recursive: true });
});

function add(...entries: Partial<NewLogEntry>[]): void {
  eventLogWrites.addLogEntries(writer, { entries: entries.map((entry) => ({ atMs: NOW_MS, code: 'runCreated', ...entry })) });
}

function ask(question: Partial<LogQuestion> = {}): LogPage {
  const none: LogQuestion = {
    level: 'info',
    kinds: [],
    runId: null,
    serverId: null,
    search: '',
    sinceMs: null,
    beforeId: null,
    afterId: null,
    count: 100,
  };
  return eventLogReads.logPage(reader, { ...none, ...question });
}

/** One claimed task of a new run. */
function claim(): { taskId: number; leaseToken: string } {
  const { lastInsertRowid: runId } = writer
    .prepare(`INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('', 'running', '[]', ?, '', 0)`)
    .run(JSON.stringify(RunOptionsSchema.parse({})));
  const { lastInsertRowid: itemId } = writer
    .prepare(`INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, sha256) VALUES (?, 'a%b.wav', '/a%b.wav', 1, 1, 'x')`)
    .run(runId);
  const { lastInsertRowid: taskId } = writer
    .prepare(
      `INSERT INTO tasks (run_id, item_id, type, mode, priority, max_retries, status, result_key) VALUES (?, ?, 'transcribe', 'chunked', 6, 3, 'queued', 'x:y')`,
    )
    .run(runId, itemId);
  const claimOf = { runId: Number(runId), mode: 'chunked', count: 1, nowMs: NOW_MS, bootId: 'boot', leasePrefix: 'lease' } as const;
  const [task] = taskWrites.claimTasks(writer, claimOf);
  if (task === undefined) throw new Error('nothing was claimed');
  taskWrites.beginAttempt(writer, { ...task, nowMs: NOW_MS, serverInstance: null });
  return { taskId: Number(taskId), leaseToken: task.leaseToken };
}

const error = { code: 'SERVER_SILENT', data: { url: 'ws://user:hidden-word@host' } } as const;
const outcomes: readonly [string, TaskOutcome, string | null][] = [
  ['a failure', { kind: 'failed', error, counts: null }, 'fileFailed'],
  ['a retry', { kind: 'retry', error, notBeforeMs: 0, priority: 7 }, 'fileRetried'],
  ['a loss', { kind: 'requeue', error, notBeforeMs: 0, isLoss: true }, 'fileLost'],
  ['no room', { kind: 'requeue', error, notBeforeMs: 0, isLoss: false }, null],
  ['a release', { kind: 'released' }, null],
  ['a cancel', { kind: 'cancelled' }, 'fileCancelled'],
];

test.each(outcomes)('%s is written with its outcome', (_, outcome, code) => {
  const task = claim();
  expect(taskWrites.finishTask(writer, { ...task, nowMs: NOW_MS + 5, outcome })).toBe('recorded');
  const { entries } = ask();
  expect(entries.map((entry) => entry.code)).toEqual(code === null ? [] : [code]);
  if (code !== null) expect(entries[0]).toMatchObject({ atMs: NOW_MS + 5, fileId: 'a%b.wav', mode: 'chunked', runId: 1, itemId: 1 });
});

test('an outcome that is rolled back leaves no entry, and a late one none either', () => {
  const task = claim();
  const finish = { ...task, nowMs: NOW_MS, outcome: { kind: 'failed', error, counts: null } } as const;
  expect(() =>
    writer.transaction(() => {
      taskWrites.finishTask(writer, finish);
      throw new Error('power cut');
    })(),
  ).toThrow('power cut');
  expect(ask().entries).toEqual([]);
  taskWrites.finishTask(writer, finish);
  expect(taskWrites.finishTask(writer, finish)).toBe('late');
  expect(ask().entries).toHaveLength(1);
});

test('secrets in facts are masked before they are stored', () => {
  add({ code: 'fileFailed', error, data: { detail: 'Authorization: Bearer abcdefghijkl' } });
  const stored = JSON.stringify(writer.prepare('SELECT * FROM event_log').all());
  expect(stored).not.toContain('hidden-word');
  expect(stored).not.toContain('abcdefghijkl');
});

test('a file that no attempt is made at is logged where its outcome is planned', () => {
  claim();
  writer
    .prepare(
      `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, problem_code) VALUES (1, 'empty.wav', '/empty.wav', 0, 1, 'FILE_EMPTY')`,
    )
    .run();
  const plan = { runId: 1, type: 'transcribe', limit: null, priority: 6, maxRetries: 3, nowMs: NOW_MS } as const;
  taskWrites.planTasks(writer, { ...plan, modes: [{ mode: 'chunked', workKey: 'y' }] });
  expect(ask().entries).toMatchObject([{ code: 'fileFailed', fileId: 'empty.wav', error: { code: 'FILE_EMPTY' } }]);
});

test('work of an owner that died is told: the file, the run and how much it was', () => {
  claim();
  lifecycleWrites.recoverOtherBoots(writer, { bootId: 'next', nowMs: NOW_MS });
  expect(ask().entries.map(({ code, level }) => [code, level])).toEqual([
    ['fileLost', 'warn'],
    ['runChanged', 'warn'],
    ['workRecovered', 'warn'],
  ]);
});

test('filters by severity, kind, run, server, time and text', () => {
  const { taskId, leaseToken } = claim();
  taskWrites.finishTask(writer, { taskId, leaseToken, nowMs: NOW_MS, outcome: { kind: 'cancelled' } });
  add(
    { runId: 5 },
    { code: 'serverChanged', serverId: 'own', level: 'error', data: { from: 'ready', to: 'crashed' } },
    { code: 'runChanged', runId: 5, level: 'warn', atMs: NOW_MS + 100 },
  );
  const codes = (question: Partial<LogQuestion>): string[] => ask(question).entries.map(({ code }) => code);
  expect(codes({ level: 'warn' })).toEqual(['serverChanged', 'runChanged']);
  expect(codes({ level: 'error' })).toEqual(['serverChanged']);
  expect(codes({ kinds: ['run'] })).toEqual(['runCreated', 'runChanged']);
  expect(codes({ runId: 5 })).toEqual(['runCreated', 'runChanged']);
  expect(codes({ serverId: 'own' })).toEqual(['serverChanged']);
  expect(codes({ sinceMs: NOW_MS + 1 })).toEqual(['runChanged']);
  expect(codes({ search: 'CRASHED' })).toEqual(['serverChanged']);
  // A file name with a character that LIKE knows.
  expect(codes({ search: 'a%b' })).toEqual(['fileCancelled']);
  expect(codes({ search: 'a_b' })).toEqual([]);
});

test('pages go back to the beginning and forward without a gap or a repeat', () => {
  add(...Array.from({ length: 25 }, (_, place) => ({ runId: place + 1 })));
  const seen: number[] = [];
  for (let beforeId: number | null = null; ;) {
    const page: LogPage = ask({ beforeId, count: 10 });
    expect(page.newestId).toBe(25);
    seen.unshift(...page.entries.map(({ runId }) => runId ?? 0));
    beforeId = page.next;
    if (beforeId === null) break;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, place) => place + 1));
  expect(ask({ afterId: 20 }).entries.map(({ id }) => id)).toEqual([21, 22, 23, 24, 25]);
});

test('a search that finds nothing says where to go on', () => {
  const insert = writer.prepare(`INSERT INTO event_log (at_ms, level, code) VALUES (?, 0, 'fileDone')`);
  writer.transaction(() => {
    for (let count = 0; count < 20_010; count++) insert.run(NOW_MS);
  })();
  const first = ask({ search: 'nothing like it' });
  expect(first).toMatchObject({ entries: [], next: 11 });
  expect(ask({ search: 'nothing like it', beforeId: first.next })).toMatchObject({ entries: [], next: null });
});

test('is trimmed in small steps, successes before problems', () => {
  add(...Array.from({ length: 700 }, (_, place) => ({ level: place % 100 === 0 ? ('error' as const) : ('info' as const) })));
  const bounds = eventLogReads.logBounds(reader, { infos: 50, problems: 3, oldestMs: 0 });
  expect(eventLogWrites.trimLog(writer, bounds)).toBe(true);
  expect(eventLogWrites.trimLog(writer, bounds)).toBe(false);
  const kept = ask({ count: 1_000 }).entries;
  expect(kept.filter(({ level }) => level === 'error').map(({ id }) => id)).toEqual([401, 501, 601]);
  expect(kept.filter(({ level }) => level === 'info')[0]?.id).toBe(651);
});

test('what is too old goes, also when there is room', () => {
  add({ atMs: NOW_MS - 10 }, { atMs: NOW_MS - 10, level: 'error' }, { atMs: NOW_MS });
  eventLogWrites.trimLog(writer, eventLogReads.logBounds(reader, { infos: 50, problems: 50, oldestMs: NOW_MS - 5 }));
  expect(ask().entries.map(({ id }) => id)).toEqual([3]);
  eventLogWrites.trimLog(writer, eventLogReads.logBounds(reader, { infos: 50, problems: 50, oldestMs: NOW_MS + 5 }));
  expect(ask().entries).toEqual([]);
});
