import type { Mode } from '#shared/domain/mode.ts';
import { type RunStatus, TASK_TRANSITIONS, type TaskStatus, type TaskType } from '#shared/domain/run.ts';
import { RANK_STEP_MS, rankOf, rankOffsetSql } from '#shared/domain/rank.ts';
import { transition } from '#shared/domain/transition.ts';
import { NORMALIZER_VERSIONS, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData, WireError } from '#shared/errors/nightshiftError.ts';
import type { Segment } from '../../servers/adapters/asrAdapter.ts';
import type { EventCode } from '#shared/domain/eventLog.ts';
import { type Connection, sql } from '../connection.ts';
import { addLogEntry, addTaskEntry } from './eventLog.ts';

/** What makes two transcriptions the same work: mode, model and every parameter that changes the text, as one word. */
export interface ModePlan {
  readonly mode: Mode;
  /** `result_key` of an item is `<sha256>:<workKey>`. */
  readonly workKey: string;
}

export interface PlanRequest {
  readonly runId: number;
  readonly type: TaskType;
  readonly modes: readonly ModePlan[];
  /** Files not yet done per mode; null for all. */
  readonly limit: number | null;
  readonly priority: number;
  readonly maxRetries: number;
  readonly nowMs: number;
  /** Only some of the files; default: all. Those that can never be done are planned with the last part alone: each is logged. */
  readonly part?: PlanPart;
}

/** Files of a run in the order of their numbers. */
export interface PlanPart {
  /** Those behind this one. */
  readonly afterItemId: number;
  /** null: all the others. */
  readonly count: number | null;
  /** How many there are before them. */
  readonly placesBefore: number;
}

export interface PlannedMode {
  readonly mode: Mode;
  readonly found: number;
  readonly alreadyDone: number;
  readonly unusable: number;
  readonly remaining: number;
  readonly beyondLimit: number;
  /** Announced seconds of what remains. */
  readonly audioSec: number;
}

interface Candidate {
  id: number;
  sha256: string | null;
  announced_sec: number | null;
  problem_code: ErrorCode | null;
  problem_data: string | null;
  result_id: number | null;
  failed_before: number;
}

export interface ClaimedTask {
  readonly taskId: number;
  readonly leaseToken: string;
  readonly itemId: number;
  readonly fileId: string;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly announcedSec: number | null;
  readonly reference: string | null;
  readonly mode: Mode;
  readonly priority: number;
  /** Place in the queue of its mode, together with the task id (`rank.ts`). */
  readonly rank: number;
  /** Its own language; null: that of the run. */
  readonly language: string | null;
  readonly maxRetries: number;
  readonly failedAttempts: number;
  readonly losses: number;
  /** Earlier attempts whose text was too little for the audio (TEXT_SUSPICIOUS). */
  readonly suspiciousAttempts: number;
  readonly resultKey: string;
}

export interface DoneResult {
  readonly hypothesis: string;
  readonly segments: readonly Segment[];
  readonly language: string | null;
  readonly model: string;
  readonly decodedSec: number;
  readonly announcedSec: number | null;
  readonly processingSec: number;
  readonly decodeSec: number | null;
  readonly firstTokenLatencyMs: number | null;
  readonly warningCode: ErrorCode | null;
}

export type TaskOutcome =
  | { readonly kind: 'done'; readonly result: DoneResult; readonly counts: WordCounts | null }
  | { readonly kind: 'failed'; readonly error: WireError; readonly counts: WordCounts | null }
  /** Counted as a failed attempt; waits until `notBeforeMs`. */
  | { readonly kind: 'retry'; readonly error: WireError; readonly notBeforeMs: number; readonly priority: number }
  /** Not the file's fault: back in the queue, counted as a loss when a worker or server went away. */
  | { readonly kind: 'requeue'; readonly error: WireError; readonly notBeforeMs: number; readonly isLoss: boolean }
  | { readonly kind: 'released' }
  | { readonly kind: 'cancelled' };

export interface FinishRequest {
  readonly taskId: number;
  readonly leaseToken: string;
  readonly nowMs: number;
  readonly outcome: TaskOutcome;
}

export interface UnscoredTask {
  readonly taskId: number;
  readonly reference: string;
  /** null: no answer, all words count as deleted. */
  readonly hypothesis: string | null;
}

/** How often a task may be lost with its worker or server before it is given up. */
export const MAX_LOSSES = 3;

const NO_COUNTS = {
  substitutions: null,
  deletions: null,
  insertions: null,
  hits: null,
  referenceWords: null,
  normalizerVersion: null as number | null,
};

/** What may be claimed, with `claimBound`; in the words of the index `tasks_to_claim`. */
export const CLAIMABLE = `status = 'queued' AND held = 0 AND (rank, id) <= (:lastRank, :lastId)
  AND NOT EXISTS (SELECT 1 FROM run_modes m WHERE m.run_id = :runId AND m.mode = :mode AND m.held = 1)`;

/** The last task of a mode that may start, modes paused alone apart: that of the item after which the run pauses. A mode without it has no bound. */
export function claimBound(connection: Connection, { runId, mode }: { runId: number; mode: Mode }): { lastRank: number; lastId: number } {
  const marked = sql<{ lastRank: number; lastId: number }>(
    connection,
    `SELECT t.rank AS lastRank, t.id AS lastId FROM runs r JOIN tasks t ON t.item_id = r.stop_after_item_id AND t.superseded = 0
     WHERE r.id = :runId AND t.mode = :mode`,
  ).get({ runId, mode });
  return marked ?? { lastRank: Infinity, lastId: 0 };
}

const WHOLE: PlanPart = { afterItemId: 0, count: null, placesBefore: 0 };

function candidates(connection: Connection, runId: number, { mode, workKey }: ModePlan, part = WHOLE): Candidate[] {
  const { afterItemId, count } = part;
  return sql<Candidate>(
    connection,
    `SELECT i.id, i.sha256, i.announced_sec, i.problem_code, i.problem_data,
       (SELECT max(r.id) FROM results r WHERE r.result_key = i.sha256 || ':' || :workKey) AS result_id,
       EXISTS (SELECT 1 FROM tasks f WHERE f.result_key = i.sha256 || ':' || :workKey AND f.status = 'failed') AS failed_before
     FROM (SELECT * FROM (SELECT * FROM items WHERE run_id = :runId AND id > :afterItemId ORDER BY id LIMIT coalesce(:count, -1))
       UNION ALL SELECT * FROM items WHERE run_id = :runId AND problem_code IS NOT NULL AND id <= :afterItemId AND :count IS NULL) i
     WHERE NOT EXISTS (SELECT 1 FROM tasks t WHERE t.item_id = i.id AND t.mode = :mode AND t.superseded = 0)
     ORDER BY i.id`,
  ).all({ runId, mode, workKey, afterItemId, count });
}

/**
 * What is left after "already done" and the limit. Files that failed before come last, so that repeating a limited run always
 * gets further; unusable files never use up the limit, because they can never be done.
 */
function divide(
  all: readonly Candidate[],
  limit: number | null,
): { done: Candidate[]; unusable: Candidate[]; chosen: Candidate[]; beyond: number } {
  const unusable = all.filter((item) => item.problem_code !== null);
  const usable = all.filter((item) => item.problem_code === null && item.sha256 !== null);
  const done = usable.filter((item) => item.result_id !== null);
  const open = usable.filter((item) => item.result_id === null);
  const ordered =
    limit === null ? open : [...open.filter((item) => item.failed_before === 0), ...open.filter((item) => item.failed_before === 1)];
  const chosen = limit === null ? ordered : ordered.slice(0, limit);
  return { done, unusable, chosen, beyond: open.length - chosen.length };
}

function summarise(mode: Mode, all: readonly Candidate[], limit: number | null): PlannedMode {
  const { done, unusable, chosen, beyond } = divide(all, limit);
  return {
    mode,
    found: done.length + unusable.length + chosen.length,
    alreadyDone: done.length,
    unusable: unusable.length,
    remaining: chosen.length,
    beyondLimit: beyond,
    audioSec: chosen.reduce((total, item) => total + (item.announced_sec ?? 0), 0),
  };
}

/** Places in the order of the files, so that others fit between them; what failed before comes behind where the run is limited. */
function plannedRanks(all: readonly Candidate[], { nowMs, priority, limit, part = WHOLE }: PlanRequest): (item: Candidate) => number {
  const first = rankOf(nowMs, priority) + part.placesBefore * RANK_STEP_MS;
  const places = new Map(all.filter(({ id }) => id > part.afterItemId).map(({ id }, place) => [id, place]));
  return (item) => {
    const behind = limit !== null && item.failed_before === 1 ? all.length : 0;
    return first + ((places.get(item.id) ?? 0) + behind) * RANK_STEP_MS;
  };
}

/** The tasks of a plan, without its modes. */
function insertTasks(connection: Connection, request: PlanRequest): void {
  const insertOpen = sql(
    connection,
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, rank, max_retries, status, result_key, audio_sec)
     VALUES (:runId, :itemId, :type, :mode, :priority, :rank, :maxRetries, 'queued', :resultKey, :audioSec)`,
  );
  const insertDone = sql(
    connection,
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, rank, max_retries, status, result_key, result_id, done_earlier,
       audio_sec, processing_sec, first_token_latency_ms, error_code, ended_at_ms)
     SELECT :runId, :itemId, :type, :mode, :priority, :rank, :maxRetries, 'skipped', result_key, id, 1,
       decoded_sec, processing_sec, first_token_latency_ms, warning_code, :nowMs
     FROM results WHERE id = :resultId`,
  );
  const insertUnusable = sql(
    connection,
    `INSERT INTO tasks (run_id, item_id, type, mode, priority, rank, max_retries, status, error_code, error_data, ended_at_ms)
     VALUES (:runId, :itemId, :type, :mode, :priority, :rank, :maxRetries, 'failed', :errorCode, :errorData, :nowMs)`,
  );
  const { runId, type, priority, maxRetries, nowMs, part = WHOLE } = request;
  for (const { mode, workKey } of request.modes) {
    const all = candidates(connection, runId, { mode, workKey }, part);
    const { done, unusable, chosen } = divide(all, request.limit);
    const common = { runId, type, mode, priority, maxRetries };
    const rankOfItem = plannedRanks(all, request);
    for (const item of done) insertDone.run({ ...common, itemId: item.id, rank: rankOfItem(item), resultId: item.result_id, nowMs });
    for (const item of part.count === null ? unusable : []) {
      insertUnusable.run({
        ...common,
        itemId: item.id,
        rank: rankOfItem(item),
        errorCode: item.problem_code,
        errorData: item.problem_data,
        nowMs,
      });
      const data = item.problem_data === null ? {} : (JSON.parse(item.problem_data) as ErrorData);
      const error = item.problem_code === null ? null : { code: item.problem_code, data };
      addLogEntry(connection, { atMs: nowMs, code: 'fileFailed', runId, itemId: item.id, mode, error });
    }
    for (const item of chosen) {
      const resultKey = `${item.sha256 ?? ''}:${workKey}`;
      insertOpen.run({ ...common, itemId: item.id, rank: rankOfItem(item), resultKey, audioSec: item.announced_sec });
    }
  }
}

export const taskWrites = {
  /** Creates the modes and, once, their tasks; an item that already has a task in a mode is left alone. */
  planTasks(connection: Connection, request: PlanRequest): void {
    const insertMode = sql(
      connection,
      `INSERT INTO run_modes (run_id, mode, position, status) VALUES (:runId, :mode, :position, 'waiting') ON CONFLICT DO NOTHING`,
    );
    for (const [position, { mode }] of request.modes.entries()) insertMode.run({ runId: request.runId, mode, position });
    insertTasks(connection, request);
  },

  /**
   * Tasks of the files of `part` for a run that is about to be started. Without its modes it is not started: whatever such a run has of tasks is left from a start that
   * did not come about.
   * @returns the last of the files; null: there are none, or the run is no longer in `from`
   */
  planPart(connection: Connection, { from, plan, part }: { from: RunStatus; plan: PlanRequest; part: PlanPart }): number | null {
    const last = sql<{ id: number | null }>(
      connection,
      `SELECT max(id) AS id FROM (SELECT i.id FROM runs r JOIN items i ON i.run_id = r.id
         WHERE r.id = :runId AND r.status = :from AND i.id > :afterItemId ORDER BY i.id LIMIT :count)`,
    ).get({ runId: plan.runId, from, afterItemId: part.afterItemId, count: part.count });
    if (last?.id != null) insertTasks(connection, { ...plan, part });
    return last?.id ?? null;
  },

  /** Removes some tasks of a run that was never started. @returns whether there may be more */
  dropPlanned(connection: Connection, { runId, count }: { runId: number; count: number }): boolean {
    const { changes } = sql(
      connection,
      `DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE run_id = :runId LIMIT :count)
         AND NOT EXISTS (SELECT 1 FROM run_modes WHERE run_id = :runId)`,
    ).run({ runId, count });
    return changes === count;
  },

  /**
   * Takes up to `count` ready tasks for this boot in one statement. Each gets its own lease token, which every later write
   * about it must carry. No attempt begins yet: what was only at hand when an owner dies is not charged with it.
   */
  claimTasks(
    connection: Connection,
    claim: { runId: number; mode: Mode; count: number; nowMs: number; bootId: string; leasePrefix: string },
  ): ClaimedTask[] {
    const claimed = sql<{ id: number }>(
      connection,
      `UPDATE tasks SET status = 'claimed', boot_id = :bootId, lease_token = :leasePrefix || '-' || id
       WHERE id IN (
         SELECT id FROM tasks WHERE run_id = :runId AND mode = :mode AND ${CLAIMABLE} AND not_before_ms <= :nowMs
         ORDER BY rank, id LIMIT :count)
       RETURNING id`,
    ).all({ ...claim, ...claimBound(connection, claim) });
    const find = sql<ClaimedTask>(
      connection,
      `SELECT t.id AS taskId, t.lease_token AS leaseToken, i.id AS itemId, i.file_id AS fileId, i.path, i.sha256, i.size_bytes AS sizeBytes,
         i.modified_ms AS modifiedMs, i.announced_sec AS announcedSec, i.reference, t.mode, t.priority, t.rank, t.language, t.max_retries AS maxRetries,
         t.failed_attempts AS failedAttempts, t.losses, t.result_key AS resultKey,
         (SELECT count(*) FROM attempts a WHERE a.task_id = t.id AND a.error_code = 'TEXT_SUSPICIOUS') AS suspiciousAttempts
       FROM tasks t JOIN items i ON i.id = t.item_id WHERE t.id = :id`,
    );
    // RETURNING does not promise the order of the inner SELECT.
    return claimed
      .map(({ id }) => find.get({ id }))
      .filter((task) => task !== undefined)
      .toSorted((left, right) => left.rank - right.rank || left.taskId - right.taskId);
  },

  /** Work on a claimed task begins. @returns false when the lease is no longer held. */
  beginAttempt(
    connection: Connection,
    begin: { taskId: number; leaseToken: string; nowMs: number; serverInstance: string | null },
  ): boolean {
    const { changes } = sql(
      connection,
      `UPDATE tasks SET started_at_ms = :nowMs WHERE id = :taskId AND status = 'claimed' AND lease_token = :leaseToken`,
    ).run({ taskId: begin.taskId, leaseToken: begin.leaseToken, nowMs: begin.nowMs });
    if (changes === 0) return false;
    sql(
      connection,
      `INSERT INTO attempts (task_id, number, boot_id, lease_token, server_instance, started_at_ms, outcome)
       SELECT id, 1 + (SELECT count(*) FROM attempts a WHERE a.task_id = tasks.id AND a.outcome <> 'released'), boot_id, lease_token,
         :serverInstance, :nowMs, 'running'
       FROM tasks WHERE id = :taskId`,
    ).run({ taskId: begin.taskId, serverInstance: begin.serverInstance, nowMs: begin.nowMs });
    return true;
  },

  /**
   * Attempt, outcome, result and the entry of the event log in one transaction.
   * @returns 'late' when the lease is no longer held: nothing is changed then but a row for the record.
   */
  finishTask(connection: Connection, request: FinishRequest): 'recorded' | 'late' {
    const { taskId, leaseToken, nowMs, outcome } = request;
    const held = sql(connection, `SELECT 1 FROM tasks WHERE id = :taskId AND status = 'claimed' AND lease_token = :leaseToken`).get({
      taskId,
      leaseToken,
    });
    if (held === undefined) {
      // What is given back had been taken away by a change of the queue.
      if (outcome.kind === 'released') return 'late';
      sql(
        connection,
        'INSERT INTO late_results (task_id, lease_token, arrived_at_ms, outcome) VALUES (:taskId, :leaseToken, :nowMs, :outcome)',
      ).run({ taskId, leaseToken, nowMs, outcome: JSON.stringify(outcome) });
      return 'late';
    }
    const error = 'error' in outcome ? outcome.error : null;
    const attemptOutcome =
      outcome.kind === 'retry' ? 'failed' : outcome.kind === 'requeue' ? (outcome.isLoss ? 'lost' : 'released') : outcome.kind;
    const attempt = sql<{ id: number }>(
      connection,
      `UPDATE attempts SET outcome = :attemptOutcome, ended_at_ms = :nowMs, error_code = :errorCode, error_data = :errorData
       WHERE task_id = :taskId AND lease_token = :leaseToken RETURNING id`,
    ).get({
      taskId,
      leaseToken,
      nowMs,
      attemptOutcome,
      errorCode: error?.code ?? null,
      errorData: error === null ? null : JSON.stringify(error.data),
    });
    // A server that had no room has not tried; nights of waiting must not fill the history.
    if (outcome.kind === 'requeue' && !outcome.isLoss && attempt !== undefined) {
      sql(connection, 'DELETE FROM attempts WHERE id = :id').run({ id: attempt.id });
    }
    const write = outcomeColumns(connection, request, attempt?.id ?? null);
    transition(TASK_TRANSITIONS, `task ${taskId}`, 'claimed', write.status);
    sql(
      connection,
      `UPDATE tasks SET status = :status, lease_token = NULL, boot_id = NULL, started_at_ms = NULL, not_before_ms = :notBeforeMs,
         priority = coalesce(:priority, priority), rank = coalesce(:rank, rank), failed_attempts = failed_attempts + :failedAttempts, losses = losses + :losses,
         result_id = :resultId, error_code = :errorCode, error_data = :errorData,
         audio_sec = coalesce(:audioSec, audio_sec), processing_sec = :processingSec, first_token_latency_ms = :firstTokenLatencyMs,
         substitutions = :substitutions, deletions = :deletions, insertions = :insertions, hits = :hits, reference_words = :referenceWords,
         normalizer_version = :normalizerVersion, ended_at_ms = :endedAtMs
       WHERE id = :taskId`,
    ).run({ taskId, ...write });
    const code = entryOf(outcome);
    if (code !== null) addTaskEntry(connection, { taskId, atMs: nowMs, code, ...entryFacts(outcome) });
    return 'recorded';
  },

  /** Queued tasks of a run (or one mode of it) end without an attempt. */
  endQueuedTasks(
    connection: Connection,
    end: { runId: number; mode: Mode | null; status: 'cancelled' | 'failed'; error: WireError | null; nowMs: number },
  ): number {
    transition(TASK_TRANSITIONS, 'task', 'queued', end.status);
    return sql(
      connection,
      `UPDATE tasks SET status = :status, error_code = :errorCode, error_data = :errorData, ended_at_ms = :nowMs
       WHERE run_id = :runId AND status = 'queued' AND (:mode IS NULL OR mode = :mode)`,
    ).run({
      runId: end.runId,
      mode: end.mode,
      status: end.status,
      nowMs: end.nowMs,
      errorCode: end.error?.code ?? null,
      errorData: end.error === null ? null : JSON.stringify(end.error.data),
    }).changes;
  },

  /** Files done meanwhile by another run are not done again. @returns how many tasks became `skipped`. */
  skipDoneMeanwhile(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): number {
    return sql(
      connection,
      `UPDATE tasks SET status = 'skipped', done_earlier = 1, ended_at_ms = :nowMs,
         (result_id, audio_sec, processing_sec, first_token_latency_ms, error_code) =
           (SELECT id, decoded_sec, processing_sec, first_token_latency_ms, warning_code FROM results r
            WHERE r.result_key = tasks.result_key ORDER BY id DESC LIMIT 1)
       WHERE run_id = :runId AND status = 'queued' AND EXISTS (SELECT 1 FROM results r WHERE r.result_key = tasks.result_key)`,
    ).run({ runId, nowMs }).changes;
  },

  /**
   * New tasks for those that failed or were cancelled and could still be done, but not for what the user took out; what he held back stays so. The old rows stay as
   * history.
   */
  reopenTasks(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): number {
    sql(
      connection,
      `INSERT INTO tasks (run_id, item_id, type, mode, data, priority, rank, held, max_retries, status, result_key, language, audio_sec)
       SELECT t.run_id, t.item_id, t.type, t.mode, t.data, json_extract(r.options, '$.priority'),
         :nowMs + ${rankOffsetSql("json_extract(r.options, '$.priority')")} + (row_number() OVER (PARTITION BY t.mode ORDER BY t.rank, t.id)) * ${RANK_STEP_MS},
         t.held, t.max_retries, 'queued', t.result_key, t.language, i.announced_sec
       FROM tasks t JOIN runs r ON r.id = t.run_id JOIN items i ON i.id = t.item_id
       WHERE t.run_id = :runId AND t.superseded = 0 AND t.removed = 0 AND t.status IN ('failed', 'cancelled') AND t.result_key IS NOT NULL`,
    ).run({ runId, nowMs });
    // What was final of a failed file is not heard again.
    sql(
      connection,
      `UPDATE checkpoints SET task_id = (
         SELECT n.id FROM tasks o JOIN tasks n ON n.item_id = o.item_id AND n.mode = o.mode AND n.status = 'queued' AND n.superseded = 0
         WHERE o.id = checkpoints.task_id)
       WHERE task_id IN (SELECT id FROM tasks WHERE run_id = :runId AND superseded = 0 AND removed = 0 AND status = 'failed' AND result_key IS NOT NULL)`,
    ).run({ runId });
    const { changes } = sql(
      connection,
      `UPDATE tasks SET superseded = 1
       WHERE run_id = :runId AND superseded = 0 AND removed = 0 AND status IN ('failed', 'cancelled') AND result_key IS NOT NULL`,
    ).run({ runId });
    return changes;
  },

  /**
   * Gives back what is still claimed by a run that nobody executes: an outcome could not be written. Nothing is charged for it.
   */
  reclaimTasks(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): number {
    sql(
      connection,
      `UPDATE attempts SET outcome = 'lost', ended_at_ms = :nowMs
       WHERE outcome = 'running' AND task_id IN (SELECT id FROM tasks WHERE run_id = :runId AND status = 'claimed')`,
    ).run({ runId, nowMs });
    return sql(
      connection,
      `UPDATE tasks SET status = 'queued', lease_token = NULL, boot_id = NULL, started_at_ms = NULL WHERE run_id = :runId AND status = 'claimed'`,
    ).run({ runId }).changes;
  },

  recordCounts(connection: Connection, { entries }: { entries: readonly { taskId: number; counts: WordCounts }[] }): void {
    const update = sql(
      connection,
      `UPDATE tasks SET substitutions = :substitutions, deletions = :deletions, insertions = :insertions, hits = :hits,
         reference_words = :referenceWords, normalizer_version = :normalizerVersion WHERE id = :taskId`,
    );
    for (const { taskId, counts } of entries) {
      update.run({ taskId, ...counts, normalizerVersion: normalizerVersionOf(connection, taskId) });
    }
  },
};

export const taskReads = {
  planCounts(connection: Connection, request: { runId: number; modes: readonly ModePlan[]; limit: number | null }): PlannedMode[] {
    return request.modes.map(({ mode, workKey }) =>
      summarise(mode, candidates(connection, request.runId, { mode, workKey }), request.limit),
    );
  },

  /** The earliest time at which a task of the mode may start; null when there is none that may: none is left, or it is held back or behind the marker. */
  nextReadyMs(connection: Connection, { runId, mode }: { runId: number; mode: Mode }): number | null {
    return (
      sql<{ at: number | null }>(
        connection,
        `SELECT min(not_before_ms) AS at FROM tasks WHERE run_id = :runId AND mode = :mode AND ${CLAIMABLE}`,
      ).get({ runId, mode, ...claimBound(connection, { runId, mode }) })?.at ?? null
    );
  },

  /** Tasks without an outcome: queued or claimed. */
  openTaskCount(connection: Connection, { runId }: { runId: number }): number {
    return (
      sql<{ total: number }>(
        connection,
        `SELECT count(*) AS total FROM tasks WHERE run_id = :runId AND superseded = 0 AND status IN ('queued', 'claimed')`,
      ).get({ runId })?.total ?? 0
    );
  },

  /** Tasks with an outcome and a reference that have no word counts yet. */
  unscoredTasks(connection: Connection, page: { runId: number; afterId: number; count: number }): UnscoredTask[] {
    return sql<UnscoredTask>(
      connection,
      `SELECT t.id AS taskId, i.reference, r.hypothesis FROM tasks t
       JOIN items i ON i.id = t.item_id LEFT JOIN results r ON r.id = t.result_id
       WHERE t.run_id = :runId AND t.id > :afterId AND t.superseded = 0 AND t.status IN ('done', 'skipped', 'failed')
         AND i.reference IS NOT NULL AND t.reference_words IS NULL ORDER BY t.id LIMIT :count`,
    ).all(page);
  },
};

/** The run pauses when everything up to the marker has its outcome: a retry of that keeps its place. */
function isBeforeMarker(connection: Connection, taskId: number): boolean {
  const task = sql<{ run_id: number; mode: Mode; rank: number }>(connection, 'SELECT run_id, mode, rank FROM tasks WHERE id = :taskId').get(
    {
      taskId,
    },
  );
  if (task === undefined) return false;
  const { lastRank, lastId } = claimBound(connection, { runId: task.run_id, mode: task.mode });
  return lastRank !== Infinity && (task.rank < lastRank || (task.rank === lastRank && taskId <= lastId));
}

/** Of the rule that counts of the task are made with now: the scorer is of the same program. */
function normalizerVersionOf(connection: Connection, taskId: number): number | null {
  const run = sql<{ normalizer: NormalizerName | null }>(
    connection,
    `SELECT json_extract(r.options, '$.normalizer') AS normalizer FROM tasks t JOIN runs r ON r.id = t.run_id WHERE t.id = :taskId`,
  ).get({ taskId });
  const normalizer = run?.normalizer ?? null;
  return normalizer === null ? null : NORMALIZER_VERSIONS[normalizer];
}

/** What is logged of an outcome; nothing when the file only goes back to where it was. */
function entryOf(outcome: TaskOutcome): EventCode | null {
  switch (outcome.kind) {
    case 'done':
      return outcome.result.warningCode === null ? 'fileDone' : 'fileDoubtful';
    case 'failed':
      return 'fileFailed';
    case 'retry':
      return 'fileRetried';
    case 'requeue':
      return outcome.isLoss ? 'fileLost' : null;
    case 'cancelled':
      return 'fileCancelled';
    case 'released':
      return null;
  }
}

function entryFacts(outcome: TaskOutcome): { readonly error: WireError | null; readonly data?: ErrorData } {
  if ('error' in outcome) return { error: outcome.error };
  if (outcome.kind !== 'done') return { error: null };
  const { warningCode, decodedSec, processingSec } = outcome.result;
  return { error: warningCode === null ? null : { code: warningCode, data: {} }, data: { audioSec: decodedSec, processingSec } };
}

function outcomeColumns(
  connection: Connection,
  request: FinishRequest,
  attemptId: number | null,
): { readonly status: TaskStatus } & Record<string, unknown> {
  const { outcome, nowMs, taskId } = request;
  const base = {
    notBeforeMs: 0,
    priority: null as number | null,
    rank: null as number | null,
    failedAttempts: 0,
    losses: 0,
    resultId: null,
    errorCode: null as ErrorCode | null,
    errorData: null as string | null,
    audioSec: null,
    processingSec: null,
    firstTokenLatencyMs: null,
    ...NO_COUNTS,
    endedAtMs: null as number | null,
    status: 'queued' as TaskStatus,
  };
  const failure = (error: WireError): { errorCode: ErrorCode; errorData: string } => ({
    errorCode: error.code,
    errorData: JSON.stringify(error.data satisfies ErrorData),
  });
  const scoreColumns = (counts: WordCounts | null): object =>
    counts === null ? {} : { ...counts, normalizerVersion: normalizerVersionOf(connection, taskId) };
  switch (outcome.kind) {
    case 'done': {
      const { result, counts } = outcome;
      const { lastInsertRowid } = sql(
        connection,
        `INSERT INTO results (result_key, attempt_id, sha256, mode, model, hypothesis, segments, language, decoded_sec, announced_sec,
           processing_sec, decode_sec, first_token_latency_ms, warning_code, created_at_ms)
         SELECT t.result_key, :attemptId, i.sha256, t.mode, :model, :hypothesis, :segments, :language, :decodedSec, :announcedSec,
           :processingSec, :decodeSec, :firstTokenLatencyMs, :warningCode, :nowMs
         FROM tasks t JOIN items i ON i.id = t.item_id WHERE t.id = :taskId`,
      ).run({ ...result, segments: JSON.stringify(result.segments), attemptId, nowMs, taskId });
      return {
        ...base,
        status: 'done',
        resultId: Number(lastInsertRowid),
        errorCode: result.warningCode,
        audioSec: result.decodedSec,
        processingSec: result.processingSec,
        firstTokenLatencyMs: result.firstTokenLatencyMs,
        ...scoreColumns(counts),
        endedAtMs: nowMs,
      };
    }
    case 'failed':
      return { ...base, status: 'failed', failedAttempts: 1, ...failure(outcome.error), ...scoreColumns(outcome.counts), endedAtMs: nowMs };
    case 'retry':
      return {
        ...base,
        failedAttempts: 1,
        notBeforeMs: outcome.notBeforeMs,
        priority: outcome.priority,
        rank: isBeforeMarker(connection, taskId) ? null : rankOf(nowMs, outcome.priority),
        ...failure(outcome.error),
      };
    case 'requeue':
      return { ...base, losses: outcome.isLoss ? 1 : 0, notBeforeMs: outcome.notBeforeMs, ...failure(outcome.error) };
    case 'released':
      return base;
    case 'cancelled':
      return { ...base, status: 'cancelled', endedAtMs: nowMs };
  }
}
