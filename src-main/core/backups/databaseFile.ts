import { statSync } from 'node:fs';
import type { DatabaseCheck } from '#shared/contract/backups.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Connection, openFile, toStorageError } from '../persistence/connection.ts';

const MAX_PROBLEMS = 20;

/** Rows by table. */
export type RowCounts = ReadonlyMap<string, number>;

export function countRows(connection: Connection): RowCounts {
  const tables = connection
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all();
  return new Map(
    tables.map(({ name }) => {
      const row = connection.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM "${name.replaceAll('"', '""')}"`).get();
      return [name, row?.rows ?? 0] as const;
    }),
  );
}

/** What SQLite finds wrong; `quick` leaves out whether indexes agree with their tables. */
export function findDamage(connection: Connection, how: 'quick' | 'full'): string[] {
  const rows = connection.pragma(`${how === 'quick' ? 'quick_check' : 'integrity_check'}(${MAX_PROBLEMS})`) as Record<string, string>[];
  const found = rows.flatMap((row) => Object.values(row));
  return found.length === 1 && found[0] === 'ok' ? [] : found;
}

/** Reads a whole database file, changing nothing. What it cannot read is an answer, too. */
export function checkDatabaseFile(path: string): Omit<DatabaseCheck, 'tookMs'> {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let connection: Connection | null = null;
  try {
    connection = openFile(path, 'read');
    const problems = findDamage(connection, 'full');
    const runs = connection
      .prepare<[], { runs: number; newest: number | null }>('SELECT count(*) AS runs, max(created_at_ms) AS newest FROM runs')
      .get();
    return { path, isSound: problems.length === 0, problems, sizeBytes, runs: runs?.runs ?? 0, newestRunAtMs: runs?.newest ?? null };
  } catch (error) {
    const { code, data } = toNightshiftError(toStorageError(error));
    return { path, isSound: false, problems: [String(data['detail'] ?? code)], sizeBytes, runs: null, newestRunAtMs: null };
  } finally {
    connection?.close();
  }
}
