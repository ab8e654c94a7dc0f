import { Worker } from 'node:worker_threads';
import type { Backup, DatabaseCheck, MadeBackup } from '#shared/contract/backups.ts';
import type { Settings } from '#shared/contract/settings.ts';
import { fromWireError, NightshiftError } from '#shared/errors/nightshiftError.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import type { Clock, Logger } from '../ports.ts';
import { backupFolder, listBackups } from './backupNames.ts';
import type { BackupAnswers, BackupJob, BackupReply } from './backupThread.ts';

const DAY_MS = 24 * 3_600_000;
/** How often it is asked whether a day has passed; the clock may jump, and the machine may sleep. */
const LOOK_EVERY_MS = 10 * 60_000;

export interface BackupServiceDeps {
  readonly databasePath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  settings(): Settings['backups'];
}

/** Copies of the database in use, made and checked in a thread, one after the other. */
export interface BackupService {
  readonly folder: string;
  /** Newest first. */
  list(): Backup[];
  /** @param to a new file or an existing folder; null: the data folder @throws BACKUP_FAILED, CANCELLED after `close` */
  create(to: string | null): Promise<MadeBackup>;
  /** @param path null: the database in use */
  check(path: string | null): Promise<DatabaseCheck>;
  /** From now on makes one a day while the settings say so. */
  open(): void;
  /** Cuts off what is under way; no half backup gets a name. Idempotent. */
  close(): Promise<void>;
}

export function createBackupService({ databasePath, clock, logger, settings }: BackupServiceDeps): BackupService {
  const folder = backupFolder(databasePath);
  let last: Promise<unknown> = Promise.resolve();
  let current: Worker | null = null;
  let timer: Disposable | null = null;
  let isClosed = false;

  const work = <J extends BackupJob>(job: J): Promise<BackupAnswers[J['job']] & { readonly tookMs: number }> => {
    const begin = async (): Promise<BackupAnswers[J['job']] & { readonly tookMs: number }> => {
      if (isClosed) throw new NightshiftError('CANCELLED');
      const startedMs = clock.monotonicMs();
      const value = await new Promise<BackupAnswers[J['job']]>((resolve, reject) => {
        const worker = new Worker(scriptPath('backupThread'), { name: 'backup', workerData: job });
        current = worker;
        worker.once('message', (reply: BackupReply) => {
          if (reply.ok) resolve(reply.value as BackupAnswers[J['job']]);
          else reject(fromWireError(reply.error));
        });
        worker.once('error', (error) => reject(new NightshiftError('INTERNAL', { detail: error.message }, { cause: error })));
        worker.once('exit', () => {
          current = null;
          reject(new NightshiftError('CANCELLED'));
        });
      });
      return { ...value, tookMs: Math.round(clock.monotonicMs() - startedMs) };
    };
    const mine = last.then(begin);
    last = mine.catch(() => undefined);
    return mine;
  };

  const write = (to: string | null, reason: 'request' | 'daily'): Promise<MadeBackup> =>
    work({ job: 'write', order: { databasePath, to, reason, keep: settings().keep, nowMs: clock.nowMs() } });

  const look = async (): Promise<void> => {
    const newest = listBackups(folder).find(({ reason }) => reason === 'daily');
    const isDue = settings().isDaily && (newest === undefined || clock.nowMs() - newest.madeAtMs >= DAY_MS);
    if (!isDue) return;
    try {
      const { path, sizeBytes, tookMs } = await write(null, 'daily');
      logger.info('daily backup', { path, sizeBytes, tookMs });
    } catch (error) {
      if (!isClosed) logger.error('the daily backup was not made', { error: String(error) });
    }
  };

  const lookLater = (): void => {
    if (isClosed) return;
    timer = clock.setTimer(LOOK_EVERY_MS, () => void look().then(lookLater));
  };

  return {
    folder,
    list: () => listBackups(folder),
    create: (to) => write(to, 'request'),
    check: (path) => work({ job: 'check', path: path ?? databasePath }),
    open() {
      void look().then(lookLater);
    },
    async close() {
      isClosed = true;
      timer?.[Symbol.dispose]();
      await current?.terminate();
      await last;
    },
  };
}
