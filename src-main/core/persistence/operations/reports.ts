import type { GateVerdict } from '#shared/contract/gate.ts';
import type { RunNotes } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { TaskStatus } from '#shared/domain/run.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData } from '#shared/errors/nightshiftError.ts';
import { type Connection, sql } from '../connection.ts';

/** One input in one mode, with the answer as it was stored. */
export interface StoredReportResult {
  readonly mode: Mode;
  readonly status: TaskStatus;
  readonly doneEarlier: boolean;
  readonly errorCode: ErrorCode | null;
  readonly errorData: ErrorData;
  /** Tries so far, those of tasks it took the place of included; tries that were given back do not count. */
  readonly attempts: number;
  /** Of these, the ones that failed or were lost. */
  readonly failedAttempts: number;
  readonly counts: WordCounts | null;
  readonly processingSec: number | null;
  readonly firstTokenLatencyMs: number | null;
  /** From the start to the end of the attempt that answered, file decoding included. */
  readonly endToEndSec: number | null;
  readonly answer: {
    readonly hypothesis: string;
    /** JSON of the segments, read where they are needed: as objects they would be copied from thread to thread. */
    readonly segmentsJson: string;
    readonly language: string | null;
    readonly decodedSec: number;
    readonly announcedSec: number | null;
    readonly decodeSec: number | null;
    readonly warningCode: ErrorCode | null;
  } | null;
}

/** One input with its results in the order they were planned. */
export interface StoredReportItem {
  readonly id: number;
  readonly fileId: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly announcedSec: number | null;
  readonly reference: string | null;
  readonly results: readonly StoredReportResult[];
}

interface ItemDbRow {
  id: number;
  fileId: string;
  path: string;
  sha256: string | null;
  announcedSec: number | null;
  reference: string | null;
}

interface ResultDbRow {
  mode: Mode;
  status: TaskStatus;
  done_earlier: number;
  error_code: ErrorCode | null;
  error_data: string | null;
  attempts: number;
  failed_attempts: number;
  substitutions: number | null;
  deletions: number | null;
  insertions: number | null;
  hits: number | null;
  reference_words: number | null;
  processing_sec: number | null;
  first_token_latency_ms: number | null;
  end_to_end_sec: number | null;
  hypothesis: string | null;
  segments: string | null;
  language: string | null;
  decoded_sec: number | null;
  announced_sec: number | null;
  decode_sec: number | null;
  warning_code: ErrorCode | null;
}

export const reportWrites = {
  saveRunNotes(connection: Connection, { runId, notes, nowMs }: { runId: number; notes: RunNotes | null; nowMs: number }): void {
    if (notes === null) {
      sql(connection, 'DELETE FROM run_notes WHERE run_id = :runId').run({ runId });
      return;
    }
    sql(
      connection,
      `INSERT INTO run_notes (run_id, notes, updated_at_ms) VALUES (:runId, :notes, :nowMs)
       ON CONFLICT (run_id) DO UPDATE SET notes = excluded.notes, updated_at_ms = excluded.updated_at_ms`,
    ).run({ runId, notes: JSON.stringify(notes), nowMs });
  },

  /** The latest verdict takes the place of an earlier one. */
  saveRunVerdict(connection: Connection, { runId, verdict }: { runId: number; verdict: GateVerdict }): void {
    sql(
      connection,
      `INSERT INTO run_verdicts (run_id, verdict, judged_at_ms) VALUES (:runId, :verdict, :judgedAtMs)
       ON CONFLICT (run_id) DO UPDATE SET verdict = excluded.verdict, judged_at_ms = excluded.judged_at_ms`,
    ).run({ runId, verdict: JSON.stringify(verdict), judgedAtMs: verdict.judgedAtMs });
  },
};

export const reportReads = {
  /** Name of the model a run was started with; null before that. */
  runModelName(connection: Connection, { runId }: { runId: number }): string | null {
    return sql<{ name: string | null }>(connection, 'SELECT model_name AS name FROM runs WHERE id = :runId').get({ runId })?.name ?? null;
  },

  runNotes(connection: Connection, { runId }: { runId: number }): RunNotes | null {
    const row = sql<{ notes: string }>(connection, 'SELECT notes FROM run_notes WHERE run_id = :runId').get({ runId });
    return row === undefined ? null : (JSON.parse(row.notes) as RunNotes);
  },

  runVerdict(connection: Connection, { runId }: { runId: number }): GateVerdict | null {
    const row = sql<{ verdict: string }>(connection, 'SELECT verdict FROM run_verdicts WHERE run_id = :runId').get({ runId });
    return row === undefined ? null : (JSON.parse(row.verdict) as GateVerdict);
  },

  /** Finished runs that were started with rules and not judged since they ended, oldest first. */
  runsToJudge(connection: Connection): number[] {
    return sql<{ id: number }>(
      connection,
      `SELECT runs.id FROM runs LEFT JOIN run_verdicts ON run_verdicts.run_id = runs.id
       WHERE status = 'finished' AND json_extract(options, '$.gate.version') IS NOT NULL
         AND (judged_at_ms IS NULL OR judged_at_ms < ended_at_ms) ORDER BY runs.id`,
    )
      .all()
      .map(({ id }) => id);
  },

  /** Inputs in the order of the run, page by page. */
  reportItems(connection: Connection, page: { runId: number; afterId: number; count: number }): StoredReportItem[] {
    const results = sql<ResultDbRow>(
      connection,
      `SELECT t.mode, t.status, t.done_earlier, t.error_code, t.error_data,
         (SELECT count(*) FROM attempts a JOIN tasks s ON s.id = a.task_id
           WHERE s.item_id = t.item_id AND s.mode = t.mode AND a.outcome <> 'released') AS attempts,
         (SELECT count(*) FROM attempts a JOIN tasks s ON s.id = a.task_id
           WHERE s.item_id = t.item_id AND s.mode = t.mode AND a.outcome IN ('failed', 'lost')) AS failed_attempts,
         t.substitutions, t.deletions, t.insertions, t.hits, t.reference_words,
         coalesce(t.processing_sec, r.processing_sec) AS processing_sec,
         coalesce(t.first_token_latency_ms, r.first_token_latency_ms) AS first_token_latency_ms,
         (SELECT (a.ended_at_ms - a.started_at_ms) / 1000.0 FROM attempts a WHERE a.id = r.attempt_id) AS end_to_end_sec,
         r.hypothesis, r.segments, r.language, r.decoded_sec, r.announced_sec, r.decode_sec, r.warning_code
       FROM tasks t LEFT JOIN results r ON r.id = t.result_id
       WHERE t.item_id = :itemId AND t.superseded = 0 AND t.mode IS NOT NULL ORDER BY t.id`,
    );
    return sql<ItemDbRow>(
      connection,
      `SELECT id, file_id AS fileId, path, sha256, announced_sec AS announcedSec, reference FROM items
       WHERE run_id = :runId AND id > :afterId ORDER BY id LIMIT :count`,
    )
      .all(page)
      .map((item) => ({ ...item, results: results.all({ itemId: item.id }).map(toResult) }));
  },
};

function toResult(row: ResultDbRow): StoredReportResult {
  const { substitutions, deletions, insertions, hits, reference_words: referenceWords } = row;
  const isCounted = substitutions !== null && deletions !== null && insertions !== null && hits !== null && referenceWords !== null;
  return {
    mode: row.mode,
    status: row.status,
    doneEarlier: row.done_earlier === 1,
    errorCode: row.error_code,
    errorData: row.error_data === null ? {} : (JSON.parse(row.error_data) as ErrorData),
    attempts: row.attempts,
    failedAttempts: row.failed_attempts,
    counts: isCounted ? { substitutions, deletions, insertions, hits, referenceWords } : null,
    processingSec: row.processing_sec,
    firstTokenLatencyMs: row.first_token_latency_ms,
    endToEndSec: row.end_to_end_sec,
    answer:
      row.hypothesis === null || row.segments === null || row.decoded_sec === null
        ? null
        : {
            hypothesis: row.hypothesis,
            segmentsJson: row.segments,
            language: row.language,
            decodedSec: row.decoded_sec,
            announcedSec: row.announced_sec,
            decodeSec: row.decode_sec,
            warningCode: row.warning_code,
          },
  };
}
