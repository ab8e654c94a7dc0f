import type { Mode } from '#shared/domain/mode.ts';
import { type Connection, sql } from '../connection.ts';

/** Of the tasks of one mode that are not superseded; sums over no task are 0. */
export interface TaskSums {
  readonly mode: Mode;
  readonly total: number;
  /** Claimed ahead and not begun is waiting, to a person. */
  readonly queued: number;
  readonly active: number;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
  readonly retrying: number;
  readonly held: number;
  readonly partial: number;
  readonly audio_sec: number;
  readonly known_audio_sec: number;
  readonly known_audio_count: number;
  readonly left_audio_sec: number;
  readonly left_unknown: number;
  readonly processing_sec: number;
  readonly processed_audio_sec: number;
  readonly scored: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
  readonly hits: number;
  readonly reference_words: number;
  readonly latency_count: number;
  /** The oldest. */
  readonly normalizer_version: number | null;
}

const countOf = (state: string): string => `coalesce(sum(tasks) FILTER (WHERE state = '${state}'), 0)`;
const DONE = `FILTER (WHERE state IN ('done', 'skipped'))`;
const LEFT = `FILTER (WHERE state IN ('queued', 'active'))`;
/** What additions and subtractions of seconds leave over is not a figure. */
const seconds = (sum: string): string => `round(coalesce(${sum}, 0), 6)`;

/** Sums of a run by mode, from its tallies: as fast for 300,000 tasks as for three. */
export function taskSums(connection: Connection, runId: number, nowMs: number): Map<Mode, TaskSums> {
  const rows = sql<TaskSums>(
    connection,
    `SELECT mode,
       sum(tasks) AS total,
       ${countOf('queued')} AS queued,
       ${countOf('active')} AS active,
       ${countOf('done')} AS done,
       ${countOf('failed')} AS failed,
       ${countOf('skipped')} AS skipped,
       ${countOf('cancelled')} AS cancelled,
       (SELECT count(*) FROM tasks w WHERE w.run_id = y.run_id AND w.mode = y.mode AND w.status = 'queued' AND w.superseded = 0 AND w.not_before_ms > 0
          AND w.not_before_ms > :nowMs) AS retrying,
       (SELECT count(*) FROM tasks h WHERE h.run_id = y.run_id AND h.mode = y.mode AND h.status = 'queued' AND h.superseded = 0 AND h.held = 1) AS held,
       coalesce(sum(doubtful) ${DONE}, 0) AS partial,
       ${seconds(`sum(audio_sec) ${DONE}`)} AS audio_sec,
       ${seconds('sum(audio_sec)')} AS known_audio_sec,
       sum(audio_known) AS known_audio_count,
       ${seconds(`sum(audio_sec) ${LEFT}`)} AS left_audio_sec,
       coalesce(sum(tasks - audio_known) ${LEFT}, 0) AS left_unknown,
       ${seconds('sum(processing_sec)')} AS processing_sec,
       ${seconds('sum(processed_audio_sec)')} AS processed_audio_sec,
       sum(scored) AS scored,
       sum(substitutions) AS substitutions,
       sum(deletions) AS deletions,
       sum(insertions) AS insertions,
       sum(hits) AS hits,
       sum(reference_words) AS reference_words,
       sum(latencies) AS latency_count,
       min(nullif(normalizer_version, -1)) FILTER (WHERE tasks > 0) AS normalizer_version
     FROM task_tallies y WHERE run_id = :runId GROUP BY mode HAVING sum(tasks) > 0`,
  ).all({ runId, nowMs });
  return new Map(rows.map((row) => [row.mode, row]));
}
