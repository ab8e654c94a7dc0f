import BetterSqlite from 'better-sqlite3';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { MIGRATIONS, type Migration } from './migrations/index.ts';

export type Connection = BetterSqlite.Database;

/** WAL grows at most to this between checkpoints that a long reader held back (better-sqlite3 docs/performance.md). */
const WAL_TRUNCATE_BYTES = 64 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 5_000;

function schemaVersion(connection: Connection): number {
  return connection.pragma('user_version', { simple: true }) as number;
}

/**
 * Brings the schema to the newest version, one transaction per migration.
 * @throws DB_FROM_FUTURE when the file is from a newer Nightshift; nothing is changed then.
 */
export function migrate(connection: Connection, migrations: readonly Migration[] = MIGRATIONS): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = schemaVersion(connection);
  if (found > newest) throw new NightshiftError('DB_FROM_FUTURE', { found, supported: newest, path: connection.name });
  for (const { version, sql } of migrations) {
    if (version <= found) continue;
    connection.transaction(() => {
      connection.exec(sql);
      connection.pragma(`user_version = ${version}`);
    })();
  }
}

/**
 * The one writing connection. FULL sync: what was announced survives a power cut as far as the disk keeps its word.
 * @throws DB_FROM_FUTURE, DB_CORRUPT, DB_FAILED
 */
export function openWriter(path: string): Connection {
  refuseFromFuture(path);
  const connection = new BetterSqlite(path, { timeout: BUSY_TIMEOUT_MS });
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('fullfsync = ON');
  connection.pragma('foreign_keys = ON');
  connection.pragma(`journal_size_limit = ${WAL_TRUNCATE_BYTES}`);
  migrate(connection);
  return connection;
}

/** For heavy reads beside the writer; cannot write. */
export function openReader(path: string): Connection {
  const connection = new BetterSqlite(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  connection.pragma('query_only = ON');
  return connection;
}

/** Any database file as it is, for copying and checking; nothing about it is set. */
export function openFile(path: string, how: 'read' | 'write'): Connection {
  return new BetterSqlite(path, { readonly: how === 'read', fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
}

// Setting WAL would already change the file, so a newer file is recognised on a read-only connection first.
function refuseFromFuture(path: string): void {
  let connection: Connection;
  try {
    connection = new BetterSqlite(path, { readonly: true, fileMustExist: true });
  } catch {
    return;
  }
  try {
    const newest = MIGRATIONS.at(-1)?.version ?? 0;
    const found = schemaVersion(connection);
    if (found > newest) throw new NightshiftError('DB_FROM_FUTURE', { found, supported: newest, path });
  } finally {
    connection.close();
  }
}

/** A SQLite failure as one of our codes; anything else unchanged. */
export function toStorageError(thrown: unknown): unknown {
  if (!(thrown instanceof BetterSqlite.SqliteError)) return thrown;
  const data = { detail: `${thrown.code}: ${thrown.message}` };
  if (thrown.code === 'SQLITE_FULL') return new NightshiftError('DISK_FULL', data, { cause: thrown });
  if (thrown.code.startsWith('SQLITE_CORRUPT') || thrown.code === 'SQLITE_NOTADB') {
    return new NightshiftError('DB_CORRUPT', data, { cause: thrown });
  }
  return new NightshiftError('DB_FAILED', data, { cause: thrown });
}

/** The part of a prepared statement that operations use; parameters by name. */
export interface Statement<Row> {
  run(parameters?: object): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(parameters?: object): Row | undefined;
  all(parameters?: object): Row[];
}

const statements = new WeakMap<Connection, Map<string, unknown>>();

/** A prepared statement, prepared once per connection. */
export function sql<Row = unknown>(connection: Connection, text: string): Statement<Row> {
  let known = statements.get(connection);
  if (known === undefined) {
    known = new Map();
    statements.set(connection, known);
  }
  let statement = known.get(text);
  if (statement === undefined) {
    statement = connection.prepare(text);
    known.set(text, statement);
  }
  return statement as Statement<Row>;
}
