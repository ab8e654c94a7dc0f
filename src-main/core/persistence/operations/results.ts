import type { Mode } from '#shared/domain/mode.ts';
import type { TaskStatus } from '#shared/domain/run.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData } from '#shared/errors/nightshiftError.ts';
import { type Connection, sql } from '../connection.ts';

/** One input in one mode with what is known of it, for results.json and the tables by folder. */
export interface ResultRow {
  readonly itemId: number;
  readonly mode: Mode;
  readonly fileId: string;
  readonly path: string;
  readonly reference: string | null;
  readonly hypothesis: string | null;
  readonly counts: WordCounts | null;
  readonly audioSec: number | null;
  readonly decodedSec: number | null;
  readonly processingSec: number | null;
  readonly firstTokenLatencyMs: number | null;
  readonly status: TaskStatus;
  readonly errorCode: ErrorCode | null;
  readonly errorData: ErrorData;
  readonly attempts: number;
  readonly doneEarlier: boolean;
}

interface Row {
  itemId: number;
  mode: Mode;
  fileId: string;
  path: string;
  reference: string | null;
  hypothesis: string | null;
  substitutions: number | null;
  deletions: number | null;
  insertions: number | null;
  hits: number | null;
  referenceWords: number | null;
  audioSec: number | null;
  decodedSec: number | null;
  processingSec: number | null;
  firstTokenLatencyMs: number | null;
  status: TaskStatus;
  errorCode: ErrorCode | null;
  errorData: string | null;
  attempts: number;
  doneEarlier: number;
}

export const resultReads = {
  /** Of one mode in the order of the items, those after `afterItemId`, at most `count`; without them all. */
  resultRows(
    connection: Connection,
    { runId, mode, afterItemId = 0, count = -1 }: { runId: number; mode: Mode; afterItemId?: number; count?: number },
  ): ResultRow[] {
    return sql<Row>(
      connection,
      `SELECT i.id AS itemId, t.mode, i.file_id AS fileId, i.path, i.reference, r.hypothesis, t.substitutions, t.deletions, t.insertions, t.hits,
         t.reference_words AS referenceWords, i.announced_sec AS audioSec, r.decoded_sec AS decodedSec, t.processing_sec AS processingSec,
         t.first_token_latency_ms AS firstTokenLatencyMs, t.status, t.error_code AS errorCode, t.error_data AS errorData,
         (SELECT count(*) FROM attempts a WHERE a.task_id = t.id AND a.outcome <> 'released') AS attempts, t.done_earlier AS doneEarlier
       FROM items i CROSS JOIN tasks t ON t.item_id = i.id LEFT JOIN results r ON r.id = t.result_id
       WHERE i.run_id = :runId AND i.id > :afterItemId AND t.mode = :mode AND t.superseded = 0 ORDER BY i.id LIMIT :count`,
    )
      .all({ runId, mode, afterItemId, count })
      .map(({ substitutions, deletions, insertions, hits, referenceWords, errorData, doneEarlier, ...row }) => ({
        ...row,
        counts:
          substitutions === null || deletions === null || insertions === null || hits === null || referenceWords === null
            ? null
            : { substitutions, deletions, insertions, hits, referenceWords },
        errorData: errorData === null ? {} : (JSON.parse(errorData) as ErrorData),
        doneEarlier: doneEarlier === 1,
      }));
  },
};
