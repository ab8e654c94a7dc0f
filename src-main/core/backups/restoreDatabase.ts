import { copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openFile, openWriter, toStorageError } from '../persistence/connection.ts';
import { MIGRATIONS } from '../persistence/migrations/index.ts';
import { timeStamp } from './backupNames.ts';
import { findDamage } from './databaseFile.ts';
import { DATABASE_ENDINGS, exchangeDatabase, finishExchange } from './restoreIntent.ts';

const REPLACEMENT = 'restoring.db';
const SHOWN_RUNS = 20;

export interface RestoredRun {
  readonly id: number;
  readonly name: string;
  readonly createdAtMs: number;
}

export interface Restored {
  /** Runs in the database that is in use now. */
  readonly runs: number;
  readonly newestRun: RestoredRun | null;
  /** Runs of the database of before that the restored one does not have, at most 20; null where it could not be read. */
  readonly lostRuns: readonly RestoredRun[] | null;
  readonly lostCount: number;
  /** Where the database of before is kept; null when there was none. */
  readonly keptAsidePath: string | null;
}

/**
 * Puts a backup in the place of the database, which is kept beside it. The backup is copied and the copy checked first: until that is done nothing
 * changes. Only for who has the owner's lock.
 * @param from.backupPath null: a new database without runs
 * @throws BACKUP_INVALID, DB_FROM_FUTURE, DISK_FULL, DATA_FOLDER_UNUSABLE
 */
export function restoreDatabase({
  databasePath,
  backupPath,
  nowMs,
}: {
  readonly databasePath: string;
  readonly backupPath: string | null;
  readonly nowMs: number;
}): Restored {
  const folder = dirname(databasePath);
  try {
    finishExchange(databasePath);
    const present = readRuns(databasePath);
    const replacementPath = join(folder, REPLACEMENT);
    removeDatabase(replacementPath);
    if (backupPath === null) openWriter(replacementPath).close();
    else copyBackup(backupPath, replacementPath);
    const restored = checkReplacement(replacementPath, backupPath ?? replacementPath, highestRunId(folder, present));
    const hadDatabase = existsSync(databasePath);
    const keptAsidePath = unusedName(folder, nowMs);
    exchangeDatabase({ databasePath, replacementPath, keptAsidePath });
    const kept = new Map(restored.map((run) => [run.id, run]));
    const lost = present?.filter((run) => kept.get(run.id)?.createdAtMs !== run.createdAtMs) ?? null;
    return {
      runs: restored.length,
      newestRun: restored[0] ?? null,
      lostRuns: lost?.slice(0, SHOWN_RUNS) ?? null,
      lostCount: lost?.length ?? 0,
      keptAsidePath: hadDatabase ? keptAsidePath : null,
    };
  } catch (thrown) {
    throw toRestoreError(thrown, folder);
  }
}

function copyBackup(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })?.isFile() !== true)
    throw new NightshiftError('BACKUP_INVALID', { path: from, reason: 'missing' });
  // A database that was put aside may have a part of its contents beside it.
  for (const ending of ['', '-wal']) if (existsSync(`${from}${ending}`)) copyFileSync(`${from}${ending}`, `${to}${ending}`);
}

/** @returns its runs, newest first */
function checkReplacement(path: string, from: string, highestId: number): RestoredRun[] {
  try {
    return readReplacement(path, from, highestId);
  } catch (thrown) {
    removeDatabase(path);
    const error = toNightshiftError(toStorageError(thrown));
    if (error.code !== 'DB_CORRUPT' && error.code !== 'DB_FAILED') throw error;
    throw new NightshiftError('BACKUP_INVALID', { path: from, reason: 'damaged', detail: String(error.data['detail']) }, { cause: thrown });
  }
}

function readReplacement(path: string, from: string, highestId: number): RestoredRun[] {
  const connection = openFile(path, 'write');
  try {
    connection.pragma('journal_mode = DELETE');
    connection.pragma('synchronous = FULL');
    const version = connection.pragma('user_version', { simple: true }) as number;
    const supported = MIGRATIONS.at(-1)?.version ?? 0;
    if (version > supported) throw new NightshiftError('DB_FROM_FUTURE', { found: version, supported, path: from });
    const isOurs = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'boots'`).get() !== undefined;
    if (version === 0 || !isOurs) throw new NightshiftError('BACKUP_INVALID', { path: from, reason: 'foreign' });
    const problems = findDamage(connection, 'full');
    if (problems.length > 0) throw new NightshiftError('BACKUP_INVALID', { path: from, reason: 'damaged', detail: problems[0] ?? '' });
    // Numbers of runs that are lost now are not given again: their folders and results files are still there.
    const raised = connection.prepare(`UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'runs'`).run(highestId).changes;
    if (raised === 0) connection.prepare(`INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)`).run(highestId);
    return runsOf(connection);
  } finally {
    connection.close();
  }
}

function readRuns(path: string): RestoredRun[] | null {
  if (!existsSync(path)) return [];
  let connection: Connection | null = null;
  try {
    connection = openFile(path, 'read');
    return runsOf(connection);
  } catch {
    return null;
  } finally {
    connection?.close();
  }
}

function runsOf(connection: Connection): RestoredRun[] {
  return connection.prepare<[], RestoredRun>('SELECT id, name, created_at_ms AS createdAtMs FROM runs ORDER BY id DESC').all();
}

function highestRunId(folder: string, present: readonly RestoredRun[] | null): number {
  const runs = join(folder, 'runs');
  const folders = existsSync(runs) ? readdirSync(runs).filter((name) => /^\d{1,15}$/.test(name)) : [];
  return Math.max(0, present?.[0]?.id ?? 0, ...folders.map(Number));
}

function unusedName(folder: string, nowMs: number): string {
  for (let number = 1; ; number++) {
    const path = join(folder, `kept-${timeStamp(nowMs)}${number === 1 ? '' : `-${number}`}.db`);
    if (!DATABASE_ENDINGS.some((ending) => existsSync(`${path}${ending}`))) return path;
  }
}

function removeDatabase(path: string): void {
  for (const ending of [...DATABASE_ENDINGS, '-journal']) rmSync(`${path}${ending}`, { force: true });
}

function toRestoreError(thrown: unknown, folder: string): NightshiftError {
  const error = toNightshiftError(toStorageError(thrown));
  if (error.code === 'DISK_FULL') return restoreFull(folder, thrown);
  if (error.code !== 'INTERNAL') return error;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') return restoreFull(folder, thrown);
  return new NightshiftError('DATA_FOLDER_UNUSABLE', { path: folder, ...error.data }, { cause: thrown });
}

/** No run has to do with it, as the sentences of other full disks say. */
function restoreFull(folder: string, cause: unknown): NightshiftError {
  return new NightshiftError('DISK_FULL', { reason: 'restore', path: folder }, { cause });
}
