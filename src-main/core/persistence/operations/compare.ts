import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { RunStatus, TaskStatus } from '#shared/domain/run.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData } from '#shared/errors/nightshiftError.ts';
import { type Connection, sql } from '../connection.ts';

/** What a comparison says of a run. */
export interface ComparedRun {
  readonly id: number;
  readonly name: string;
  readonly status: RunStatus;
  readonly modelName: string | null;
  readonly options: RunOptions;
  readonly startedAtMs: number | null;
  /** Of its stored counts, the oldest; null where nothing is scored. */
  readonly normalizerVersion: number | null;
  readonly modes: readonly { readonly mode: Mode; readonly startedAtMs: number | null; readonly endedAtMs: number | null }[];
}

/** One input of a run in one mode, with the answer where there is one. */
export interface ComparedRow {
  readonly itemId: number;
  readonly fileId: string;
  readonly sha256: string | null;
  readonly reference: string | null;
  readonly announcedSec: number | null;
  readonly status: TaskStatus;
  readonly doneEarlier: boolean;
  readonly resultId: number | null;
  readonly hypothesis: string | null;
  readonly decodedSec: number | null;
  readonly processingSec: number | null;
  readonly decodeSec: number | null;
  readonly firstTokenLatencyMs: number | null;
}

/** What the detail of a file adds to its row. */
export interface ComparedAnswer {
  readonly reference: string | null;
  readonly hypothesis: string | null;
  /** JSON of the segments; null without an answer. */
  readonly segmentsJson: string | null;
  readonly decodedSec: number | null;
  readonly announcedSec: number | null;
  readonly warningCode: ErrorCode | null;
  readonly errorCode: ErrorCode | null;
  readonly errorData: ErrorData;
}

const ROW_COLUMNS = `i.id AS itemId, i.file_id AS fileId, i.sha256, i.reference, i.announced_sec AS announcedSec, t.status,
  t.done_earlier AS doneEarlier, r.id AS resultId, r.hypothesis, r.decoded_sec AS decodedSec,
  coalesce(t.processing_sec, r.processing_sec) AS processingSec, r.decode_sec AS decodeSec,
  coalesce(t.first_token_latency_ms, r.first_token_latency_ms) AS firstTokenLatencyMs`;

/** Read by the thread that compares, on a connection of its own; nothing here is asked through the queue's reader. */
export const compareReads = {
  comparedRun(connection: Connection, { runId }: { runId: number }): ComparedRun | null {
    const run = sql<Omit<ComparedRun, 'options' | 'modes'> & { options: string }>(
      connection,
      `SELECT id, name, status, model_name AS modelName, options, started_at_ms AS startedAtMs,
         (SELECT min(normalizer_version) FROM tasks WHERE run_id = :runId AND superseded = 0) AS normalizerVersion
       FROM runs WHERE id = :runId`,
    ).get({ runId });
    if (run === undefined) return null;
    const modes = sql<ComparedRun['modes'][number]>(
      connection,
      'SELECT mode, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs FROM run_modes WHERE run_id = :runId ORDER BY position',
    ).all({ runId });
    return { ...run, options: JSON.parse(run.options) as RunOptions, modes };
  },

  /** A word that changes with every outcome of the run: what was computed from the same word is still true. */
  comparedVersion(connection: Connection, { runId }: { runId: number }): string {
    return JSON.stringify(
      sql(
        connection,
        `SELECT r.status, count(t.id) AS tasks, max(t.id) AS lastTask, max(t.ended_at_ms) AS lastEnd, sum(t.superseded) AS superseded,
           sum(t.status = 'done') AS done, sum(t.status = 'failed') AS failed, sum(t.status IN ('cancelled', 'skipped')) AS other,
           total(t.result_id) AS results
         FROM runs r LEFT JOIN tasks t ON t.run_id = r.id WHERE r.id = :runId`,
      ).get({ runId }) ?? null,
    );
  },

  /** Inputs that the mode was asked to cover, in the order of the run, page by page. */
  comparedRows(connection: Connection, page: { runId: number; mode: Mode; afterId: number; count: number }): ComparedRow[] {
    return sql<Omit<ComparedRow, 'doneEarlier'> & { doneEarlier: number }>(
      connection,
      `SELECT ${ROW_COLUMNS} FROM items i CROSS JOIN tasks t ON t.item_id = i.id LEFT JOIN results r ON r.id = t.result_id
       WHERE i.run_id = :runId AND i.id > :afterId AND t.mode = :mode AND t.superseded = 0 ORDER BY i.id LIMIT :count`,
    )
      .all(page)
      .map((row) => ({ ...row, doneEarlier: row.doneEarlier === 1 }));
  },

  comparedAnswer(connection: Connection, wanted: { itemId: number; mode: Mode }): ComparedAnswer | null {
    const row = sql<Omit<ComparedAnswer, 'errorData'> & { errorData: string | null }>(
      connection,
      `SELECT i.reference, r.hypothesis, r.segments AS segmentsJson, r.decoded_sec AS decodedSec, i.announced_sec AS announcedSec,
         r.warning_code AS warningCode, t.error_code AS errorCode, t.error_data AS errorData
       FROM items i JOIN tasks t ON t.item_id = i.id LEFT JOIN results r ON r.id = t.result_id
       WHERE i.id = :itemId AND t.mode = :mode AND t.superseded = 0`,
    ).get(wanted);
    if (row === undefined) return null;
    return { ...row, errorData: row.errorData === null ? {} : (JSON.parse(row.errorData) as ErrorData) };
  },

  /** Inputs of a run that have a reference. `sha256` is null where the file could not be read. */
  referencedFiles(connection: Connection, { runId }: { runId: number }): { fileId: string; sha256: string | null; reference: string }[] {
    return sql<{ fileId: string; sha256: string | null; reference: string }>(
      connection,
      'SELECT file_id AS fileId, sha256, reference FROM items WHERE run_id = :runId AND reference IS NOT NULL',
    ).all({ runId });
  },

  /** Runs that share files with a run, content and reference being the same, the run itself included, the latest first. Of equal files one counts. */
  runsOverSameData(connection: Connection, { runId, count }: { runId: number; count: number }): { runId: number; commonFiles: number }[] {
    return sql<{ runId: number; commonFiles: number }>(
      connection,
      `SELECT run_id AS runId, count(DISTINCT sha256 || char(10) || reference) AS commonFiles FROM items
       WHERE sha256 IS NOT NULL AND reference IS NOT NULL AND (sha256, reference) IN
         (SELECT sha256, reference FROM items WHERE run_id = :runId AND sha256 IS NOT NULL AND reference IS NOT NULL)
       GROUP BY run_id ORDER BY run_id DESC LIMIT :count`,
    ).all({ runId, count });
  },
};
