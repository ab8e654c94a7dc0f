import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseCheck, MadeBackup } from '#shared/contract/backups.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { checkDatabaseFile } from './databaseFile.ts';
import { type BackupOrder, writeBackup } from './writeBackup.ts';

export type BackupJob = { readonly job: 'write'; readonly order: BackupOrder } | { readonly job: 'check'; readonly path: string };

export interface BackupAnswers {
  write: Omit<MadeBackup, 'tookMs'>;
  check: Omit<DatabaseCheck, 'tookMs'>;
}

export type BackupReply =
  | { readonly ok: true; readonly value: BackupAnswers[keyof BackupAnswers] }
  | { readonly ok: false; readonly error: WireError };

/** Thread of one job, with a connection of its own: neither the owner's event loop nor the queue waits for a copy. */
async function work(job: BackupJob): Promise<BackupReply> {
  try {
    return { ok: true, value: job.job === 'write' ? await writeBackup(job.order) : checkDatabaseFile(job.path) };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}

if (parentPort !== null) parentPort.postMessage(await work(workerData as BackupJob));
