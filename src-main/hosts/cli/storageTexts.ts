import type { CleaningEntry, MediaCacheUsage } from '#shared/contract/retention.ts';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.5 MB`, in steps of 1,024 like the panel. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${UNITS[unit]}`;
}

/** `2026-11-21 03:55Z` */
export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

export function cacheText({ audioBytes, audioFiles, knownFiles }: MediaCacheUsage): string {
  return `Cache: ${sizeText(audioBytes)} of audio of ${audioFiles} files, ${knownFiles} known files; --cache --yes empties it.`;
}

export function entryText(entry: CleaningEntry): string {
  const size = [
    ...(entry.fileBytes > 0 || entry.databaseBytes === 0 ? [sizeText(entry.fileBytes)] : []),
    ...(entry.databaseBytes > 0 ? [`about ${sizeText(entry.databaseBytes)} in the database`] : []),
  ].join(' + ');
  return `  ${nameText(entry)}  (${size})  ${reasonText(entry)}`;
}

function nameText({ kind, name, runId }: CleaningEntry): string {
  switch (kind) {
    case 'run':
      return `run ${runId} “${name}” with its results file, reports and texts that no other run uses`;
    case 'report':
      return `report of run ${runId} “${name}”`;
    case 'upload':
      return `upload ${name}`;
    case 'log':
      return `log ${name}`;
    case 'answers':
      return `${name} texts of removed runs`;
  }
}

function reasonText({ rule, limit, atMs }: CleaningEntry): string {
  const at = atMs === null ? '' : timeText(atMs);
  switch (rule) {
    case 'runDays':
      return `ended ${at}, more than ${limit} days ago`;
    case 'runCount':
      return `ended ${at}, not among the newest ${limit}`;
    case 'diskGib':
      return `ended ${at}, the oldest while more than ${limit} GiB are used`;
    case 'reportDays':
    case 'logDays':
      return `written ${at}, more than ${limit} days ago`;
    case 'uploadDays':
      return `no run uses it, came ${at}, more than ${limit} days ago`;
    case 'runGoes':
      return 'only runs that go use it';
    case 'unusedAnswers':
      return 'no run uses them; the same files are transcribed anew then';
  }
}
