import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorText } from '#shared/errors/messages.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { plantTexts } from '#main/testing/plantedTexts.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { openWriter } from '../persistence/connection.ts';
import { openDatabase } from '../persistence/database.ts';
import { MIGRATIONS } from '../persistence/migrations/index.ts';
import { createBackupService } from './backupService.ts';
import { listBackups } from './backupNames.ts';
import { checkDatabaseFile } from './databaseFile.ts';
import { restoreDatabase } from './restoreDatabase.ts';
import { writeBackup } from './writeBackup.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 3, 55, 12);
const DAY_MS = 24 * 3_600_000;
const MODULE = pathToFileURL(join(import.meta.dirname, 'writeBackup.ts')).href;

let folder: string;
let databasePath: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-backup-'));
  databasePath = join(folder, 'nightshift.db');
});

afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

/** @returns the number of the last run */
function plantRuns(path: string, count: number): number {
  const connection = openWriter(path);
  const insert = connection.prepare(
    `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES (?, 'finished', '[]', '{}', '', ?)`,
  );
  let last = 0;
  for (let number = 1; number <= count; number++) last = Number(insert.run(`run ${number}`, NOW_MS + number).lastInsertRowid);
  connection.close();
  return last;
}

function order(reason: 'request' | 'daily' = 'request', nowMs = NOW_MS, keep = 7): Parameters<typeof writeBackup>[0] {
  return { databasePath, to: null, reason, keep, nowMs };
}

/** A database as an older Nightshift left it. */
function plantOldDatabase(): void {
  const connection = new BetterSqlite(databasePath);
  connection.pragma('journal_mode = WAL');
  for (const { version, sql } of MIGRATIONS.slice(0, 2)) {
    connection.exec(sql);
    connection.pragma(`user_version = ${version}`);
  }
  connection.exec(
    `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('old', 'finished', '[]', '{}', '', 1)`,
  );
  connection.close();
}

test('a backup holds every row of its moment while others write, and is a sound file of its own', async () => {
  plantRuns(databasePath, 50);
  const writer = openWriter(databasePath);
  writer.exec(`INSERT INTO settings (key, value) VALUES ('only in the log', 'x')`);
  const made = writeBackup(order());
  writer.exec(
    `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms) VALUES ('later', 'finished', '[]', '{}', '', 1)`,
  );
  const { path, runs, rows } = await made;
  writer.close();
  expect(path).toBe(join(folder, 'backups', 'nightshift-20261121T035512Z-request.db'));
  expect(checkDatabaseFile(path)).toMatchObject({ isSound: true, runs, problems: [] });
  expect(runs).toBe(50);
  expect(rows).toBeGreaterThan(50);
  expect(await readdir(join(folder, 'backups'))).toEqual(['nightshift-20261121T035512Z-request.db']);
  expect((await stat(path)).mode & 0o077).toBe(0);
});

test('the newest of each reason are kept, and what is not a backup is not touched', async () => {
  plantRuns(databasePath, 1);
  await mkdir(join(folder, 'backups'));
  await writeFile(join(folder, 'backups', 'mine.db'), 'mine');
  await writeBackup(order('request'));
  for (let day = 0; day < 4; day++) await writeBackup(order('daily', NOW_MS + day * DAY_MS, 2));
  await writeBackup(order('daily', NOW_MS + 3 * DAY_MS, 2));
  expect((await readdir(join(folder, 'backups'))).toSorted()).toEqual([
    'mine.db',
    'nightshift-20261121T035512Z-request.db',
    'nightshift-20261124T035512Z-daily-2.db',
    'nightshift-20261124T035512Z-daily.db',
  ]);
});

test('a backup never replaces a file, and says so', async () => {
  plantRuns(databasePath, 1);
  const to = join(folder, 'copy.db');
  await writeFile(to, 'mine');
  await expect(writeBackup({ ...order(), to })).rejects.toMatchObject({ code: 'BACKUP_FAILED', data: { reason: 'exists', path: to } });
  expect(await readFile(to, 'utf8')).toBe('mine');
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/\.part$/));
});

test('a damaged database is not copied over good backups', async () => {
  plantRuns(databasePath, 200);
  const { path: good } = await writeBackup(order());
  await damage(databasePath);
  await expect(writeBackup(order('request', NOW_MS + 1_000, 1))).rejects.toMatchObject({
    code: 'BACKUP_FAILED',
    data: { reason: 'damaged' },
  });
  expect(listBackups(join(folder, 'backups')).map(({ path }) => path)).toEqual([good]);
});

test('before its form is changed an older database is backed up as it was', async () => {
  plantOldDatabase();
  const database = await openDatabase(databasePath);
  await database.close();
  const [backup] = listBackups(join(folder, 'backups'));
  expect(backup?.reason).toBe('migration');
  const copy = new BetterSqlite(backup?.path ?? '', { readonly: true });
  expect(copy.pragma('user_version', { simple: true })).toBe(MIGRATIONS[1]?.version);
  expect(copy.prepare('SELECT name FROM runs').all()).toEqual([{ name: 'old' }]);
  copy.close();
});

test('without that backup the form is not changed, and the error says so', async () => {
  plantOldDatabase();
  await writeFile(join(folder, 'backups'), 'in the way');
  await expect(openDatabase(databasePath)).rejects.toMatchObject({ code: 'MIGRATION_NOT_STARTED' });
  const connection = new BetterSqlite(databasePath, { readonly: true });
  expect(connection.pragma('user_version', { simple: true })).toBe(MIGRATIONS[1]?.version);
  connection.close();
});

test('a database of the present form is opened without a backup', async () => {
  plantRuns(databasePath, 1);
  await (await openDatabase(databasePath)).close();
  expect(listBackups(join(folder, 'backups'))).toEqual([]);
});

test('after an unclean end a damaged database is refused with the newest backup as a choice, and left as it is', async () => {
  plantRuns(databasePath, 200);
  const { path } = await writeBackup(order());
  const connection = openWriter(databasePath);
  connection.exec(`INSERT INTO boots (boot_id, pid, host, started_at_ms) VALUES ('killed', 1, 'cli', 1)`);
  connection.close();
  await damage(databasePath);
  const before = await readFile(databasePath);
  await expect(openDatabase(databasePath)).rejects.toMatchObject({ code: 'DB_CORRUPT', data: { path: databasePath, backup: path } });
  expect(before.equals(await readFile(databasePath))).toBe(true);
});

test('a restore brings back the backup, keeps what was there, and names the runs that are not in it', async () => {
  plantRuns(databasePath, 3);
  const { path } = await writeBackup(order());
  const last = plantRuns(databasePath, 2);
  const restored = restoreDatabase({ databasePath, backupPath: path, nowMs: NOW_MS });
  expect(restored).toMatchObject({ runs: 3, newestRun: { id: 3, name: 'run 3' }, lostCount: 2 });
  expect(restored.lostRuns?.map(({ id }) => id)).toEqual([5, 4]);
  expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 3 });
  // Folders of the lost runs are still there: their numbers are not given again.
  expect(plantRuns(databasePath, 1)).toBe(last + 1);
  // The way back.
  restoreDatabase({ databasePath, backupPath: restored.keptAsidePath, nowMs: NOW_MS });
  expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 5 });
});

test('a damaged database is put aside whole for a backup or for a new one', async () => {
  plantRuns(databasePath, 200);
  const { path } = await writeBackup(order());
  await damage(databasePath);
  const damaged = await readFile(databasePath);
  const { keptAsidePath, lostRuns } = restoreDatabase({ databasePath, backupPath: path, nowMs: NOW_MS });
  expect(lostRuns === null || lostRuns.length === 0).toBe(true);
  expect(damaged.equals(await readFile(keptAsidePath ?? ''))).toBe(true);
  const again = restoreDatabase({ databasePath, backupPath: null, nowMs: NOW_MS });
  expect(again.keptAsidePath).not.toBe(keptAsidePath);
  await (await openDatabase(databasePath)).close();
  expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 0 });
  // Their folders are still there.
  expect(plantRuns(databasePath, 1)).toBe(201);
});

test.each([
  ['missing', null],
  ['damaged', 'not a database at all, but long enough to be looked at by anybody who wants to'],
  ['foreign', 'sqlite'],
])('what cannot be restored changes nothing: %s', async (reason, content) => {
  plantRuns(databasePath, 2);
  const path = join(folder, 'other.db');
  if (content === 'sqlite') new BetterSqlite(path).exec('CREATE TABLE cats (name)').close();
  else if (content !== null) await writeFile(path, content);
  expect(() => restoreDatabase({ databasePath, backupPath: path, nowMs: NOW_MS })).toThrow(
    expect.objectContaining({ code: 'BACKUP_INVALID', data: expect.objectContaining({ reason }) }),
  );
  expect(checkDatabaseFile(databasePath)).toMatchObject({ isSound: true, runs: 2 });
  expect((await readdir(folder)).filter((name) => name.startsWith('restoring'))).toEqual([]);
});

test('one a day is made while the settings say so', async () => {
  plantRuns(databasePath, 1);
  const clock = new FakeClock(NOW_MS);
  const settings = { isDaily: false, keep: 2 };
  const service = createBackupService({ databasePath, clock, logger: silentLogger, settings: () => settings });
  service.open();
  await service.check(null);
  expect(service.list()).toEqual([]);
  settings.isDaily = true;
  for (let made = 1; made <= 2; made++) {
    await clock.advance(DAY_MS);
    await expect.poll(() => service.list().length).toBe(made);
  }
  await service.close();
});

test('a place that is not there, or may not be written, is named with what to do', async () => {
  plantRuns(databasePath, 1);
  const to = join(folder, 'nowhere', 'copy.db');
  await expect(writeBackup({ ...order(), to })).rejects.toMatchObject({ code: 'BACKUP_FAILED', data: { reason: 'notWritable', path: to } });
  await mkdir(join(folder, 'closed'), { mode: 0o500 });
  const closed = writeBackup({ ...order(), to: join(folder, 'closed') });
  // Root may write everywhere.
  if (process.getuid?.() === 0) await closed;
  else await expect(closed).rejects.toMatchObject({ code: 'BACKUP_FAILED', data: { reason: 'notWritable' } });
});

test('a disk without room for the copy is refused before anything is written there', async () => {
  plantRuns(databasePath, 1);
  const made = writeBackup({ ...order(), freeDiskBytes: () => 1_000_000 });
  await expect(made).rejects.toMatchObject({ code: 'BACKUP_FAILED', data: { reason: 'noSpace', freeBytes: 1_000_000 } });
  const refusal = await made.then(() => null, toWireError);
  expect(refusal === null ? null : errorText(refusal, 'en').what).toMatch(
    /it needs [\d.]+ MB, with some to spare, and [\d.]+ (?:MB|KB) is free/,
  );
  expect(await readdir(join(folder, 'backups'))).toEqual([]);
});

/** Whether this user may mount in a namespace of its own. */
const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0;

test.skipIf(!mayMount)('a restore without room says so, and changes nothing', async () => {
  plantTexts(databasePath, [{ own: 3_000, shared: 0 }]);
  const small = join(folder, 'small');
  await mkdir(small);
  const script = `import { readdirSync } from 'node:fs';
    import { restoreDatabase } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'restoreDatabase.ts')).href)};
    try { restoreDatabase({ databasePath: ${JSON.stringify(join(small, 'nightshift.db'))}, backupPath: ${JSON.stringify(databasePath)}, nowMs: 1 }) }
    catch (error) { console.log(error.code, error.data.reason, readdirSync(${JSON.stringify(small)}).length) }`;
  const mounted = `mount -t tmpfs -o size=128k tmpfs ${small} && exec "$0" --input-type=module -e "$1"`;
  const { stdout } = await promisify(execFile)('unshare', ['-rm', 'bash', '-c', mounted, process.execPath, script]);
  expect(stdout).toBe('DISK_FULL restore 0\n');
});

test.skipIf(process.platform === 'win32')('a disk that fills up while the copy is written leaves nothing behind', async () => {
  plantTexts(databasePath, [{ own: 3_000, shared: 0 }]);
  const script = `import { writeBackup } from ${JSON.stringify(MODULE)};
    await writeBackup({ databasePath: ${JSON.stringify(databasePath)}, to: null, reason: 'request', keep: 3, nowMs: 1 }).catch((error) => console.log(error.code, error.data.reason));`;
  // The system ends every file of the process at 512 blocks, as a quota would.
  const limited = `ulimit -f 512; trap '' XFSZ; exec "$0" --input-type=module -e "$1"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', limited, process.execPath, script]);
  expect(stdout).toMatch(/^BACKUP_FAILED (?:noSpace|notWritable|damaged)\n$/);
  expect(await readdir(join(folder, 'backups'))).toEqual([]);
  expect(checkDatabaseFile(databasePath).isSound).toBe(true);
});

/** Destroys pages in the middle, as a failing disk would. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.fill(0xa5, 4_096, bytes.length);
  await writeFile(path, bytes);
}
