import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BackupReason, MadeBackup } from '#shared/contract/backups.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openFile, toStorageError } from '../persistence/connection.ts';
import { backupFolder, backupName, listBackups, surplusBackups } from './backupNames.ts';
import { countRows, findDamage, type RowCounts } from './databaseFile.ts';

/** Left free beside the copy: a backup must not be what stops the night. As for uploads. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** 4 MiB of pages of 4 KiB: between two steps the thread can be ended. */
const PAGES_AT_ONCE = 1_024;
const PARTIAL = /^\.nightshift-.*\.part(?:-journal)?$/;

export interface BackupOrder {
  readonly databasePath: string;
  /** A new file or an existing folder, absolute; null: beside the database. */
  readonly to: string | null;
  readonly reason: BackupReason;
  /** How many of the reason stay, this one included; only beside the database. */
  readonly keep: number;
  readonly nowMs: number;
  /** Default: what the file system of a folder says. */
  readonly freeDiskBytes?: (folder: string) => number;
}

/**
 * Copies the database as it is at this moment, also while others write to it, checks the copy and only then gives it its name. Takes long: to be called
 * in a thread of its own.
 * @throws BACKUP_FAILED; nothing is left behind then, and nothing was replaced
 */
export async function writeBackup(order: BackupOrder): Promise<Omit<MadeBackup, 'tookMs'>> {
  const { databasePath, to, reason, nowMs } = order;
  const isAFolder = to !== null && statSync(to, { throwIfNoEntry: false })?.isDirectory() === true;
  const folder = to === null ? backupFolder(databasePath) : isAFolder ? to : dirname(to);
  let partial: string | null = null;
  try {
    if (to === null) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      clearPartials(folder);
    }
    const wanted = to === null || isAFolder ? null : basename(to);
    if (wanted !== null && existsSync(join(folder, wanted))) throw failed('exists', join(folder, wanted));
    requireRoom(folder, databasePath, (order.freeDiskBytes ?? freeDiskBytesOf)(folder));
    partial = join(folder, `.nightshift-${process.pid}-${timeUnique()}.part`);
    closeSync(openSync(partial, 'wx', 0o600));
    const counts = await copy(databasePath, partial);
    checkCopy(partial, counts);
    sync(partial);
    const path = publish(partial, folder, wanted, (number) => backupName(reason, nowMs, number));
    const sizeBytes = statSync(path).size;
    partial = null;
    sync(folder);
    const removed = to === null ? removeSurplus(folder, order.keep) : [];
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { path, reason, madeAtMs: nowMs, sizeBytes, runs: counts.get('runs') ?? 0, rows, removed };
  } catch (error) {
    throw toBackupError(error, to ?? folder);
  } finally {
    if (partial !== null) for (const ending of ['', '-journal']) rmSync(`${partial}${ending}`, { force: true });
  }
}

/** One read transaction holds the moment: counts and copy are of the same state, whatever is committed meanwhile. */
async function copy(databasePath: string, partial: string): Promise<RowCounts> {
  const source = openFile(databasePath, 'read');
  try {
    source.exec('BEGIN');
    const counts = countRows(source);
    await source.backup(partial, { progress: () => PAGES_AT_ONCE });
    source.exec('COMMIT');
    return counts;
  } finally {
    source.close();
  }
}

function checkCopy(path: string, expected: RowCounts): void {
  const connection: Connection = openFile(path, 'write');
  try {
    // One file, readable from media that cannot be written.
    connection.pragma('journal_mode = DELETE');
    const problems = findDamage(connection, 'full');
    if (problems.length > 0) throw failed('damaged', path, problems[0]);
    const found = countRows(connection);
    for (const [table, rows] of expected) {
      if (found.get(table) !== rows) throw failed('damaged', path, `${table}: ${found.get(table) ?? 0} of ${rows} rows`);
    }
  } finally {
    connection.close();
  }
}

/** A link is made or refused as a whole; renaming would replace what is there. */
function publish(partial: string, folder: string, wanted: string | null, nameOf: (number: number) => string): string {
  for (let number = 1; ; number++) {
    const path = join(folder, wanted ?? nameOf(number));
    try {
      linkSync(partial, path);
      rmSync(partial);
      return path;
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'EEXIST' && !existsSync(path)) {
        // exFAT and the like have no links.
        renameSync(partial, path);
        return path;
      }
      if (wanted !== null) throw failed('exists', path);
      if (!existsSync(path)) throw error;
    }
  }
}

function requireRoom(folder: string, databasePath: string, freeBytes: number): void {
  const sizes = ['', '-wal'].map((ending) => statSync(`${databasePath}${ending}`, { throwIfNoEntry: false })?.size ?? 0);
  const neededBytes = sizes.reduce((sum, size) => sum + size, RESERVE_BYTES);
  if (neededBytes > freeBytes) throw new NightshiftError('BACKUP_FAILED', { reason: 'noSpace', path: folder, neededBytes, freeBytes });
}

function freeDiskBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function removeSurplus(folder: string, keep: number): string[] {
  const surplus = surplusBackups(listBackups(folder), keep).map(({ path }) => path);
  for (const path of surplus) rmSync(path, { force: true });
  return surplus;
}

/** Left by a process that was killed; the folder has one writer, the owner. */
function clearPartials(folder: string): void {
  for (const name of readdirSync(folder)) if (PARTIAL.test(name)) rmSync(join(folder, name), { force: true });
}

function timeUnique(): string {
  return process.hrtime.bigint().toString(36);
}

function sync(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function failed(reason: 'exists' | 'noSpace' | 'damaged' | 'notWritable', path: string, detail?: string): NightshiftError {
  return new NightshiftError('BACKUP_FAILED', { reason, path, ...(detail === undefined ? {} : { detail }) });
}

function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function toBackupError(thrown: unknown, path: string): NightshiftError {
  const error = toNightshiftError(toStorageError(thrown));
  if (error.code === 'BACKUP_FAILED') return error;
  const errno = errnoOf(thrown);
  const isFull = error.code === 'DISK_FULL' || errno === 'ENOSPC' || errno === 'EDQUOT';
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (error.code === 'DB_CORRUPT') return new NightshiftError('BACKUP_FAILED', { reason: 'damaged', path, detail }, { cause: thrown });
  return new NightshiftError('BACKUP_FAILED', { reason: isFull ? 'noSpace' : 'notWritable', path, detail }, { cause: thrown });
}
