import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileStore } from '#main/platform/fileStore.ts';
import { createLogger, type FileLogger, type LogLevel } from '#main/platform/logger.ts';

/** Logs of processes that were attached, besides the one that begins. */
const KEPT = 9;

/**
 * The log of a process that is attached to an owner: a file of its own (`attached-<pid>.log`), because the owner's has one writer. The newest ten are
 * kept. Nothing is written before the first line.
 */
export async function openAttachedLog(dataDir: string, level: LogLevel): Promise<FileLogger> {
  const folder = join(dataDir, 'logs');
  const path = join(folder, `attached-${process.pid}.log`);
  await removeOlder(folder, path);
  return createLogger({ path, level, files: createFileStore() });
}

/** One that cannot be removed is left for the next. */
async function removeOlder(folder: string, own: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const logs = names.filter((name) => /^attached-\d+\.log(?:\.\d+)?$/.test(name)).map((name) => join(folder, name));
  const dated = await Promise.all(
    logs.filter((path) => path !== own).map(async (path) => ({ path, modifiedMs: (await stat(path).catch(() => null))?.mtimeMs ?? 0 })),
  );
  const surplus = dated.toSorted((left, right) => right.modifiedMs - left.modifiedMs).slice(KEPT);
  await Promise.all(surplus.map(({ path }) => rm(path, { force: true }).catch(() => undefined)));
}
