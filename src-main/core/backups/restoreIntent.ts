import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** What belongs to a database: the file, what is not yet in it, and shared memory. */
export const DATABASE_ENDINGS = ['', '-wal', '-shm'] as const;

const IntentSchema = z.object({
  /** Names in the folder of the database. */
  replacement: z.string().nullable(),
  keptAside: z.string(),
});

export interface Exchange {
  readonly databasePath: string;
  /** A closed database beside it that takes its place; null: it is only put aside, and a new one begins. */
  readonly replacementPath: string | null;
  readonly keptAsidePath: string;
}

/**
 * Puts the database aside and another one in its place. A database is up to three files, which no file system renames at once: so what is to be done is
 * written down first, and whoever opens the folder next finishes it (`finishExchange`).
 */
export function exchangeDatabase({ databasePath, replacementPath, keptAsidePath }: Exchange): void {
  const intent: z.infer<typeof IntentSchema> = {
    replacement: replacementPath === null ? null : basename(replacementPath),
    keptAside: basename(keptAsidePath),
  };
  const path = intentPath(databasePath);
  writeFileSync(`${path}.new`, JSON.stringify(intent), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  syncFolder(databasePath);
  finishExchange(databasePath);
}

/** Ends an exchange that was cut off; nothing when there is none. Only for who has the owner's lock, before the database is opened. */
export function finishExchange(databasePath: string): void {
  const path = intentPath(databasePath);
  if (!existsSync(path)) return;
  const { replacement, keptAside } = IntentSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const folder = dirname(databasePath);
  const isReplaced = replacement !== null && !existsSync(join(folder, replacement));
  if (!isReplaced) {
    for (const ending of DATABASE_ENDINGS) {
      const from = `${databasePath}${ending}`;
      if (existsSync(from)) renameSync(from, `${join(folder, keptAside)}${ending}`);
    }
    syncFolder(databasePath);
    if (replacement !== null) renameSync(join(folder, replacement), databasePath);
    syncFolder(databasePath);
  }
  rmSync(path);
  syncFolder(databasePath);
}

function intentPath(databasePath: string): string {
  return join(dirname(databasePath), 'restore.json');
}

function syncFolder(databasePath: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dirname(databasePath), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
