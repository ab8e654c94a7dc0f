import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { RetentionRules } from '#shared/contract/retention.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { decimalNumber, notEmpty, wholeNumber } from './flagValues.ts';

export type BackupCommand =
  /** `to`: absolute; null: the data folder. */
  | { readonly command: 'backup'; readonly action: 'create'; readonly to: string | null }
  | { readonly command: 'backup'; readonly action: 'list' }
  /** `path`: absolute; null: the database in use. */
  | { readonly command: 'backup'; readonly action: 'check'; readonly path: string | null };

export interface RestoreCommand {
  readonly command: 'restore';
  /** Absolute. */
  readonly from: { readonly path: string } | 'latest' | 'new';
}

export interface CleanCommand {
  readonly command: 'clean';
  readonly isConfirmed: boolean;
  /** Rules for this time. */
  readonly rules: Partial<RetentionRules>;
  /** Whether the cache goes, too. */
  readonly cache: boolean;
  readonly pin: { readonly runId: number; readonly isPinned: boolean } | null;
}

export type StorageCommand = BackupCommand | RestoreCommand | CleanCommand;

interface BackupValues {
  readonly to?: string;
  readonly list: boolean;
  readonly check?: string | true;
}

interface RestoreValues {
  readonly latest: boolean;
  readonly new: boolean;
}

interface CleanValues {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly olderThan?: number;
  readonly keepRuns?: number;
  readonly reportsOlderThan?: number;
  readonly uploadsOlderThan?: number;
  readonly logsOlderThan?: number;
  readonly unusedTexts?: boolean;
  readonly cache: boolean;
  readonly maxDisk?: number;
  readonly pin?: number;
  readonly unpin?: number;
}

const MAX_DAYS = 36_500;
const MAX_COUNT = 1_000_000;

/** Adds `backup`, `restore` and `clean`. @param add makes a subcommand with the flags that all have */
export function addStorageCommands<Common>(
  add: (name: string, description: string) => Command,
  cwd: string,
  done: (command: StorageCommand, values: Common) => void,
): void {
  add('backup', 'copy the database as it is now, also while runs go on, and check the copy')
    .addOption(
      new Option('--to <path>', 'new file or existing folder (default: backups in the data folder)').argParser(
        notEmpty('--to', 'a file or folder'),
      ),
    )
    .option('--list', 'list the backups in the data folder', false)
    .option('--check [file]', 'read a whole backup, or the database in use, and say whether it is sound')
    .action((values: BackupValues & Common) => done(toBackup(values, cwd), values));

  add('restore', 'put a backup in the place of the database, which is kept beside it')
    .argument('[backup]', 'file of a backup')
    .option('--latest', 'the newest backup of the data folder', false)
    .option('--new', 'no backup: put the database aside and begin a new one', false)
    .action((backup: string | undefined, values: RestoreValues & Common) => done(toRestore(backup, values, cwd), values));

  const days = (flag: string): ((text: string) => number) => decimalNumber(flag, 0, MAX_DAYS, 'days');
  add('clean', 'show what may go of the data folder and why; with --yes, remove it')
    .option('--yes', 'remove what is listed', false)
    .option('--dry-run', 'only list (default)', false)
    .addOption(new Option('--older-than <days>', 'runs that ended longer ago').argParser(days('--older-than')))
    .addOption(new Option('--keep-runs <count>', 'runs beyond the newest so many').argParser(wholeNumber('--keep-runs', 0, MAX_COUNT)))
    .addOption(new Option('--reports-older-than <days>', 'reports of runs that stay').argParser(days('--reports-older-than')))
    .addOption(new Option('--uploads-older-than <days>', 'uploaded recordings that no run uses').argParser(days('--uploads-older-than')))
    .addOption(new Option('--logs-older-than <days>', 'older parts of logs').argParser(days('--logs-older-than')))
    .option('--unused-texts', 'texts of removed runs that no run uses any more')
    .option('--cache', 'audio that was kept and what is known of files; made again when needed', false)
    .addOption(
      new Option('--max-disk <GiB>', 'the oldest runs, until no more is used').argParser(decimalNumber('--max-disk', 0, MAX_COUNT, 'GiB')),
    )
    .addOption(new Option('--pin <run>', 'never clean this run').argParser(runNumber('--pin')))
    .addOption(new Option('--unpin <run>', 'this run may be cleaned again').argParser(runNumber('--unpin')))
    .action((values: CleanValues & Common) => done(toClean(values), values));
}

function runNumber(flag: string): (text: string) => number {
  const read = wholeNumber(flag, 1, Number.MAX_SAFE_INTEGER);
  return (text) => read(text.replace(/^#/, ''));
}

function toBackup({ to, list, check }: BackupValues, cwd: string): BackupCommand {
  const asked = [to !== undefined, list, check !== undefined].filter(Boolean).length;
  if (asked > 1) throw conflict('--to', '--to, --list and --check cannot be combined');
  if (list) return { command: 'backup', action: 'list' };
  if (check !== undefined) return { command: 'backup', action: 'check', path: check === true ? null : resolve(cwd, check) };
  return { command: 'backup', action: 'create', to: to === undefined ? null : resolve(cwd, to) };
}

function toRestore(backup: string | undefined, { latest, new: isNew }: RestoreValues, cwd: string): RestoreCommand {
  if ([backup !== undefined, latest, isNew].filter(Boolean).length !== 1) throw conflict('backup', 'name a backup, or --latest, or --new');
  return { command: 'restore', from: backup !== undefined ? { path: resolve(cwd, backup) } : latest ? 'latest' : 'new' };
}

function toClean(values: CleanValues): CleanCommand {
  if (values.yes && values.dryRun) throw conflict('--yes', 'it cannot be combined with --dry-run');
  if (values.pin !== undefined && values.unpin !== undefined) throw conflict('--pin', 'it cannot be combined with --unpin');
  const rules = {
    runDays: values.olderThan,
    runCount: values.keepRuns,
    reportDays: values.reportsOlderThan,
    uploadDays: values.uploadsOlderThan,
    logDays: values.logsOlderThan,
    unusedAnswers: values.unusedTexts,
    diskGib: values.maxDisk,
  };
  const pinned = values.pin ?? values.unpin;
  return {
    command: 'clean',
    isConfirmed: values.yes,
    cache: values.cache,
    rules: Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)) as Partial<RetentionRules>,
    pin: pinned === undefined ? null : { runId: pinned, isPinned: values.pin !== undefined },
  };
}

function conflict(field: string, detail: string): NightshiftError {
  return new NightshiftError('INPUT_INVALID', { field, detail });
}
