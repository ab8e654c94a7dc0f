import type { Problem } from '#shared/contract/common.ts';
import { type ModeProgress, type RunOptions, RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { PauseCause, RunStatus } from '#shared/domain/run.ts';
import { type WordCounts, werRatio } from '#shared/domain/scores.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { rankOffsetSql } from '#shared/domain/rank.ts';
import { type Connection, sql } from '../connection.ts';
import { addLogEntry } from './eventLog.ts';
import { queueWrites } from './queue.ts';
import { type ImportedRun, keepImport } from './queueImports.ts';
import { pausedByOf, runStatusOf } from './runState.ts';
import { type TaskSums, taskSums } from './taskSums.ts';

export type ModeStatus = ModeProgress['status'];

export interface NewRun {
  readonly name: string;
  readonly sources: readonly string[];
  readonly options: RunOptions;
  /** Where results.json goes when the user named no place: `<folder>/<run id>/results.json`. */
  readonly defaultFolder: string;
  readonly nowMs: number;
  /** Queued when its files have been looked at, also by a later owner. */
  readonly startWhenReady?: boolean | undefined;
  /** Of a queue that was imported. */
  readonly imported?: ImportedRun | undefined;
}

/** One step of a run from status to status; null clears the error, undefined leaves it. */
export interface RunMove {
  readonly runId: number;
  readonly from: RunStatus;
  readonly to: RunStatus;
  readonly nowMs: number;
  readonly error?: WireError | null;
  readonly pausedBy?: PauseCause | null;
  readonly isKept?: boolean;
}

interface RunRow {
  id: number;
  name: string;
  status: RunStatus;
  sources: string;
  options: string;
  model_name: string | null;
  model_path: string | null;
  model_fingerprint: string | null;
  results_path: string;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  memory_peak_mb: number;
  cpu_peak_percent: number;
  error: string | null;
  stop_after_item_id: number | null;
  paused_by: PauseCause | null;
  pause_at_ms: number | null;
  /** 1, 0, or null without a verdict. */
  gate_passed: number | null;
}

interface ModeRow {
  mode: Mode;
  status: ModeStatus;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  error: string | null;
  held: number;
}

/** A run as it is stored, without what only the living runtime knows. */
export type StoredRun = Omit<
  RunSummary,
  | 'activeWorkers'
  | 'allowedWorkers'
  | 'workersReason'
  | 'workersFacts'
  | 'etaSec'
  | 'etaLowSec'
  | 'etaHighSec'
  | 'progressRatio'
  | 'audioMinPerMin'
  | 'audioMinPerMinOverall'
  | 'resultsError'
> & {
  /** Frozen at Start; null before. */
  readonly model: RunModel | null;
};

/** The exact model of a run: what is recorded under its fingerprint must come from it. */
export interface RunModel {
  readonly name: string;
  /** Folder; empty for servers that somebody else started. */
  readonly path: string;
  readonly fingerprint: string;
}

/** With these a run has left the scheduler, and not because Nightshift ended. */
const HAS_LEFT: readonly RunStatus[] = ['paused', 'finished', 'stopped', 'failed'];
const SHOWN_PROBLEMS = 100;

function parseError(text: string | null): WireError | null {
  return text === null ? null : (JSON.parse(text) as WireError);
}

export const runWrites = {
  insertRun(connection: Connection, run: NewRun): number {
    const { lastInsertRowid } = sql(
      connection,
      `INSERT INTO runs (name, status, sources, options, results_path, created_at_ms, start_when_ready)
       VALUES (:name, 'preparing', :sources, :options, '', :nowMs, :startWhenReady)`,
    ).run({
      name: run.name,
      sources: JSON.stringify(run.sources),
      options: JSON.stringify(run.options),
      nowMs: run.nowMs,
      startWhenReady: run.startWhenReady === true ? 1 : 0,
    });
    const id = Number(lastInsertRowid);
    addLogEntry(connection, { atMs: run.nowMs, code: 'runCreated', runId: id });
    if (run.imported !== undefined) keepImport(connection, id, run.imported);
    const resultsPath = run.options.outputPath ?? `${run.defaultFolder}/${id}/results.json`;
    sql(connection, 'UPDATE runs SET results_path = :resultsPath WHERE id = :id').run({ id, resultsPath });
    return id;
  },

  /**
   * @param change.pausedBy on the way to a pause: whose it is; default: whose it is already, else the user's
   * @param change.isKept the user stopped it to go on another time
   * @returns false when the run is no longer in `from`: somebody else changed it first; nor does it finish while files are being added to it.
   */
  moveRun(connection: Connection, change: RunMove): boolean {
    const { runId, from, to, nowMs, error = null, pausedBy = null, isKept = false } = change;
    const { changes } = sql(
      connection,
      `UPDATE runs SET
         status = :to,
         rank = CASE WHEN :to = 'queued' AND :from NOT IN ('running', 'interrupted')
                     THEN :nowMs + ${rankOffsetSql("json_extract(options, '$.priority')")} ELSE rank END,
         queued_at_ms = CASE WHEN :to = 'queued' THEN :nowMs ELSE queued_at_ms END,
         started_at_ms = CASE WHEN :to = 'running' THEN coalesce(started_at_ms, :nowMs) ELSE started_at_ms END,
         ended_at_ms = CASE WHEN :to IN ('finished', 'stopped', 'failed', 'interrupted') THEN :nowMs
                            WHEN :to IN ('queued', 'running') THEN NULL ELSE ended_at_ms END,
         paused_by = CASE WHEN :to IN ('pausing', 'paused') THEN coalesce(:pausedBy, paused_by, 'user') END,
         pause_at_ms = CASE WHEN :pausedBy = 'plannedTime' OR :to IN ('finished', 'stopped', 'failed') THEN NULL ELSE pause_at_ms END,
         stop_after_item_id = CASE WHEN :pausedBy = 'marker' OR :to IN ('finished', 'stopped', 'failed') THEN NULL ELSE stop_after_item_id END,
         kept_by_user = CASE WHEN :isKept = 1 THEN 1 WHEN :to IN ('stopping', 'interrupted') THEN kept_by_user ELSE 0 END,
         error = CASE WHEN :hasError THEN :error ELSE error END
       WHERE id = :runId AND status = :from
         AND NOT (:to = 'finished' AND EXISTS (SELECT 1 FROM run_additions WHERE run_id = :runId))`,
    ).run({
      runId,
      from,
      to,
      nowMs,
      pausedBy,
      isKept: isKept ? 1 : 0,
      hasError: change.error === undefined ? 0 : 1,
      error: error === null ? null : JSON.stringify(error),
    });
    if (changes === 1) {
      if (HAS_LEFT.includes(to)) queueWrites.runLeft(connection, { runId, nowMs });
      const level = to === 'failed' ? 'error' : to === 'interrupted' || error !== null ? 'warn' : 'info';
      const cause = to === 'pausing' || to === 'paused' ? pausedByOf(connection, runId) : null;
      const data = cause === null ? { from, to } : { from, to, cause };
      addLogEntry(connection, { atMs: nowMs, code: 'runChanged', level, runId, error, data });
    }
    return changes === 1;
  },

  recordPeaks(connection: Connection, peaks: { runId: number; memoryMb: number; cpuPercent: number }): void {
    sql(
      connection,
      `UPDATE runs SET memory_peak_mb = max(memory_peak_mb, :memoryMb), cpu_peak_percent = max(cpu_peak_percent, :cpuPercent)
       WHERE id = :runId`,
    ).run(peaks);
  },

  addProblems(connection: Connection, add: { runId: number; problems: readonly Problem[] }): void {
    const insert = sql(connection, 'INSERT INTO run_problems (run_id, code, path, detail) VALUES (:runId, :code, :path, :detail)');
    for (const { code, path, detail } of add.problems) insert.run({ runId: add.runId, code, path, detail: detail ?? null });
  },

  moveMode(
    connection: Connection,
    change: { runId: number; mode: Mode; status: ModeStatus; nowMs: number; error?: WireError | null },
  ): void {
    sql(
      connection,
      `UPDATE run_modes SET
         status = :status,
         started_at_ms = CASE WHEN :status = 'running' THEN coalesce(started_at_ms, :nowMs) ELSE started_at_ms END,
         ended_at_ms = CASE WHEN :status IN ('done', 'failed') THEN :nowMs ELSE NULL END,
         error = CASE WHEN :hasError THEN :error ELSE error END
       WHERE run_id = :runId AND mode = :mode`,
    ).run({
      runId: change.runId,
      mode: change.mode,
      status: change.status,
      nowMs: change.nowMs,
      hasError: change.error === undefined ? 0 : 1,
      error: change.error == null ? null : JSON.stringify(change.error),
    });
    const { runId, mode, status, nowMs: atMs, error = null } = change;
    if (status === 'failed') addLogEntry(connection, { atMs, code: 'modeGivenUp', runId, mode, error });
    else if (status === 'done') addLogEntry(connection, { atMs, code: 'modeFinished', runId, mode });
  },

  removeRun(connection: Connection, { runId }: { runId: number }): void {
    sql(connection, 'DELETE FROM runs WHERE id = :runId').run({ runId });
  },
};

export const runReads = {
  runStatus(connection: Connection, { runId }: { runId: number }): RunStatus | null {
    return runStatusOf(connection, runId);
  },

  nextQueuedRun(connection: Connection): number | null {
    const row = sql<{ id: number }>(
      connection,
      `SELECT id FROM runs WHERE status = 'queued' AND (SELECT is_paused FROM queue_state) = 0 ORDER BY rank, id LIMIT 1`,
    ).get();
    return row?.id ?? null;
  },

  listRunIds(connection: Connection, page: { beforeId: number | null; count: number }): { ids: number[]; total: number } {
    const ids = sql<{ id: number }>(
      connection,
      'SELECT id FROM runs WHERE :beforeId IS NULL OR id < :beforeId ORDER BY id DESC LIMIT :count',
    )
      .all(page)
      .map((row) => row.id);
    const total = sql<{ total: number }>(connection, 'SELECT count(*) AS total FROM runs').get()?.total ?? 0;
    return { ids, total };
  },

  storedRun(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): StoredRun | null {
    const run = sql<RunRow>(
      connection,
      `SELECT runs.*, json_extract(verdict, '$.valid') AS gate_passed
       FROM runs LEFT JOIN run_verdicts ON run_verdicts.run_id = runs.id WHERE runs.id = :runId`,
    ).get({ runId });
    if (run === undefined) return null;
    const items = sql<{ items: number; inspected: number; audio_sec: number; with_reference: number; unusable: number }>(
      connection,
      // What additions and subtractions of seconds leave over is not a figure.
      `SELECT items, inspected, round(audio_sec, 6) AS audio_sec, with_reference, unusable FROM item_tallies WHERE run_id = :runId`,
    ).get({ runId });
    const problems = sql<{ code: Problem['code']; path: string; detail: string | null }>(
      connection,
      'SELECT code, path, detail FROM run_problems WHERE run_id = :runId LIMIT :count',
    ).all({ runId, count: SHOWN_PROBLEMS });
    const problemCount =
      sql<{ total: number }>(connection, 'SELECT count(*) AS total FROM run_problems WHERE run_id = :runId').get({ runId })?.total ?? 0;
    // A choice that an older version did not know has its default.
    const options = RunOptionsSchema.parse(JSON.parse(run.options));
    const sums = taskSums(connection, runId, nowMs);
    const modes = modeProgress(connection, runId, sums);
    const sum = (pick: (mode: ModeProgress) => number): number => modes.reduce((total, mode) => total + pick(mode), 0);
    return {
      id: run.id,
      name: run.name,
      status: run.status,
      sources: JSON.parse(run.sources) as string[],
      options,
      model:
        run.model_name === null || run.model_path === null || run.model_fingerprint === null
          ? null
          : { name: run.model_name, path: run.model_path, fingerprint: run.model_fingerprint },
      pausedBy: run.paused_by,
      pauseAtMs: run.pause_at_ms,
      stopAfterItemId: run.stop_after_item_id,
      createdAtMs: run.created_at_ms,
      startedAtMs: run.started_at_ms,
      endedAtMs: run.ended_at_ms,
      itemCount: items?.items ?? 0,
      inspectedCount: items?.inspected ?? 0,
      audioSec: items?.audio_sec ?? 0,
      withReferenceCount: items?.with_reference ?? 0,
      unusableCount: items?.unusable ?? 0,
      problems: problems.map(({ code, path, detail }) => (detail === null ? { code, path } : { code, path, detail })),
      problemCount,
      modes,
      totals: {
        total: sum((mode) => mode.total),
        queued: sum((mode) => mode.queued),
        active: sum((mode) => mode.active),
        done: sum((mode) => mode.done),
        failed: sum((mode) => mode.failed),
        skipped: sum((mode) => mode.skipped),
        cancelled: sum((mode) => mode.cancelled),
      },
      memoryPeakMb: run.memory_peak_mb,
      cpuPeakPercent: run.cpu_peak_percent,
      gatePassed: run.gate_passed === null ? null : run.gate_passed === 1,
      normalizerVersion: oldestOf([...sums.values()].map((sum) => sum.normalizer_version)),
      resultsPath: run.results_path,
      error: parseError(run.error),
    };
  },
};

function oldestOf(versions: readonly (number | null)[]): number | null {
  const known = versions.filter((version) => version !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function modeProgress(connection: Connection, runId: number, sums: ReadonlyMap<Mode, TaskSums>): ModeProgress[] {
  const modes = sql<ModeRow>(
    connection,
    'SELECT mode, status, started_at_ms, ended_at_ms, error, held FROM run_modes WHERE run_id = :runId ORDER BY position',
  ).all({ runId });
  return modes.map((mode) => {
    const sum = sums.get(mode.mode);
    const counts: WordCounts | null =
      sum === undefined || sum.scored === 0
        ? null
        : {
            substitutions: sum.substitutions,
            deletions: sum.deletions,
            insertions: sum.insertions,
            hits: sum.hits,
            referenceWords: sum.reference_words,
          };
    return {
      mode: mode.mode,
      status: mode.status,
      total: sum?.total ?? 0,
      queued: sum?.queued ?? 0,
      active: sum?.active ?? 0,
      done: sum?.done ?? 0,
      failed: sum?.failed ?? 0,
      skipped: sum?.skipped ?? 0,
      cancelled: sum?.cancelled ?? 0,
      retrying: sum?.retrying ?? 0,
      held: sum?.held ?? 0,
      isHeld: mode.held === 1,
      partial: sum?.partial ?? 0,
      counts,
      werRatio: counts === null ? null : werRatio(counts),
      audioSec: sum?.audio_sec ?? 0,
      processingSec: sum?.processing_sec ?? 0,
      rtf: sum === undefined || sum.processed_audio_sec === 0 ? null : sum.processing_sec / sum.processed_audio_sec,
      firstTokenLatencyP50Ms: medianLatency(connection, runId, mode.mode, sum?.latency_count ?? 0),
      startedAtMs: mode.started_at_ms,
      endedAtMs: mode.ended_at_ms,
      ...audioLength(sum),
      etaSec: null,
      etaLowSec: null,
      etaHighSec: null,
      audioMinPerMin: null,
      error: parseError(mode.error),
    };
  });
}

/** A file that announces no length counts as the mean of those that do, and as a minute while none does. */
function audioLength(sum: TaskSums | undefined): Pick<ModeProgress, 'leftAudioSec' | 'totalAudioSec'> {
  if (sum === undefined) return { leftAudioSec: 0, totalAudioSec: 0 };
  const meanSec = sum.known_audio_count === 0 ? 60 : sum.known_audio_sec / sum.known_audio_count;
  const unknownSec = sum.left_unknown * meanSec;
  return { leftAudioSec: sum.left_audio_sec + unknownSec, totalAudioSec: sum.known_audio_sec + unknownSec };
}

function medianLatency(connection: Connection, runId: number, mode: Mode, count: number): number | null {
  if (mode !== 'streaming' || count === 0) return null;
  const row = sql<{ latency: number }>(
    connection,
    `SELECT first_token_latency_ms AS latency FROM tasks
     WHERE run_id = :runId AND mode = :mode AND superseded = 0 AND first_token_latency_ms IS NOT NULL
     ORDER BY first_token_latency_ms LIMIT 1 OFFSET :offset`,
  ).get({ runId, mode, offset: Math.floor((count - 1) / 2) });
  return row?.latency ?? null;
}
