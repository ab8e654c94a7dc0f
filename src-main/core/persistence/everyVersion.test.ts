import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Dump, dumpDatabase, plantVersion } from '#main/testing/faults/plantedVersions.ts';
import { LocalDatabase } from '#main/testing/localDatabase.ts';
import { openReader, openWriter } from './connection.ts';
import { openDatabase } from './database.ts';
import { MIGRATIONS } from './migrations/index.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-versions-'));
  path = join(folder, 'nightshift.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Rows of `after` with the columns that `before` knew. */
function asBefore(after: Dump, before: Dump): Dump {
  return Object.fromEntries(
    Object.entries(before).map(([table, rows]) => {
      const columns = Object.keys(rows[0] ?? {});
      return [table, (after[table] ?? []).map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])))];
    }),
  );
}

test.each(MIGRATIONS.map(({ version }) => version))('a database of version %i opens with every row it had', async (version) => {
  plantVersion(path, version);
  const before = dumpDatabase(path);
  expect(Object.values(before).filter((rows) => rows.length > 0).length).toBeGreaterThan(8);
  const database = await openDatabase(path, 1_000);
  await database.write('recordBoot', { bootId: 'next', pid: 1, host: 'library', nowMs: 1_000 });
  const recovered = await database.write('recoverOtherBoots', { bootId: 'next', nowMs: 1_000 });
  expect(recovered.requeued).toBe(1);
  const run = await database.read('storedRun', { runId: 1, nowMs: 1_000 });
  expect(run).toMatchObject({ id: 1, status: 'finished' });
  await database.close();
  const after = dumpDatabase(path);
  // Readings of the machine are kept in another form since version 120, which has tests of its own.
  delete (before as Record<string, unknown>)['samples'];
  // What the recovery writes is not of the migration.
  for (const table of ['boots', 'event_log', 'attempts', 'tasks', 'task_tallies']) {
    expect(after[table]?.length ?? 0).toBeGreaterThanOrEqual(before[table]?.length ?? 0);
    delete (before as Record<string, unknown>)[table];
  }
  expect(asBefore(after, before)).toEqual(before);
  const connection = new BetterSqlite(path, { readonly: true });
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(connection.pragma('foreign_key_check')).toEqual([]);
  connection.close();
});

test('whatever a file was set to before, the writer syncs every commit into a log and the reader writes nothing', async () => {
  await new LocalDatabase(path).close();
  const before = new BetterSqlite(path);
  // As a restored backup is.
  before.pragma('journal_mode = DELETE');
  before.close();
  const writer = openWriter(path);
  const reader = openReader(path);
  const live = (connection: BetterSqlite.Database, name: string): unknown => connection.pragma(name, { simple: true });
  const names = ['journal_mode', 'synchronous', 'foreign_keys', 'fullfsync', 'busy_timeout', 'journal_size_limit'];
  expect(names.map((name) => live(writer, name))).toEqual(['wal', 2, 1, 1, 5_000, 64 * 1024 * 1024]);
  expect([live(reader, 'journal_mode'), live(reader, 'query_only')]).toEqual(['wal', 1]);
  expect(() => reader.exec(`INSERT INTO settings (key, value) VALUES ('a', 'b')`)).toThrow(/readonly/);
  reader.close();
  writer.close();
});
