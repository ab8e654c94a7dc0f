import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStorageFolder } from '#main/platform/storageFolder.ts';
import { createClock } from '#main/platform/clock.ts';
import { plantTexts } from '#main/testing/plantedTexts.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { DEFAULT_RETENTION } from '#shared/contract/retention.ts';
import { openDatabase } from '../persistence/database.ts';
import { MIGRATIONS } from '../persistence/migrations/index.ts';
import { createRetentionService } from '../retention/retentionService.ts';
import { listBackups } from './backupNames.ts';
import { checkDatabaseFile } from './databaseFile.ts';
import { writeBackup } from './writeBackup.ts';

const PROGRAM = fileURLToPath(new URL('../../testing/storageProgram.ts', import.meta.url));
/** Milliseconds from the first line of the program to its end by force: before, in and after what it does. */
const KILL_AFTER_MS = [0, 3, 9, 20, 45, 90];

let folder: string;
let databasePath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-crash-'));
  databasePath = join(folder, 'nightshift.db');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A process that is killed as a power button would, at some moment of its work. */
async function killDuring(work: 'backup' | 'open' | 'restore' | 'clean', afterMs: number, backupPath = ''): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, folder, work, backupPath], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  await Promise.race([once(child.stdout, 'data'), exited]);
  await delay(afterMs);
  child.kill('SIGKILL');
  await exited;
  expect(complaints).toBe('');
}

async function openAndClose(): Promise<void> {
  await (await openDatabase(databasePath)).close();
}

test('killed during backups: the database and every backup with a name are sound', async () => {
  plantTexts(databasePath, [{ own: 3_000, shared: 0 }]);
  for (const afterMs of KILL_AFTER_MS) await killDuring('backup', afterMs * 3);
  await openAndClose();
  expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 1 });
  const { path } = await writeBackup({ databasePath, to: null, reason: 'request', keep: 50, nowMs: Date.now() });
  const backups = listBackups(join(folder, 'backups'));
  expect(backups.map((backup) => backup.path)).toContain(path);
  expect(backups.filter((backup) => !checkDatabaseFile(backup.path).isSound)).toEqual([]);
  // What was cut off was cleared away by the next.
  expect((await readdir(join(folder, 'backups'))).length).toBe(backups.length);
});

test('killed during a migration: the old form or the new one, with all rows, and a sound backup before the new one', async () => {
  for (const afterMs of KILL_AFTER_MS) {
    for (const ending of ['', '-wal', '-shm']) await rm(`${databasePath}${ending}`, { force: true });
    await rm(join(folder, 'backups'), { recursive: true, force: true });
    plantOldDatabase(2_000);
    await killDuring('open', afterMs * 2);
    const connection = new BetterSqlite(databasePath);
    const version = connection.pragma('user_version', { simple: true }) as number;
    expect(connection.prepare('SELECT count(*) AS runs FROM runs').get()).toEqual({ runs: 2_000 });
    connection.close();
    expect(MIGRATIONS.map((migration) => migration.version)).toContain(version);
    if (version > (MIGRATIONS[1]?.version ?? 0)) expect(listBackups(join(folder, 'backups')).length).toBe(1);
    await openAndClose();
    expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 2_000 });
    const backups = listBackups(join(folder, 'backups'));
    expect(backups.length).toBeGreaterThan(0);
    for (const { path } of backups) expect(checkDatabaseFile(path)).toMatchObject({ isSound: true, runs: 2_000 });
  }
});

test('killed during restores: the database is the one or the other, whole, and none of those put aside is lost', async () => {
  plantTexts(databasePath, [{ own: 500, shared: 0 }]);
  const { path } = await writeBackup({ databasePath, to: null, reason: 'request', keep: 5, nowMs: Date.now() });
  plantTexts(databasePath, [{ own: 500, shared: 0 }]);
  for (const afterMs of KILL_AFTER_MS) {
    await killDuring('restore', afterMs * 2, path);
    await openAndClose();
    const found = checkDatabaseFile(databasePath);
    expect(found).toMatchObject({ isSound: true });
    expect([1, 2]).toContain(found.runs);
  }
  const kept = (await readdir(folder)).filter((name) => /^kept-.*\.db$/.test(name)).map((name) => checkDatabaseFile(join(folder, name)));
  expect(kept.filter(({ isSound }) => !isSound)).toEqual([]);
  expect(kept.filter(({ runs }) => runs === 2).length + Number(checkDatabaseFile(databasePath).runs === 2)).toBe(1);
});

test('killed while cleaning: what was begun is ended by the next start, and nothing else is gone', async () => {
  const [pinned = 0] = plantTexts(databasePath, [{ own: 50, shared: 20 }, ...KILL_AFTER_MS.map(() => ({ own: 700, shared: 20 }))]);
  for (let runId = 1; runId <= KILL_AFTER_MS.length + 1; runId++) {
    await mkdir(join(folder, 'runs', String(runId)), { recursive: true });
    await writeFile(join(folder, 'runs', String(runId), 'results.json'), '{}');
  }
  const database = await openDatabase(databasePath);
  await database.write('pinRun', { runId: pinned, isPinned: true, nowMs: 1 });
  await database.close();
  for (const afterMs of KILL_AFTER_MS) await killDuring('clean', afterMs);

  const again = await openDatabase(databasePath);
  const retention = createRetentionService({
    database: again,
    storage: createStorageFolder(folder),
    clock: createClock(),
    logger: silentLogger,
    rules: () => DEFAULT_RETENTION,
    removeRun: async (runId) => {
      await again.write('discardRun', { runId, from: 'finished' });
    },
  });
  retention.open();
  await expect.poll(() => again.read('unfinishedCleanings'), { timeout: 10_000 }).toEqual([]);
  const left = await again.read('runFacts');
  await retention.close();
  await again.close();
  expect(checkDatabaseFile(databasePath).isSound).toBe(true);
  // Whole runs with their folders, or nothing of them.
  expect(left.find(({ id }) => id === pinned)?.tasks).toBe(70);
  expect(left.filter(({ id, tasks }) => id !== pinned && tasks !== 720)).toEqual([]);
  expect((await readdir(join(folder, 'runs'))).toSorted()).toEqual(left.map(({ id }) => String(id)).toSorted());
  const connection = new BetterSqlite(databasePath, { readonly: true });
  expect(connection.prepare('SELECT count(*) AS n FROM tasks WHERE result_id IS NULL').get()).toEqual({ n: 0 });
  expect(connection.prepare('SELECT count(*) AS n FROM results').get()).toEqual({ n: 70 + (left.length - 1) * 700 });
  connection.close();
});

/** A database as an older Nightshift left it. */
function plantOldDatabase(runs: number): void {
  const connection = new BetterSqlite(databasePath);
  connection.pragma('journal_mode = WAL');
  for (const { version, sql } of MIGRATIONS.slice(0, 2)) {
    connection.exec(sql);
    connection.pragma(`user_version = ${version}`);
  }
  const insert = connection.prepare(
    `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('old', 'finished', '[]', '{}', '', 1)`,
  );
  connection.transaction(() => {
    for (let number = 0; number < runs; number++) insert.run();
  })();
  connection.close();
}
