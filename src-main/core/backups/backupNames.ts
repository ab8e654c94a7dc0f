import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Backup, BACKUP_REASONS, type BackupReason } from '#shared/contract/backups.ts';

const NAME = new RegExp(String.raw`^nightshift-(\d{8}T\d{6}Z)-(${BACKUP_REASONS.join('|')})(?:-\d+)?\.db$`);

/** `20261121T035512Z`: sorts by time, and every file system takes it. */
export function timeStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** @param number from 1; a second one of the same second gets the next */
export function backupName(reason: BackupReason, atMs: number, number: number): string {
  return `nightshift-${timeStamp(atMs)}-${reason}${number === 1 ? '' : `-${number}`}.db`;
}

/** Where backups of a database lie unless another place is named. */
export function backupFolder(databasePath: string): string {
  return join(dirname(databasePath), 'backups');
}

/** Backups by their names, newest first; nothing where there is no folder. Other files are not looked at. */
export function listBackups(folder: string): Backup[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const found = names.flatMap((name) => describe(join(folder, name)) ?? []);
  return found.toSorted((left, right) => right.madeAtMs - left.madeAtMs || (left.path < right.path ? 1 : -1));
}

/** Those that give way when the newest `keep` of each reason stay. */
export function surplusBackups(backups: readonly Backup[], keep: number): Backup[] {
  return BACKUP_REASONS.flatMap((reason) => backups.filter((backup) => backup.reason === reason).slice(keep));
}

function describe(path: string): Backup | null {
  const [, stamp, reason] = NAME.exec(basename(path)) ?? [];
  if (stamp === undefined || reason === undefined) return null;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  const info = statSync(path, { throwIfNoEntry: false });
  if (info?.isFile() !== true) return null;
  return {
    path,
    reason: reason as BackupReason,
    madeAtMs: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    sizeBytes: info.size,
  };
}
