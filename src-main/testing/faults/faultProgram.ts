import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreDatabase } from '#main/core/backups/restoreDatabase.ts';
import { writeBackup } from '#main/core/backups/writeBackup.ts';
import { openDatabase } from '#main/core/persistence/database.ts';
import { createRetentionService } from '#main/core/retention/retentionService.ts';
import { createClock } from '#main/platform/clock.ts';
import { createStorageFolder } from '#main/platform/storageFolder.ts';
import { DEFAULT_RETENTION } from '#shared/contract/retention.ts';
import { silentLogger } from '../silentLogger.ts';
import { QUEUE_STEPS } from './queueScript.ts';

/**
 * Does one thing to the database of a data folder, once, with the points of `faultPoints.ts` on its way. Arguments: data folder, work, and for
 * `restore` the backup. `churn` writes until it is killed. Writes the number of each step that is committed to `ledger`.
 */
const [dataDir = '', work = '', backupPath = ''] = process.argv.slice(2);
const databasePath = join(dataDir, 'nightshift.db');

async function queue(): Promise<void> {
  const database = await openDatabase(databasePath);
  for (const [index, step] of QUEUE_STEPS.entries()) {
    await step(database);
    appendFileSync(join(dataDir, 'ledger'), `${index + 1}\n`);
  }
  await database.close();
}

/** Rows large enough that what is committed goes from the log of the database into its file every few dozen writes. */
async function churn(): Promise<void> {
  const database = await openDatabase(databasePath);
  // Whoever opens a file whose last owner did not end looks through it first.
  await database.write('recordBoot', { bootId: `boot-${process.pid}`, pid: process.pid, host: 'library', nowMs: Date.now() });
  for (let number = 1; ; number += 1) {
    await database.write('saveSetting', { key: `churn-${number}`, value: `${number}:${'x'.repeat(60_000)}` });
    appendFileSync(join(dataDir, 'ledger'), `${number}\n`);
  }
}

/** Ends what an earlier process had begun, then removes every run that has no pin. */
async function clean(): Promise<void> {
  const database = await openDatabase(databasePath);
  const retention = createRetentionService({
    database,
    storage: createStorageFolder(dataDir),
    clock: createClock(),
    logger: silentLogger,
    rules: () => ({ ...DEFAULT_RETENTION, runCount: 0, diskGib: null }),
    removeRun: async (runId) => {
      await database.write('discardRun', { runId, from: 'finished' });
    },
  });
  retention.open();
  const { entries } = await retention.preview({});
  await retention.clean(
    {},
    entries.map(({ key }) => key),
  );
  await retention.close();
  await database.close();
}

if (work === 'queue') await queue();
else if (work === 'churn') await churn();
else if (work === 'migrate') await (await openDatabase(databasePath)).close();
else if (work === 'backup') await writeBackup({ databasePath, to: null, reason: 'request', keep: 3, nowMs: Date.now() });
else if (work === 'restore') restoreDatabase({ databasePath, backupPath, nowMs: Date.now() });
else if (work === 'clean') await clean();
else throw new Error(`no work ${work}`);
