import BetterSqlite from 'better-sqlite3';
import { MIGRATIONS } from '../../core/persistence/migrations/index.ts';

/** Rows by table. */
export type Dump = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Every row of every table, of the columns named or of all. */
export function dumpDatabase(path: string): Dump {
  const connection = new BetterSqlite(path, { readonly: true, fileMustExist: true });
  try {
    const tables = connection
      .prepare<[], { name: string }>(
        `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
      )
      .all();
    return Object.fromEntries(
      tables.map(({ name }) => [name, connection.prepare<[], Record<string, unknown>>(`SELECT * FROM "${name}" ORDER BY 1, 2`).all()]),
    );
  } finally {
    connection.close();
  }
}

/** A database as the Nightshift of that version left it, with rows in every table it had. */
export function plantVersion(path: string, version: number): void {
  const connection = new BetterSqlite(path);
  connection.pragma('journal_mode = WAL');
  connection.pragma('foreign_keys = OFF');
  for (const migration of MIGRATIONS) {
    if (migration.version > version) break;
    connection.exec(migration.sql);
    connection.pragma(`user_version = ${migration.version}`);
  }
  const tables = connection
    .prepare<[], { name: string }>(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    .all();
  for (const { name } of tables) plantRows(connection, name);
  connection.close();
}

/** What a column needs that has a meaning of its own. */
const VALUES: Readonly<Record<string, unknown>> = {
  options: '{"modes":["streaming"],"normalizer":"simple","priority":6}',
  sources: '["/in"]',
  mode: 'streaming',
  sample: '{}',
  segments: '[]',
  data: '{}',
};
/** Of tasks by their number: queued, claimed by an owner that is gone, ended. */
const TASK_STATUSES = ['queued', 'claimed', 'done'] as const;
const ROWS = 3;

function plantRows(connection: BetterSqlite.Database, table: string): void {
  if (table === 'queue_state' || table === 'tallies') return;
  const columns = connection
    .prepare<[string], { name: string; type: string; notnull: number }>('SELECT name, type, "notnull" FROM pragma_table_info(?)')
    .all(table);
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const insert = connection.prepare(`INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
  for (let row = 1; row <= ROWS; row += 1) insert.run(...columns.map((column) => valueOf(table, column, row)));
}

function valueOf(table: string, { name, type, notnull }: { name: string; type: string; notnull: number }, row: number): unknown {
  if (name === 'status') return table === 'tasks' ? TASK_STATUSES[row - 1] : 'finished';
  if (table === 'tasks' && (name === 'lease_token' || name === 'boot_id')) return row === 2 ? 'gone' : null;
  if (table === 'attempts' && name === 'outcome') return row === 2 ? 'running' : 'done';
  if (name in VALUES) return VALUES[name];
  if (name === 'id' || name.endsWith('_id')) return type === 'TEXT' ? `${name}-${row}` : row;
  if (notnull === 0) return null;
  // Whatever reads structured text can read this.
  return type === 'TEXT' ? JSON.stringify(`${name} ${row}`) : row;
}
