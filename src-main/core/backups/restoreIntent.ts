import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** What belongs to a database: the file, what is not yet in it, and shared memory. */
export const DATABASE_ENDINGS = ['', '-wal', '-shm'] as const;

const IntentSchema = z.object({
  /** Names in the folder of the database. */
  replacement: z.string(),
  keptAside: z.string(),
});

export interface Exchange {
  readonly databasePath: string;
  /** A closed database beside it that takes its place. */
  readonly replacementPath: string;
  readonly keptAsidePath: string;
}

/**
 * Puts the database aside and another one in its place. A database is up to three files, which no file system renames at once: so what is to be done is
 * written down first, and whoever opens the folder next finishes it (`finishExchange`).
 */
export function exchangeDatabase({ databasePath, replacementPath, keptAsidePath }: Exchange): void {
  const intent: z.infer<typeof IntentSchema> = {
    replacement: basename(replacementPath),
    keptAside: basename(keptAsidePath),
  };
  const path = intentPath(databasePath);
  sync(replacementPath);
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
  if (existsSync(join(folder, replacement))) {
    for (const ending of DATABASE_ENDINGS) {
      const from = `${databasePath}${ending}`;
      if (existsSync(from)) renameSync(from, `${join(folder, keptAside)}${ending}`);
    }
    syncFolder(databasePath);
    renameSync(join(folder, replacement), databasePath);
    syncFolder(databasePath);
  }
  rmSync(path);
  syncFolder(databasePath);
}

function intentPath(databasePath: string): string {
  return join(dirname(databasePath), 'restore.json');
}

function syncFolder(databasePath: string): void {
  sync(dirname(databasePath));
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
