import { join } from 'node:path';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { backupFolder, listBackups } from '#main/core/backups/backupNames.ts';
import { checkDatabaseFile } from '#main/core/backups/databaseFile.ts';
import { type Restored, restoreDatabase } from '#main/core/backups/restoreDatabase.ts';
import { readOwnerFacts, takeOwnerLock } from '#main/core/persistence/ownerLock.ts';
import { attachSocketPath } from '#main/hosts/httpTransport/attachSocket.ts';
import { createRandom } from '#main/platform/random.ts';
import { prepareDataDir } from '#main/platform/paths.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { counted } from './figures.ts';
import type { BackupCommand, RestoreCommand } from './storageFlags.ts';
import { sizeText, timeText } from './storageTexts.ts';

function databaseOf(dataDir: string): string {
  return join(dataDir, 'nightshift.db');
}

/** `backup`: makes one, lists them, or checks one. Only making one opens the data folder. @returns the exit code */
export async function runBackup(context: CliContext, command: BackupCommand): Promise<number> {
  switch (command.action) {
    case 'create':
      return await create(context, command.to);
    case 'list':
      return list(context);
    case 'check':
      return check(context, command.path ?? databaseOf(context.dataDir));
  }
}

async function create({ output, open }: CliContext, to: string | null): Promise<number> {
  const opened = await open();
  try {
    const made = await opened.client.request('backups.create', { to });
    output.line(`Backup of ${counted(made.runs, 'run')}: ${made.path} (${sizeText(made.sizeBytes)}, checked)`);
    for (const path of made.removed) output.line(`  gave way to it: ${path}`);
    output.json({ type: 'summary', exitCode: EXIT.done, backup: made });
    return EXIT.done;
  } finally {
    await opened.close();
  }
}

function list({ output, dataDir }: CliContext): number {
  const folder = backupFolder(databaseOf(dataDir));
  const backups = listBackups(folder);
  for (const backup of backups) {
    output.line(`${timeText(backup.madeAtMs)}  ${backup.reason.padEnd(9)}  ${sizeText(backup.sizeBytes).padStart(8)}  ${backup.path}`);
    output.json({ type: 'backup', ...backup });
  }
  if (backups.length === 0) output.notice(`There are no backups in ${folder} yet. Make one with: nightshift backup`);
  output.json({ type: 'summary', exitCode: EXIT.done, count: backups.length });
  return EXIT.done;
}

function check({ output }: CliContext, path: string): number {
  const found = checkDatabaseFile(path);
  const exitCode = found.isSound ? EXIT.done : EXIT.environment;
  output.line(
    found.isSound
      ? `Sound: ${path} (${sizeText(found.sizeBytes)}, ${counted(found.runs ?? 0, 'run')}${found.newestRunAtMs === null ? '' : `, newest of ${timeText(found.newestRunAtMs)}`})`
      : `DAMAGED: ${path}`,
  );
  for (const problem of found.problems) output.line(`  ${problem}`);
  if (!found.isSound) output.notice('Nothing was changed. Restore a backup with: nightshift restore --latest');
  output.json({ type: 'summary', exitCode, check: found });
  return exitCode;
}

/** `restore`: only while nobody has the data folder. @returns the exit code */
export async function runRestore({ output, dataDir: wanted }: CliContext, { from }: RestoreCommand): Promise<number> {
  const dataDir = await prepareDataDir(wanted);
  const databasePath = databaseOf(dataDir);
  const nowMs = Date.now();
  const lock = takeOwnerLock(dataDir, {
    pid: process.pid,
    processStartId: null,
    startedAtMs: nowMs,
    bootId: createRandom().hex(8),
    host: 'restore',
    socketPath: attachSocketPath(dataDir),
  });
  if (lock === null) {
    throw new NightshiftError('DATA_FOLDER_IN_USE', { path: dataDir, pid: readOwnerFacts(dataDir)?.pid ?? null });
  }
  try {
    const backupPath = from === 'new' ? null : from === 'latest' ? latest(databasePath) : from.path;
    const restored = restoreDatabase({ databasePath, backupPath, nowMs });
    for (const line of restoredLines(restored, backupPath)) output.line(line);
    output.json({ type: 'summary', exitCode: EXIT.done, backup: backupPath, ...restored });
    return EXIT.done;
  } finally {
    lock.release();
  }
}

function latest(databasePath: string): string {
  const folder = backupFolder(databasePath);
  const newest = listBackups(folder)[0];
  if (newest === undefined) throw new NightshiftError('BACKUP_INVALID', { reason: 'missing', path: folder });
  return newest.path;
}

export function restoredLines({ runs, newestRun, lostRuns, lostCount, keptAsidePath }: Restored, backupPath: string | null): string[] {
  const newest = newestRun === null ? '' : `, the newest is run ${newestRun.id} “${newestRun.name}” of ${timeText(newestRun.createdAtMs)}`;
  const unnamed = lostCount - (lostRuns?.length ?? 0);
  return [
    backupPath === null ? 'A new database without runs is in use.' : `Restored ${counted(runs, 'run')} from ${backupPath}${newest}.`,
    ...(lostRuns === null ? ['The database of before could not be read: which of its runs are not in this one is not known.'] : []),
    ...(lostCount > 0 ? [`Not in it: ${counted(lostCount, 'run')} of the database of before.`] : []),
    ...(lostRuns ?? []).map((run) => `  run ${run.id} “${run.name}” of ${timeText(run.createdAtMs)}`),
    ...(unnamed > 0 ? [`  and ${unnamed} older`] : []),
    ...(keptAsidePath === null
      ? []
      : [`The database of before is kept: ${keptAsidePath}`, `To go back: nightshift restore "${keptAsidePath}"`]),
  ];
}
