import { existsSync, statSync } from 'node:fs';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openFile, toStorageError } from '../persistence/connection.ts';
import { MIGRATIONS } from '../persistence/migrations/index.ts';
import { backupFolder, listBackups } from './backupNames.ts';
import { findDamage } from './databaseFile.ts';
import { finishExchange } from './restoreIntent.ts';
import { writeBackup } from './writeBackup.ts';

/** A quick check reads the whole file; larger ones are left to the full check that every backup makes, so that a start stays short. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024;
const KEPT_BEFORE_MIGRATIONS = 5;
const NEWEST = MIGRATIONS.at(-1)?.version ?? 0;

/**
 * What has to be right before the database is opened for writing: a restore that was cut off is ended, a file whose last owner died is looked
 * through, and before its form is changed there is a backup of it.
 * @param nowMs time in the name of that backup; null: the last change of the file
 * @throws DB_CORRUPT (nothing was changed), MIGRATION_NOT_STARTED
 */
export async function prepareDatabase(path: string, nowMs: number | null): Promise<void> {
  finishExchange(path);
  if (!existsSync(path) || statSync(path).size === 0) return;
  const { version, hasCleanEnd } = readState(path);
  if (!hasCleanEnd && statSync(path).size <= MAX_CHECKED_BYTES) requireSound(path);
  if (version === 0 || version >= NEWEST) return;
  try {
    await writeBackup({
      databasePath: path,
      to: null,
      reason: 'migration',
      keep: KEPT_BEFORE_MIGRATIONS,
      nowMs: nowMs ?? statSync(path).mtimeMs,
    });
  } catch (thrown) {
    const { code, data } = toNightshiftError(thrown);
    const detail = [data['reason'] ?? code, data['detail']].filter((part) => part !== undefined).join(': ');
    throw new NightshiftError('MIGRATION_NOT_STARTED', { path: backupFolder(path), detail }, { cause: thrown });
  }
}

/** The choices that are left with a damaged database, as facts of the error. */
export function withChoices(thrown: unknown, path: string): NightshiftError {
  const error = toNightshiftError(toStorageError(thrown));
  if (error.code !== 'DB_CORRUPT') return error;
  const backup = listBackups(backupFolder(path))[0]?.path;
  return new NightshiftError('DB_CORRUPT', { ...error.data, path, ...(backup === undefined ? {} : { backup }) }, { cause: thrown });
}

function readState(path: string): { readonly version: number; readonly hasCleanEnd: boolean } {
  return reading(path, (connection) => {
    const version = connection.pragma('user_version', { simple: true }) as number;
    // What a newer Nightshift wrote is refused when it is opened, and not looked into.
    if (version === 0 || version > NEWEST) return { version, hasCleanEnd: true };
    const last = connection
      .prepare<[], { hasEnd: number }>(
        'SELECT ended_at_ms IS NOT NULL AS hasEnd FROM boots ORDER BY started_at_ms DESC, rowid DESC LIMIT 1',
      )
      .get();
    return { version, hasCleanEnd: last === undefined || last.hasEnd === 1 };
  });
}

function requireSound(path: string): void {
  const problems = reading(path, (connection) => findDamage(connection, 'quick'));
  if (problems.length > 0) throw new NightshiftError('DB_CORRUPT', { detail: problems[0] ?? '' });
}

function reading<T>(path: string, read: (connection: Connection) => T): T {
  const connection = openFile(path, 'read');
  try {
    return read(connection);
  } finally {
    connection.close();
  }
}
