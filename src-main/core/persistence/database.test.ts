import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { NORMALIZER_VERSIONS } from '#shared/domain/scores.ts';
import type { MediaFacts } from '../media/mediaDecoder.ts';
import type { ScannedFile } from '../ports.ts';
import { openReader, openWriter } from './connection.ts';
import { type Database, openDatabase } from './database.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { ClaimedTask, TaskOutcome } from './operations/tasks.ts';
import { readOwnerFacts, takeOwnerLock } from './ownerLock.ts';

let folder: string;
let database: Database;
const NOW_MS = 1_000_000;
const WORK = [{ mode: 'streaming' as const, workKey: 'streaming:tiny' }];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-db-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

function scanned(fileId: string, problemCode: ScannedFile['problemCode'] = null): ScannedFile {
  return { path: `/in/${fileId}`, fileId, sizeBytes: 10, modifiedMs: 5, reference: 'one two', referencePath: null, problemCode };
}

function facts(sha256: string): MediaFacts {
  return {
    sha256,
    sizeBytes: 10,
    modifiedMs: 5,
    container: 'wav',
    codec: 'pcm',
    sampleRateHz: 16_000,
    channels: 1,
    audioStreams: 1,
    announcedSec: 2,
  };
}

async function newRun(files: readonly ScannedFile[]): Promise<number> {
  const runId = await database.write('insertRun', {
    name: 'test',
    sources: ['/in'],
    options: RunOptionsSchema.parse({}),
    defaultFolder: '/out',
    nowMs: NOW_MS,
  });
  await database.write('insertItems', { runId, files });
  const items = await database.read('uninspectedItems', { runId, afterId: 0, count: 1_000 });
  const inspections = items.map(({ id, path }) => ({ itemId: id, facts: facts(`sha-of-${path}`), problem: null }));
  await database.write('recordInspections', { inspections, nowMs: 1 });
  return runId;
}

function plan(runId: number, limit: number | null = null): Promise<unknown> {
  return database.write('planTasks', { runId, type: 'transcribe', modes: WORK, limit, priority: 6, maxRetries: 3, nowMs: NOW_MS });
}

/** Claims and begins. */
async function claim(runId: number, count = 10, bootId = 'boot-1', nowMs = NOW_MS): Promise<ClaimedTask[]> {
  const tasks = await take(runId, count, bootId, nowMs);
  for (const { taskId, leaseToken } of tasks) await database.write('beginAttempt', { taskId, leaseToken, nowMs, serverInstance: null });
  return tasks;
}

function take(runId: number, count: number, bootId: string, nowMs = NOW_MS): Promise<ClaimedTask[]> {
  return database.write('claimTasks', { runId, mode: 'streaming', count, nowMs, bootId, leasePrefix: `${bootId}-${Math.random()}` });
}

function finish(task: ClaimedTask, outcome: TaskOutcome): Promise<'recorded' | 'late'> {
  return database.write('finishTask', { taskId: task.taskId, leaseToken: task.leaseToken, nowMs: NOW_MS, outcome });
}

const DONE: TaskOutcome = {
  kind: 'done',
  result: {
    hypothesis: 'one too',
    segments: [],
    language: null,
    model: 'tiny',
    decodedSec: 2,
    announcedSec: 2,
    processingSec: 0.5,
    decodeSec: 0.4,
    firstTokenLatencyMs: 100,
    warningCode: null,
  },
  counts: { substitutions: 1, deletions: 0, insertions: 0, hits: 1, referenceWords: 2 },
};
const FAILED: TaskOutcome = { kind: 'failed', error: { code: 'MEDIA_CORRUPT', data: {} }, counts: null };

test('the writer is durable: WAL, FULL sync and foreign keys are on', () => {
  const connection = openWriter(join(folder, 'pragmas.db'));
  const value = (name: string): unknown => connection.pragma(name, { simple: true });
  expect([value('journal_mode'), value('synchronous'), value('foreign_keys'), value('fullfsync')]).toEqual(['wal', 2, 1, 1]);
  connection.close();
});

test('the first migration takes an empty file to its schema and keeps rows consistent', () => {
  const path = join(folder, 'migration.db');
  const connection = openWriter(path);
  connection
    .prepare(`INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('a', 'ready', '[]', '{}', '/r', 1)`)
    .run();
  expect(() =>
    connection.prepare(`INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms) VALUES (99, 'x', '/x', 1, 1)`).run(),
  ).toThrow(/FOREIGN KEY/);
  expect(connection.pragma('user_version', { simple: true })).toBe(MIGRATIONS.at(-1)?.version);
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
  const claimPlan = connection
    .prepare(
      `EXPLAIN QUERY PLAN SELECT id FROM tasks WHERE run_id = 1 AND mode = 'streaming' AND status = 'queued' AND held = 0 AND (rank, id) <= (9e99, 1) AND not_before_ms <= 5 ORDER BY rank, id LIMIT 1`,
    )
    .all();
  expect(JSON.stringify(claimPlan)).toContain('tasks_to_claim');
  expect(JSON.stringify(claimPlan)).not.toContain('TEMP B-TREE');
  connection.close();
  const reader = openReader(path);
  expect(() => reader.prepare('DELETE FROM runs').run()).toThrow();
  reader.close();
});

test('word counts of before they named their rule are of its first version, and runs over the same data are found by an index', () => {
  const path = join(folder, 'before.db');
  const before = new BetterSqlite(path);
  for (const { version, sql } of MIGRATIONS.filter((migration) => migration.version < 60)) {
    before.exec(sql);
    before.pragma(`user_version = ${version}`);
  }
  before.exec(`
    INSERT INTO runs (id, name, status, sources, options, results_path, created_at_ms) VALUES (1, 'a', 'finished', '[]', '{}', '/r', 1);
    INSERT INTO tasks (run_id, type, mode, priority, max_retries, status, reference_words) VALUES (1, 'transcribe', 'streaming', 6, 3, 'done', 2);
    INSERT INTO tasks (run_id, type, mode, priority, max_retries, status) VALUES (1, 'transcribe', 'streaming', 6, 3, 'done');
  `);
  before.close();
  const after = openWriter(path);
  expect(after.prepare('SELECT normalizer_version FROM tasks ORDER BY id').pluck().all()).toEqual([1, null]);
  const plan = JSON.stringify(
    after
      .prepare(
        `EXPLAIN QUERY PLAN SELECT run_id FROM items WHERE sha256 IS NOT NULL AND reference IS NOT NULL AND (sha256, reference) IN
           (SELECT sha256, reference FROM items WHERE run_id = 1 AND sha256 IS NOT NULL AND reference IS NOT NULL)`,
      )
      .all(),
  );
  expect(plan).toContain('items_by_content');
  after.close();
});

test('removing files of a run does not look at every other run for each of them', () => {
  const writer = openWriter(join(folder, 'nightshift.db'));
  const plan = writer.prepare<[], { detail: string }>('EXPLAIN QUERY PLAN DELETE FROM items WHERE id = 1').all();
  writer.close();
  expect(plan.map(({ detail }) => detail).filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
});

test('counts keep the version of the rule they were made with', async () => {
  const runId = await newRun([scanned('a.wav'), scanned('b.wav')]);
  await plan(runId);
  const [first, second] = await claim(runId, 2);
  if (first === undefined || second === undefined) throw new Error('nothing claimed');
  const versionOf = async (): Promise<unknown> => (await database.read('storedRun', { runId, nowMs: NOW_MS }))?.normalizerVersion;
  await finish(first, { ...DONE, counts: null });
  expect(await versionOf()).toBeNull();
  const counts = { substitutions: 1, deletions: 0, insertions: 0, hits: 1, referenceWords: 2 };
  await database.write('recordCounts', { entries: [{ taskId: first.taskId, counts }] });
  expect(await versionOf()).toBe(NORMALIZER_VERSIONS.simple);
  await finish(second, DONE);
  const versions = new BetterSqlite(join(folder, 'nightshift.db'), { readonly: true });
  expect(versions.prepare('SELECT normalizer_version FROM tasks ORDER BY id').pluck().all()).toEqual([1, 1]);
  versions.close();
});

test('a database from a newer version is refused and not touched', async () => {
  const path = join(folder, 'future.db');
  const future = new BetterSqlite(path);
  future.exec('CREATE TABLE later (x)');
  future.pragma('user_version = 99990');
  future.close();
  await expect(openDatabase(path)).rejects.toMatchObject({ code: 'DB_FROM_FUTURE', data: { found: 99_990 } });
  const after = new BetterSqlite(path, { readonly: true });
  expect(after.pragma('journal_mode', { simple: true })).toBe('delete');
  expect(after.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 1 });
  after.close();
});

test('a file that is no database is refused with its code', async () => {
  const path = join(folder, 'text.db');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, 'this is not a database, it is a letter to a friend'.repeat(50));
  await expect(openDatabase(path)).rejects.toMatchObject({ code: 'DB_CORRUPT' });
});

test('each task is claimed once and its outcome is recorded once', async () => {
  const runId = await newRun([scanned('a.wav'), scanned('b.wav')]);
  await plan(runId);
  const [first, second] = await Promise.all([claim(runId, 1), claim(runId, 5)]);
  expect([...first, ...second].map((task) => task.fileId)).toEqual(['a.wav', 'b.wav']);
  const [task] = first;
  if (task === undefined) throw new Error('nothing claimed');
  expect(await finish(task, DONE)).toBe('recorded');
  expect(await finish(task, DONE)).toBe('late');
  const rows = await database.read('resultRows', { runId, mode: 'streaming' });
  expect(rows.map(({ fileId, status, hypothesis, attempts }) => ({ fileId, status, hypothesis, attempts }))).toEqual([
    { fileId: 'a.wav', status: 'done', hypothesis: 'one too', attempts: 1 },
    { fileId: 'b.wav', status: 'claimed', hypothesis: null, attempts: 1 },
  ]);
});

test('a late outcome of an owner that lost its lease changes nothing', async () => {
  const runId = await newRun([scanned('a.wav')]);
  await plan(runId);
  const [old] = await claim(runId, 1, 'boot-1');
  if (old === undefined) throw new Error('nothing claimed');
  expect(await database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: NOW_MS })).toEqual({ requeued: 1, givenUp: 0 });
  const [fresh] = await claim(runId, 1, 'boot-2');
  if (fresh === undefined) throw new Error('not claimable after recovery');
  expect(fresh).toMatchObject({ losses: 1, failedAttempts: 0 });
  expect(await finish(fresh, FAILED)).toBe('recorded');
  expect(await finish(old, DONE)).toBe('late');
  const [row] = await database.read('resultRows', { runId, mode: 'streaming' });
  expect(row).toMatchObject({ status: 'failed', hypothesis: null });
});

test('a task that is lost again and again is given up', async () => {
  const runId = await newRun([scanned('killer.wav')]);
  await plan(runId);
  for (let boot = 1; boot <= 4; boot += 1) {
    expect(await claim(runId, 1, `boot-${boot}`)).toHaveLength(1);
    await database.write('recoverOtherBoots', { bootId: `boot-${boot + 1}`, nowMs: NOW_MS });
  }
  expect(await claim(runId, 1, 'boot-9')).toEqual([]);
  const [row] = await database.read('resultRows', { runId, mode: 'streaming' });
  expect(row).toMatchObject({ status: 'failed', errorCode: 'TASK_LOST_TOO_OFTEN' });
});

test('what was only at hand when its owner died is not charged for it', async () => {
  const runId = await newRun([scanned('a.wav'), scanned('b.wav')]);
  await plan(runId);
  const [begun] = await take(runId, 2, 'boot-1');
  if (begun === undefined) throw new Error('nothing claimed');
  await database.write('beginAttempt', { taskId: begun.taskId, leaseToken: begun.leaseToken, nowMs: NOW_MS, serverInstance: null });
  const run = await database.read('storedRun', { runId, nowMs: NOW_MS });
  expect(run?.totals).toMatchObject({ active: 1, queued: 1 });
  expect(await database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: NOW_MS })).toEqual({ requeued: 2, givenUp: 0 });
  expect((await take(runId, 2, 'boot-2')).map(({ fileId, losses }) => [fileId, losses])).toEqual([
    ['a.wav', 1],
    ['b.wav', 0],
  ]);
});

test('what was done in another run is skipped with its result, and the totals reconcile', async () => {
  const first = await newRun([scanned('a.wav'), scanned('b.wav')]);
  await plan(first);
  const [a, b] = await claim(first);
  if (a === undefined || b === undefined) throw new Error('nothing claimed');
  await finish(a, DONE);
  await finish(b, FAILED);
  const second = await newRun([scanned('a.wav'), scanned('b.wav'), scanned('fifo.wav', 'FILE_NOT_REGULAR')]);
  expect(await database.read('planCounts', { runId: second, modes: WORK, limit: null })).toEqual([
    { mode: 'streaming', found: 3, alreadyDone: 1, unusable: 1, remaining: 1, beyondLimit: 0, audioSec: 2 },
  ]);
  await plan(second);
  const run = await database.read('storedRun', { runId: second, nowMs: NOW_MS });
  expect(run?.totals).toEqual({ total: 3, queued: 1, active: 0, done: 0, failed: 1, skipped: 1, cancelled: 0 });
  const rows = await database.read('resultRows', { runId: second, mode: 'streaming' });
  expect(rows[0]).toMatchObject({ status: 'skipped', doneEarlier: true, hypothesis: 'one too' });
});

test('a limit takes the next files not yet done, those that failed before last', async () => {
  const files = ['a.wav', 'b.wav', 'c.wav', 'd.wav'].map((name) => scanned(name));
  const first = await newRun(files);
  await plan(first, 2);
  const [a, b] = await claim(first);
  if (a === undefined || b === undefined) throw new Error('nothing claimed');
  expect([a.fileId, b.fileId]).toEqual(['a.wav', 'b.wav']);
  await finish(a, FAILED);
  await finish(b, DONE);
  const second = await newRun(files);
  await plan(second, 2);
  expect((await claim(second)).map((task) => task.fileId)).toEqual(['c.wav', 'd.wav']);
});

test('a retry waits for its time and comes at its lower priority', async () => {
  const runId = await newRun([scanned('a.wav'), scanned('b.wav')]);
  await plan(runId);
  const [a] = await claim(runId, 1);
  if (a === undefined) throw new Error('nothing claimed');
  await finish(a, { kind: 'retry', error: { code: 'SERVER_SILENT', data: {} }, notBeforeMs: NOW_MS + 500, priority: 7 });
  expect((await claim(runId)).map((task) => task.fileId)).toEqual(['b.wav']);
  expect(await database.read('nextReadyMs', { runId, mode: 'streaming' })).toBe(NOW_MS + 500);
  const again = await claim(runId, 5, 'boot-1', NOW_MS + 500);
  expect(again).toMatchObject([{ fileId: 'a.wav', failedAttempts: 1, suspiciousAttempts: 0, priority: 7 }]);
});

test('a claim knows how often the text was too little, and of no other failure', async () => {
  const runId = await newRun([scanned('a.wav')]);
  await plan(runId);
  for (const [code, known] of [
    ['SERVER_SILENT', 0],
    ['TEXT_SUSPICIOUS', 0],
    ['SERVER_SILENT', 1],
  ] as const) {
    const [a] = await claim(runId);
    if (a === undefined) throw new Error('nothing claimed');
    expect(a.suspiciousAttempts).toBe(known);
    await finish(a, { kind: 'retry', error: { code, data: {} }, notBeforeMs: NOW_MS, priority: 7 });
  }
  expect((await claim(runId))[0]?.suspiciousAttempts).toBe(1);
});

test('redoing a finished run replaces what failed and keeps the old rows as history', async () => {
  const runId = await newRun([scanned('a.wav')]);
  await plan(runId);
  const [a] = await claim(runId);
  if (a === undefined) throw new Error('nothing claimed');
  await finish(a, FAILED);
  expect(await database.write('reopenTasks', { runId, nowMs: NOW_MS })).toBe(1);
  expect(await database.write('reopenTasks', { runId, nowMs: NOW_MS })).toBe(0);
  const run = await database.read('storedRun', { runId, nowMs: NOW_MS });
  expect(run?.totals).toMatchObject({ total: 1, queued: 1, failed: 0 });
});

test('writes that arrive together are committed together; one that fails does not take the others with it', async () => {
  const runId = await newRun([]);
  const settled = await Promise.allSettled([
    database.write('insertItems', { runId, files: [scanned('a.wav')] }),
    database.write('insertItems', { runId, files: [scanned('b.wav'), scanned('a.wav')] }),
    database.write('insertItems', { runId, files: [scanned('c.wav')] }),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const { items } = await database.read('listItems', { runId, afterId: 0, count: 10, filter: 'all', search: '' });
  expect(items.map((item) => item.fileId)).toEqual(['a.wav', 'c.wav']);
});

test('a search takes per cent, underscore and backslash as they are', async () => {
  const runId = await newRun([scanned('100%.wav'), scanned('a_b.wav'), scanned(String.raw`c\d.wav`), scanned('axb.wav')]);
  const search = async (text: string): Promise<string[]> => {
    const page = await database.read('listItems', { runId, afterId: 0, count: 10, filter: 'all', search: text });
    return page.items.map((item) => item.fileId);
  };
  expect(await search('0%')).toEqual(['100%.wav']);
  expect(await search('a_b')).toEqual(['a_b.wav']);
  expect(await search(String.raw`c\d`)).toEqual([String.raw`c\d.wav`]);
});

test('a data folder has one owner; the second learns who it is', () => {
  const owner = { pid: process.pid, processStartId: '1', startedAtMs: 1, bootId: 'boot-1', host: 'serve', socketPath: '/s' };
  const lock = takeOwnerLock(folder, owner);
  expect(lock).not.toBeNull();
  expect(takeOwnerLock(folder, { ...owner, bootId: 'boot-2' })).toBeNull();
  expect(readOwnerFacts(folder)).toEqual(owner);
  lock?.release();
  expect(readOwnerFacts(folder)).toBeNull();
  const next = takeOwnerLock(folder, { ...owner, bootId: 'boot-3' });
  expect(readOwnerFacts(folder)?.bootId).toBe('boot-3');
  next?.release();
});

test('the lock is held until it is released, also by an owner that keeps no reference to it', async () => {
  const facts = { pid: process.pid, processStartId: '1', startedAtMs: 1, bootId: 'boot-1', host: 'library', socketPath: '/s' };
  expect(takeOwnerLock(folder, facts)).not.toBeNull();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 5; round += 1) {
    collect();
    await new Promise(setImmediate);
  }
  expect(takeOwnerLock(folder, facts)).toBeNull();
});
