import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listBackups } from '#main/core/backups/backupNames.ts';
import { checkDatabaseFile } from '#main/core/backups/databaseFile.ts';
import { writeBackup } from '#main/core/backups/writeBackup.ts';
import { openDatabase } from '#main/core/persistence/database.ts';
import { MIGRATIONS } from '#main/core/persistence/migrations/index.ts';
import { type Dump, dumpDatabase, plantVersion } from '#main/testing/faults/plantedVersions.ts';
import { QUEUE_STEPS } from '#main/testing/faults/queueScript.ts';
import { LocalDatabase } from '#main/testing/localDatabase.ts';
import { neverInDatabase } from '#main/testing/neverInDatabase.ts';
import { plantTexts } from '#main/testing/plantedTexts.ts';

const POINTS = new URL('../testing/faults/faultPoints.ts', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('../testing/faults/faultProgram.ts', import.meta.url));
/** Points of each work at which it is killed, evenly spread over all; `NIGHTSHIFT_FAULTS=1000` takes every one. */
const MOST_POINTS = Number(process.env['NIGHTSHIFT_FAULTS'] ?? 8);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-faults-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly signal: string | null;
  /** Names of the points that were passed, in their order. */
  readonly passed: readonly string[];
}

async function perform(dataDir: string, work: string, point: string, backupPath = ''): Promise<Ended> {
  const journal = join(folder, 'journal');
  await rm(journal, { force: true });
  const env = { ...process.env, NIGHTSHIFT_FAULT_JOURNAL: journal, NIGHTSHIFT_FAULT_POINT: point };
  const child = spawn(process.execPath, ['--import', POINTS, PROGRAM, dataDir, work, backupPath], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(code === 0 || signal === 'SIGKILL', complaints).toBe(true);
  return { signal, passed: readFileSync(journal, 'utf8').split('\n').slice(0, -1) };
}

/** Does the work in a copy of `origin` once to its end, and once for each chosen point, where it is killed and then looked at. */
async function killAtEachPoint(
  origin: string,
  work: string,
  look: (dataDir: string, point: string) => Promise<void>,
  backupPath = '',
): Promise<number> {
  const whole = join(folder, 'whole');
  await cp(origin, whole, { recursive: true });
  const { passed } = await perform(whole, work, '', backupPath);
  const all = passed.map((name, index) => `${name}:${passed.slice(0, index + 1).filter((other) => other === name).length}`);
  const every = Math.max(1, all.length / MOST_POINTS);
  const chosen = all.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
  for (const point of chosen) {
    const dataDir = join(folder, 'killed');
    await rm(dataDir, { recursive: true, force: true });
    await cp(origin, dataDir, { recursive: true });
    expect((await perform(dataDir, work, point, backupPath)).signal, point).toBe('SIGKILL');
    await look(dataDir, point);
  }
  return chosen.length;
}

const databaseOf = (dataDir: string): string => join(dataDir, 'nightshift.db');

async function reopen(dataDir: string): Promise<void> {
  await (await openDatabase(databaseOf(dataDir))).close();
}

/** Rows after the first `count` steps of the script. */
async function dumpAfter(count: number): Promise<Dump> {
  const path = join(folder, `steps-${count}.db`);
  if (!existsSync(path)) {
    const database = new LocalDatabase(path);
    for (const step of QUEUE_STEPS.slice(0, count)) await step(database);
    await database.close();
  }
  return dumpDatabase(path);
}

test('killed before or after any commit of the queue, all of what was committed is there and nothing of what was not', async () => {
  const origin = join(folder, 'origin');
  await mkdir(origin);
  await reopen(origin);
  const killed = await killAtEachPoint(origin, 'queue', async (dataDir, point) => {
    const [name, number] = point.split(':');
    if (name !== 'commit.before' && name !== 'commit.after') return;
    const committed = Number(number) - (name === 'commit.before' ? 1 : 0);
    await reopen(dataDir);
    expect(dumpDatabase(databaseOf(dataDir)), point).toEqual(await dumpAfter(committed));
    const connection = new BetterSqlite(databaseOf(dataDir), { readonly: true });
    expect(neverInDatabase(connection), point).toEqual([]);
    expect(connection.pragma('foreign_key_check'), point).toEqual([]);
    connection.close();
    expect(checkDatabaseFile(databaseOf(dataDir)).isSound, point).toBe(true);
    // Announced means committed; at most the last one was not announced any more.
    const ledger = existsSync(join(dataDir, 'ledger')) ? readFileSync(join(dataDir, 'ledger'), 'utf8').split('\n').length - 1 : 0;
    expect([committed, committed - 1]).toContain(ledger);
  });
  expect(killed).toBeGreaterThan(0);
});

test('killed at any point of a migration, the next start ends it with every row of before', async () => {
  const origin = join(folder, 'origin');
  await mkdir(origin);
  plantVersion(databaseOf(origin), MIGRATIONS[0]?.version ?? 0);
  const whole = join(folder, 'expected');
  await cp(origin, whole, { recursive: true });
  await reopen(whole);
  const expected = dumpDatabase(databaseOf(whole));
  await killAtEachPoint(origin, 'migrate', async (dataDir, point) => {
    const connection = new BetterSqlite(databaseOf(dataDir), { readonly: true });
    expect(
      MIGRATIONS.map(({ version }) => version),
      point,
    ).toContain(connection.pragma('user_version', { simple: true }));
    connection.close();
    await reopen(dataDir);
    expect(dumpDatabase(databaseOf(dataDir)), point).toEqual(expected);
    expect(
      listBackups(join(dataDir, 'backups')).filter(({ path }) => !checkDatabaseFile(path).isSound),
      point,
    ).toEqual([]);
    expect(listBackups(join(dataDir, 'backups')).length, point).toBeGreaterThan(0);
  });
});

test('killed at any point of a backup, the database is as it was and the next backup clears up', async () => {
  const origin = join(folder, 'origin');
  await mkdir(origin);
  plantTexts(databaseOf(origin), [{ own: 200, shared: 0 }]);
  const expected = dumpDatabase(databaseOf(origin));
  await killAtEachPoint(origin, 'backup', async (dataDir, point) => {
    expect(dumpDatabase(databaseOf(dataDir)), point).toEqual(expected);
    const { path } = await writeBackup({ databasePath: databaseOf(dataDir), to: null, reason: 'request', keep: 5, nowMs: Date.now() });
    expect(dumpDatabase(path), point).toEqual(expected);
    const backups = listBackups(join(dataDir, 'backups'));
    expect(
      backups.filter((backup) => !checkDatabaseFile(backup.path).isSound),
      point,
    ).toEqual([]);
    expect(readdirSync(join(dataDir, 'backups')).length, point).toBe(backups.length);
  });
});

test('killed at any point of a restore, the database is the one or the other, and the one of before is kept', async () => {
  const origin = join(folder, 'origin');
  await mkdir(origin);
  plantTexts(databaseOf(origin), [{ own: 50, shared: 0 }]);
  const { path } = await writeBackup({ databasePath: databaseOf(origin), to: folder, reason: 'request', keep: 5, nowMs: 1 });
  plantTexts(databaseOf(origin), [{ own: 50, shared: 0 }]);
  const look = async (dataDir: string, point: string): Promise<void> => {
    await reopen(dataDir);
    const found = checkDatabaseFile(databaseOf(dataDir));
    expect(found, point).toMatchObject({ isSound: true });
    const kept = readdirSync(dataDir)
      .filter((name) => /^kept-.*\.db$/.test(name))
      .map((name) => checkDatabaseFile(join(dataDir, name)));
    expect([found, ...kept].filter(({ runs, isSound }) => runs === 2 && isSound).length, point).toBe(1);
    expect(found.runs, point).toBe(kept.length === 0 ? 2 : 1);
    expect(existsSync(join(dataDir, 'restore.json')), point).toBe(false);
  };
  await killAtEachPoint(origin, 'restore', look, path);
});

test('killed at any point of cleaning, a run is there with all it had or goes as a whole with the next cleaning', async () => {
  const origin = join(folder, 'origin');
  await mkdir(origin);
  const runs = plantTexts(databaseOf(origin), [
    { own: 250, shared: 5 },
    { own: 250, shared: 5 },
  ]);
  for (const runId of runs) {
    await mkdir(join(origin, 'runs', String(runId)), { recursive: true });
    await writeFile(join(origin, 'runs', String(runId), 'results.json'), '{}');
  }
  await killAtEachPoint(origin, 'clean', async (dataDir, point) => {
    const connection = new BetterSqlite(databaseOf(dataDir), { readonly: true });
    const begun = connection.prepare<[], number>('SELECT run_id FROM run_cleanings').pluck().all();
    const left = connection
      .prepare<[], { id: number; tasks: number }>('SELECT id, (SELECT count(*) FROM tasks t WHERE t.run_id = runs.id) AS tasks FROM runs')
      .all();
    connection.close();
    expect(
      left.filter(({ id, tasks }) => tasks !== 255 && !begun.includes(id)),
      point,
    ).toEqual([]);
    expect((await perform(dataDir, 'clean', '')).signal, point).toBe(null);
    expect(checkDatabaseFile(databaseOf(dataDir)), point).toMatchObject({ isSound: true, runs: 0 });
    const after = dumpDatabase(databaseOf(dataDir));
    expect([after['tasks'], after['results'], after['items'], after['run_cleanings']], point).toEqual([[], [], [], []]);
    expect(readdirSync(join(dataDir, 'runs')), point).toEqual([]);
  });
});

test('killed while the log goes into the database file, all of what was announced is there', async () => {
  let killedInCheckpoints = 0;
  for (let time = 0; time < 4; time += 1) {
    const dataDir = join(folder, `churn-${time}`);
    await mkdir(dataDir);
    await reopen(dataDir);
    const child = spawn(process.execPath, [PROGRAM, dataDir, 'churn'], { stdio: 'ignore' });
    // The file itself is written by nothing else.
    const watcher = watch(databaseOf(dataDir));
    const written = once(watcher, 'change');
    await Promise.race([written, once(child, 'exit')]);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    watcher.close();
    killedInCheckpoints += child.signalCode === 'SIGKILL' ? 1 : 0;
    const announced = existsSync(join(dataDir, 'ledger')) ? readFileSync(join(dataDir, 'ledger'), 'utf8').split('\n').length - 1 : 0;
    const connection = new BetterSqlite(databaseOf(dataDir), { readonly: true });
    const stored = connection.prepare<[], string>(`SELECT value FROM settings WHERE key LIKE 'churn-%' ORDER BY rowid`).pluck().all();
    connection.close();
    expect(stored.length === announced || stored.length === announced + 1).toBe(true);
    expect(checkDatabaseFile(databaseOf(dataDir)).isSound).toBe(true);
  }
  expect(killedInCheckpoints).toBe(4);
});
