import type { CleaningEntry, CleaningPlan, RetentionRules } from '#shared/contract/retention.ts';
import { CLEANABLE_STATUSES, type DatabaseFacts, type StoredRunFacts } from '../persistence/operations/retention.ts';
import type { StoredFiles } from '../ports.ts';

const DAY_MS = 24 * 3_600_000;
const GIB_BYTES = 1024 ** 3;

export interface CleaningFacts {
  readonly runs: readonly StoredRunFacts[];
  readonly database: DatabaseFacts;
  readonly files: StoredFiles;
  readonly nowMs: number;
}

type Why = Pick<CleaningEntry, 'rule' | 'limit'>;
type Upload = StoredFiles['uploads'][number];

/** What falls under the rules now. Pinned runs, runs that are not over, and what a run that stays reads never do. */
export function planCleaning(facts: CleaningFacts, rules: RetentionRules): CleaningPlan {
  const { runs, files, nowMs } = facts;
  const isOlder = (atMs: number, days: number | null): boolean => days !== null && nowMs - atMs > days * DAY_MS;
  const newestFirst = runs
    .filter((run) => !run.isPinned && CLEANABLE_STATUSES.has(run.status))
    .toSorted((left, right) => endOf(right) - endOf(left) || right.id - left.id);
  const runEntries = entriesOfRuns(facts);
  const uploads = new UploadUse(files.uploads, runs);
  const going = new Map<number, CleaningEntry>();
  let leftBytes = usedBytes(facts);
  const letGo = (run: StoredRunFacts, why: Why): void => {
    const entry = runEntries(run, why);
    going.set(run.id, entry);
    leftBytes -= entry.fileBytes + entry.databaseBytes;
    for (const { bytes } of uploads.release(run.id)) leftBytes -= bytes;
  };

  for (const [index, run] of newestFirst.entries()) {
    if (isOlder(endOf(run), rules.runDays)) letGo(run, { rule: 'runDays', limit: rules.runDays });
    else if (rules.runCount !== null && index >= rules.runCount) letGo(run, { rule: 'runCount', limit: rules.runCount });
  }
  const old = uploads.neverUsed().filter(({ modifiedMs }) => isOlder(modifiedMs, rules.uploadDays));
  const oldLogs = files.logs.filter(({ isOld, modifiedMs }) => isOld && isOlder(modifiedMs, rules.logDays));
  const answers = answersEntry(facts, rules);
  for (const { bytes } of [...old, ...oldLogs]) leftBytes -= bytes;
  leftBytes -= answers?.databaseBytes ?? 0;
  const reports = reportEntries(facts, newestFirst, (atMs) => isOlder(atMs, rules.reportDays), rules.reportDays);
  for (const { runId, fileBytes } of reports) if (!going.has(runId ?? 0)) leftBytes -= fileBytes;

  const limitBytes = rules.diskGib === null ? Number.POSITIVE_INFINITY : rules.diskGib * GIB_BYTES;
  for (const run of newestFirst.toReversed()) {
    if (leftBytes <= limitBytes) break;
    if (going.has(run.id)) continue;
    for (const report of reports) if (report.runId === run.id) leftBytes += report.fileBytes;
    letGo(run, { rule: 'diskGib', limit: rules.diskGib });
  }

  const entries = [
    ...going.values(),
    ...uploads.released().map((upload) => uploadEntry(upload, { rule: 'runGoes', limit: null })),
    ...old.map((upload) => uploadEntry(upload, { rule: 'uploadDays', limit: rules.uploadDays })),
    ...reports.filter(({ runId }) => !going.has(runId ?? 0)),
    ...oldLogs.map((log) => logEntry(log, { rule: 'logDays', limit: rules.logDays })),
    ...(answers === null ? [] : [answers]),
  ];
  return {
    entries,
    fileBytes: entries.reduce((sum, entry) => sum + entry.fileBytes, 0),
    databaseBytes: entries.reduce((sum, entry) => sum + entry.databaseBytes, 0),
    overLimitBytes: Math.max(0, leftBytes - limitBytes),
  };
}

/** What the limit is compared with: everything but models, which only the user puts there, and the cache, which has a limit of its own; free pages of the database are not in use. */
export function usedBytes({ database, files }: Pick<CleaningFacts, 'database' | 'files'>): number {
  return files.kinds.reduce((sum, { kind, bytes }) => sum + (kind === 'models' || kind === 'cache' ? 0 : bytes), 0) - database.freeBytes;
}

function endOf(run: StoredRunFacts): number {
  return run.endedAtMs ?? run.createdAtMs;
}

function entriesOfRuns({ runs, database, files }: CleaningFacts): (run: StoredRunFacts, why: Why) => CleaningEntry {
  const allTasks = runs.reduce((sum, { tasks }) => sum + tasks, 0);
  const folders = new Map(files.runs.map(({ runId, bytes }) => [runId, bytes]));
  return (run, why) => ({
    key: `run:${run.id}`,
    kind: 'run',
    name: run.name,
    runId: run.id,
    fileBytes: folders.get(run.id) ?? 0,
    databaseBytes: allTasks === 0 ? 0 : Math.round(((database.fileBytes - database.freeBytes) * run.tasks) / allTasks),
    atMs: endOf(run),
    ...why,
  });
}

function reportEntries(
  { files }: CleaningFacts,
  runs: readonly StoredRunFacts[],
  isOld: (atMs: number) => boolean,
  limit: number | null,
): CleaningEntry[] {
  const reports = new Map(files.runs.map(({ runId, report }) => [runId, report]));
  return runs.flatMap((run): CleaningEntry[] => {
    const report = reports.get(run.id) ?? null;
    if (report === null || !isOld(report.modifiedMs)) return [];
    const { bytes: fileBytes, modifiedMs: atMs } = report;
    return [
      {
        key: `report:${run.id}`,
        kind: 'report',
        name: run.name,
        runId: run.id,
        fileBytes,
        databaseBytes: 0,
        rule: 'reportDays',
        limit,
        atMs,
      },
    ];
  });
}

function uploadEntry({ session, bytes, modifiedMs }: Upload, why: Why): CleaningEntry {
  return {
    key: `upload:${session}`,
    kind: 'upload',
    name: session,
    runId: null,
    fileBytes: bytes,
    databaseBytes: 0,
    atMs: modifiedMs,
    ...why,
  };
}

function logEntry({ name, bytes, modifiedMs }: StoredFiles['logs'][number], why: Why): CleaningEntry {
  return { key: `log:${name}`, kind: 'log', name, runId: null, fileBytes: bytes, databaseBytes: 0, atMs: modifiedMs, ...why };
}

function answersEntry({ database, runs }: CleaningFacts, rules: RetentionRules): CleaningEntry | null {
  const { unusedAnswers: unused, answers, fileBytes, freeBytes } = database;
  if (!rules.unusedAnswers || unused === 0) return null;
  // Answers and tasks share the file; without tasks it is nearly all answers.
  const rows = answers + runs.reduce((sum, { tasks }) => sum + tasks, 0);
  const databaseBytes = Math.round(((fileBytes - freeBytes) * unused) / rows);
  const why: Why = { rule: 'unusedAnswers', limit: null };
  return { key: 'answers', kind: 'answers', name: String(unused), runId: null, fileBytes: 0, databaseBytes, atMs: null, ...why };
}

/** Which runs read which uploads, while runs go one after the other. */
class UploadUse {
  readonly #uploads: readonly Upload[];
  readonly #users = new Map<Upload, Set<number>>();
  readonly #released: Upload[] = [];

  constructor(uploads: readonly Upload[], runs: readonly StoredRunFacts[]) {
    this.#uploads = uploads;
    for (const upload of uploads) {
      const users = runs.filter((run) => reads(run, upload)).map(({ id }) => id);
      if (users.length > 0) this.#users.set(upload, new Set(users));
    }
  }

  neverUsed(): Upload[] {
    return this.#uploads.filter((upload) => !this.#users.has(upload));
  }

  /** @returns uploads that nobody reads any more once the run is gone */
  release(runId: number): Upload[] {
    const freed = [...this.#users].flatMap(([upload, users]) => (users.delete(runId) && users.size === 0 ? [upload] : []));
    this.#released.push(...freed);
    return freed;
  }

  released(): readonly Upload[] {
    return this.#released;
  }
}

/** Whether a run has the upload, something in it or something around it as a source. A session's name is found nowhere else. */
function reads(run: StoredRunFacts, { session, folder }: Upload): boolean {
  const slashed = (path: string): string => `${path.replaceAll('\\', '/').replace(/\/+$/, '')}/`;
  return run.sources.some((source) => source.split(/[\\/]/).includes(session) || slashed(folder).startsWith(slashed(source)));
}
