import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { checkDatabaseFile } from '../backups/databaseFile.ts';
import { type Database, openDatabase } from './database.ts';

const PROGRAM = fileURLToPath(new URL('../../testing/faults/faultProgram.ts', import.meta.url));

let folder: string;
let mounted: string | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-storage-'));
});

afterEach(() => {
  if (mounted !== null) execFileSync('umount', [mounted]);
  mounted = null;
  rmSync(folder, { recursive: true });
});

/** A small disk of its own; the test is skipped where the system does not let us have one. */
function smallDisk(context: TestContext, megabytes: number): string {
  const path = join(folder, 'disk');
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  context.skip(status !== 0, 'needs the right to mount a file system');
  mounted = path;
  return path;
}

function remount(path: string, how: string): void {
  execFileSync('mount', ['-o', `remount,${how}`, path]);
}

const key = (number: number): string => `churn-${number}`;

function save(database: Database, number: number): Promise<unknown> {
  return database.write('saveSetting', { key: key(number), value: `${number}:${'x'.repeat(60_000)}` });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return toNightshiftError(error).code;
  }
}

function storedNumbers(path: string): number[] {
  const connection = new BetterSqlite(path, { readonly: true });
  try {
    const values = connection.prepare<[], string>(`SELECT value FROM settings WHERE key LIKE 'churn-%' ORDER BY rowid`).pluck().all();
    return values.map((value) => Number(value.split(':')[0]));
  } finally {
    connection.close();
  }
}

/** What is incomplete is noticed before it is used, or it is the database as it was at some moment. */
async function expectEarlierMoment(path: string): Promise<void> {
  const opened = await openDatabase(path).catch((error: unknown) => toNightshiftError(error).code);
  if (typeof opened === 'string') return expect(opened).toBe('DB_CORRUPT');
  await opened.close();
  const numbers = storedNumbers(path);
  expect(numbers).toEqual(upTo(numbers.length));
  expect(checkDatabaseFile(path).isSound).toBe(true);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('a full disk is said with its code, loses nothing that was announced, and when there is room again it goes on', async (context) => {
  const disk = smallDisk(context, 6);
  const path = join(disk, 'nightshift.db');
  const database = await openDatabase(path);
  let announced = 0;
  let code = 'none';
  while (code === 'none' && announced < 1_000) {
    code = await codeOf(save(database, announced + 1));
    if (code === 'none') announced += 1;
  }
  expect(code).toBe('DISK_FULL');
  expect(announced).toBeGreaterThan(10);
  expect(await database.read('setting', { key: key(announced) })).toMatch(new RegExp(`^${announced}:`));
  remount(disk, 'size=64m');
  await save(database, announced + 1);
  await database.close();
  expect(storedNumbers(path)).toEqual(upTo(announced + 1));
  expect(checkDatabaseFile(path).isSound).toBe(true);
});

test('a folder that cannot be written is refused with a code and left as it is, and opens when it can be', async (context) => {
  const disk = smallDisk(context, 32);
  const path = join(disk, 'nightshift.db');
  const first = await openDatabase(path);
  await save(first, 1);
  await first.close();
  remount(disk, 'ro');
  expect(await codeOf(openDatabase(path))).toBe('DB_FAILED');
  remount(disk, 'rw');
  const again = await openDatabase(path);
  await save(again, 2);
  await again.close();
  expect(storedNumbers(path)).toEqual([1, 2]);
});

test.skipIf(process.platform === 'win32')(
  'a write that the system refuses ends with a code, and what was announced before it is there',
  async () => {
    const path = join(folder, 'nightshift.db');
    // A limit on the size of files is an error of writing that is no full disk.
    const script = `trap '' XFSZ; ulimit -f 3000; exec "$0" "$1" "$2" churn`;
    const child = spawn('sh', ['-c', script, process.execPath, PROGRAM, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
    await once(child, 'exit');
    expect(complaints).toContain('DB_FAILED');
    const announced = readFileSync(join(folder, 'ledger'), 'utf8').split('\n').length - 1;
    const again = await openDatabase(path);
    await save(again, announced + 1);
    await again.close();
    expect(storedNumbers(path)).toEqual(upTo(announced + 1));
    expect(checkDatabaseFile(path).isSound).toBe(true);
  },
);

test('files copied while the database is written to open as some moment of it, or are refused as damaged', async () => {
  const live = join(folder, 'live');
  mkdirSync(live);
  const path = join(live, 'nightshift.db');
  const child = spawn(process.execPath, [PROGRAM, live, 'churn'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await eventually(() => expect(readFileSync(join(live, 'ledger'), 'utf8').split('\n').length).toBeGreaterThan(20));
  for (let time = 0; time < 3; time += 1) {
    const copy = join(folder, `copy-${time}`);
    mkdirSync(copy);
    for (const ending of ['', '-wal']) copyFileSync(`${path}${ending}`, join(copy, `nightshift.db${ending}`));
    const copied = join(copy, 'nightshift.db');
    await expectEarlierMoment(copied);
  }
  child.kill('SIGKILL');
  await ended;
  const announced = readFileSync(join(live, 'ledger'), 'utf8').split('\n').length - 1;
  expect(storedNumbers(path).length).toBeGreaterThanOrEqual(announced);
  expect(checkDatabaseFile(path).isSound).toBe(true);
});

test('with its log deleted or cut the database is an earlier moment of itself, or refused as damaged', async () => {
  const path = join(folder, 'nightshift.db');
  const child = spawn(process.execPath, [PROGRAM, folder, 'churn'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await eventually(() => expect(readFileSync(join(folder, 'ledger'), 'utf8').split('\n').length).toBeGreaterThan(90));
  child.kill('SIGKILL');
  await ended;
  for (const damage of ['cut', 'deleted'] as const) {
    const copy = join(folder, damage);
    mkdirSync(copy);
    const copied = join(copy, 'nightshift.db');
    copyFileSync(path, copied);
    if (damage === 'cut' && existsSync(`${path}-wal`)) {
      copyFileSync(`${path}-wal`, `${copied}-wal`);
      truncateSync(`${copied}-wal`, Math.floor(statSync(`${copied}-wal`).size / 2));
    }
    await expectEarlierMoment(copied);
  }
});
