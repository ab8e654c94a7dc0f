import { join } from 'node:path';
import { openDatabase } from '#main/core/persistence/database.ts';
import { restoreDatabase } from '#main/core/backups/restoreDatabase.ts';
import { writeBackup } from '#main/core/backups/writeBackup.ts';
import { createRetentionService } from '#main/core/retention/retentionService.ts';
import { createClock } from '#main/platform/clock.ts';
import { createStorageFolder } from '#main/platform/storageFolder.ts';
import { DEFAULT_RETENTION } from '#shared/contract/retention.ts';
import { silentLogger } from './silentLogger.ts';

/**
 * Does one thing to the database of a data folder again and again until a test kills it; the first line it prints says that it has begun.
 * Arguments: data folder, `backup`, `open`, `restore` or `clean`, and for `restore` the backup.
 */
const [dataDir = '', work = '', backupPath = ''] = process.argv.slice(2);
const databasePath = join(dataDir, 'nightshift.db');

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
  const { entries } = await retention.preview({});
  process.stdout.write('begun\n');
  await retention.clean(
    {},
    entries.map(({ key }) => key),
  );
  await database.close();
}

if (work === 'clean') await clean();
else process.stdout.write('begun\n');
for (let nowMs = Date.now(); work === 'backup'; nowMs += 1_000) {
  await writeBackup({ databasePath, to: null, reason: 'request', keep: 3, nowMs });
}
while (work === 'restore') restoreDatabase({ databasePath, backupPath, nowMs: Date.now() });
if (work === 'open') await (await openDatabase(databasePath)).close();
