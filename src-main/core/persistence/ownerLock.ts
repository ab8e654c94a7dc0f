import BetterSqlite from 'better-sqlite3';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** Who owns a data folder, for those who come second. */
const OwnerFactsSchema = z.object({
  pid: z.int(),
  /** As the system tells it, so that a reused pid is not mistaken for the owner. */
  processStartId: z.string().nullable(),
  startedAtMs: z.number(),
  /** One lifetime of one owner; stamps every claim. */
  bootId: z.string(),
  host: z.string(),
  /** Local socket (or named pipe) at which the owner answers. */
  socketPath: z.string(),
});
export type OwnerFacts = z.infer<typeof OwnerFactsSchema>;

export interface OwnerLock {
  release(): void;
}

/** A connection that nobody refers to is collected, and closing it gives the lock away while the owner lives. */
const held = new Set<BetterSqlite.Database>();

const FACTS_FILE = 'owner.json';
const LOCK_FILE = 'owner.lock';

/**
 * Takes the data folder for this process. The lock is the operating system's own, held through SQLite: it is gone the moment the
 * owner dies, however it dies, so a stale one cannot exist.
 * @returns null when another process has it.
 */
export function takeOwnerLock(dataDir: string, facts: OwnerFacts): OwnerLock | null {
  let lock: BetterSqlite.Database;
  try {
    lock = new BetterSqlite(join(dataDir, LOCK_FILE), { timeout: 0 });
  } catch (error) {
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path: dataDir, detail: String(error) }, { cause: error });
  }
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof BetterSqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path: dataDir, detail: `${LOCK_FILE}: ${String(error)}` }, { cause: error });
  }
  const factsPath = join(dataDir, FACTS_FILE);
  try {
    writeFileSync(`${factsPath}.new`, JSON.stringify(facts), { mode: 0o600 });
    renameSync(`${factsPath}.new`, factsPath);
  } catch (error) {
    lock.close();
    throw new NightshiftError('DATA_FOLDER_UNUSABLE', { path: dataDir, detail: String(error) }, { cause: error });
  }
  held.add(lock);
  return {
    release: () => {
      rmSync(factsPath, { force: true });
      held.delete(lock);
      lock.close();
    },
  };
}

/** Facts the present owner wrote; null while there is none or it is just starting. */
export function readOwnerFacts(dataDir: string): OwnerFacts | null {
  try {
    return OwnerFactsSchema.parse(JSON.parse(readFileSync(join(dataDir, FACTS_FILE), 'utf8')));
  } catch {
    return null;
  }
}
