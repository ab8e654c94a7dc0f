import type { Mode } from '#shared/domain/mode.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import { type Connection, sql } from '../connection.ts';

/** How often a run met an error, and in how many files. */
export interface CodeCount {
  readonly code: ErrorCode;
  readonly mode: Mode | null;
  readonly count: number;
  readonly itemCount: number;
}

/** How fast a mode was, over the files that it did itself. */
export interface ModePace {
  readonly mode: Mode;
  readonly audioSec: number;
  readonly processingSec: number;
}

export interface Troubles {
  readonly counts: CodeCount[];
  readonly paces: ModePace[];
  readonly memoryPeakMb: number;
  readonly options: string;
}

export const adviceReads = {
  /** What went wrong in a run: its attempts, files that no attempt was made at, its modes, its folders and the run itself; null when there is none. */
  runTroubles(connection: Connection, { runId }: { runId: number }): Troubles | null {
    const run = sql<{ memoryPeakMb: number; options: string; errorCode: ErrorCode | null }>(
      connection,
      `SELECT memory_peak_mb AS memoryPeakMb, options, json_extract(error, '$.code') AS errorCode FROM runs WHERE id = :runId`,
    ).get({ runId });
    if (run === undefined) return null;
    const counts = sql<CodeCount>(
      connection,
      `SELECT a.error_code AS code, t.mode, count(*) AS count, count(DISTINCT t.item_id) AS itemCount
       FROM tasks t JOIN attempts a ON a.task_id = t.id
       WHERE t.run_id = :runId AND a.error_code IS NOT NULL GROUP BY a.error_code, t.mode
       UNION ALL
       SELECT t.error_code, t.mode, count(*), count(DISTINCT t.item_id) FROM tasks t
       WHERE t.run_id = :runId AND t.superseded = 0 AND t.error_code IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.task_id = t.id AND a.error_code = t.error_code)
         AND NOT EXISTS (SELECT 1 FROM run_modes m WHERE m.run_id = t.run_id AND m.mode = t.mode AND json_extract(m.error, '$.code') = t.error_code)
       GROUP BY t.error_code, t.mode
       UNION ALL
       SELECT json_extract(error, '$.code'), mode, 1, 0 FROM run_modes WHERE run_id = :runId AND error IS NOT NULL
       UNION ALL
       SELECT code, NULL, count(*), 0 FROM run_problems WHERE run_id = :runId GROUP BY code`,
    ).all({ runId });
    const paces = sql<ModePace>(
      connection,
      `SELECT mode, sum(audio_sec) AS audioSec, sum(processing_sec) AS processingSec FROM tasks
       WHERE run_id = :runId AND status = 'done' AND superseded = 0 GROUP BY mode`,
    ).all({ runId });
    const { memoryPeakMb, options, errorCode } = run;
    if (errorCode !== null) counts.push({ code: errorCode, mode: null, count: 1, itemCount: 0 });
    return { counts, paces, memoryPeakMb, options };
  },
};
