import type { RescoredItem } from '#shared/contract/rescoring.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { NormalizerName, WordCounts } from '#shared/domain/scores.ts';
import { type Connection, sql } from '../connection.ts';

/** What one result adds to the figures of a rescoring. Characters are code points. */
export interface RescoredCounts extends WordCounts {
  readonly characterEdits: number;
  readonly referenceCharacters: number;
  readonly characterEditsNoSpaces: number;
  readonly referenceCharactersNoSpaces: number;
}

/** Sums of one mode. */
export interface RescoringTotals extends RescoredCounts {
  readonly scored: number;
  /** Results that have counts of the run itself, and of these the ones whose counts are others now. */
  readonly comparable: number;
  readonly changed: number;
}

export interface StoredRescoring {
  readonly id: number;
  readonly normalizer: NormalizerName;
  readonly normalizerVersion: number;
  readonly basis: string;
  readonly finishedAtMs: number;
  readonly modes: readonly { readonly mode: Mode; readonly totals: RescoringTotals }[];
}

/** A reference and what was recognised; null: the file failed. */
export interface RescoringPair {
  readonly taskId: number;
  readonly reference: string;
  readonly hypothesis: string | null;
}

export interface RescoringKey {
  readonly runId: number;
  readonly normalizer: NormalizerName;
  readonly normalizerVersion: number;
}

/** Results that count in the figures of a run, as in its report: answered now or earlier, or failed, and with a reference. */
const COUNTED = `t.superseded = 0 AND i.reference IS NOT NULL
  AND (t.status IN ('done', 'failed') OR (t.status = 'skipped' AND t.done_earlier = 1))`;

const IS_CHANGED = `(c.substitutions, c.deletions, c.insertions, c.hits, c.reference_words)
  IS NOT (t.substitutions, t.deletions, t.insertions, t.hits, t.reference_words)`;

export const rescoringWrites = {
  /** @returns its number; it is not seen before `finishRescoring` */
  beginRescoring(connection: Connection, begin: RescoringKey & { readonly basis: string; readonly nowMs: number }): number {
    const { lastInsertRowid } = sql(
      connection,
      `INSERT INTO rescorings (run_id, normalizer, normalizer_version, basis, created_at_ms)
       VALUES (:runId, :normalizer, :normalizerVersion, :basis, :nowMs)`,
    ).run(begin);
    return Number(lastInsertRowid);
  },

  /** @returns false when the rescoring is gone, with its run */
  addRescoredCounts(
    connection: Connection,
    { rescoringId, entries }: { rescoringId: number; entries: readonly (RescoredCounts & { readonly taskId: number })[] },
  ): boolean {
    if (sql(connection, 'SELECT 1 FROM rescorings WHERE id = :rescoringId').get({ rescoringId }) === undefined) return false;
    const insert = sql(
      connection,
      `INSERT INTO rescoring_counts VALUES (:rescoringId, :taskId, :substitutions, :deletions, :insertions, :hits, :referenceWords,
         :characterEdits, :referenceCharacters, :characterEditsNoSpaces, :referenceCharactersNoSpaces)`,
    );
    for (const entry of entries) insert.run({ rescoringId, ...entry });
    return true;
  },

  /** From now on it is seen; one of the same normaliser that was seen before is not any more. @returns false when it is gone */
  finishRescoring(
    connection: Connection,
    finish: { rescoringId: number; totals: readonly { readonly mode: Mode; readonly totals: RescoringTotals }[]; nowMs: number },
  ): boolean {
    const { rescoringId, nowMs } = finish;
    sql(
      connection,
      `UPDATE rescorings SET finished_at_ms = NULL WHERE finished_at_ms IS NOT NULL AND id <> :rescoringId
         AND (run_id, normalizer, normalizer_version) = (SELECT run_id, normalizer, normalizer_version FROM rescorings WHERE id = :rescoringId)`,
    ).run({ rescoringId });
    const { changes } = sql(connection, 'UPDATE rescorings SET finished_at_ms = :nowMs WHERE id = :rescoringId').run({
      rescoringId,
      nowMs,
    });
    if (changes === 0) return false;
    const insert = sql(connection, 'INSERT INTO rescoring_modes (rescoring_id, mode, totals) VALUES (:rescoringId, :mode, :totals)');
    for (const { mode, totals } of finish.totals) insert.run({ rescoringId, mode, totals: JSON.stringify(totals) });
    return true;
  },

  /**
   * Clears away rows of rescorings that nobody sees, at most `count` at once, so that other writes need not wait long.
   * @returns whether there may be more
   */
  clearUnfinishedRescorings(connection: Connection, { count }: { count: number }): boolean {
    const open = sql<{ id: number }>(connection, 'SELECT id FROM rescorings WHERE finished_at_ms IS NULL LIMIT 1').get();
    if (open === undefined) return false;
    const { changes } = sql(
      connection,
      `DELETE FROM rescoring_counts WHERE rescoring_id = :id
         AND task_id IN (SELECT task_id FROM rescoring_counts WHERE rescoring_id = :id LIMIT :count)`,
    ).run({ id: open.id, count });
    if (changes < count) sql(connection, 'DELETE FROM rescorings WHERE id = :id').run({ id: open.id });
    return true;
  },
};

export const rescoringReads = {
  /** Names the outcomes that a rescoring of the run is made from; null when there is nothing to compare. */
  rescoringBasis(connection: Connection, { runId }: { runId: number }): string | null {
    const row = sql<{ scored: number; basis: string }>(
      connection,
      `SELECT count(*) AS scored, count(*) || ' ' || max(t.id) || ' ' || count(t.result_id) || ' ' || total(t.result_id) AS basis
       FROM tasks t JOIN items i ON i.id = t.item_id WHERE t.run_id = :runId AND ${COUNTED}`,
    ).get({ runId });
    return row === undefined || row.scored === 0 ? null : row.basis;
  },

  /** Finished ones, the oldest first. */
  runRescorings(connection: Connection, { runId }: { runId: number }): StoredRescoring[] {
    const modes = sql<{ mode: Mode; totals: string }>(connection, 'SELECT mode, totals FROM rescoring_modes WHERE rescoring_id = :id');
    return sql<Omit<StoredRescoring, 'modes'>>(
      connection,
      `SELECT id, normalizer, normalizer_version AS normalizerVersion, basis, finished_at_ms AS finishedAtMs FROM rescorings
       WHERE run_id = :runId AND finished_at_ms IS NOT NULL ORDER BY id`,
    )
      .all({ runId })
      .map((row) => ({
        ...row,
        modes: modes.all({ id: row.id }).map(({ mode, totals }) => ({ mode, totals: JSON.parse(totals) as RescoringTotals })),
      }));
  },

  /** How many results have counts of the run itself. */
  ownScoredCounts(connection: Connection, { runId }: { runId: number }): { mode: Mode; scored: number }[] {
    return sql<{ mode: Mode; scored: number }>(
      connection,
      'SELECT mode, count(reference_words) AS scored FROM tasks WHERE run_id = :runId AND superseded = 0 AND mode IS NOT NULL GROUP BY mode',
    ).all({ runId });
  },

  /** Pairs of one mode page by page: at most `count`, and fewer once they are longer than `maxLength` characters together. */
  rescoringPairs(
    connection: Connection,
    page: { runId: number; mode: Mode; afterTaskId: number; count: number; maxLength: number },
  ): RescoringPair[] {
    return sql<RescoringPair>(
      connection,
      `SELECT taskId, reference, hypothesis FROM (
         SELECT *, row_number() OVER (ORDER BY taskId) AS position,
           sum(length(reference) + coalesce(length(hypothesis), 0)) OVER (ORDER BY taskId) AS length
         FROM (
           SELECT t.id AS taskId, i.reference, r.hypothesis
           FROM tasks t JOIN items i ON i.id = t.item_id LEFT JOIN results r ON r.id = t.result_id
           WHERE t.run_id = :runId AND t.mode = :mode AND t.id > :afterTaskId AND ${COUNTED} ORDER BY t.id LIMIT :count
         )
       ) WHERE position = 1 OR length <= :maxLength ORDER BY taskId`,
    ).all(page);
  },

  /** Sums over what was written so far, finished or not. */
  rescoringTotals(connection: Connection, { rescoringId }: { rescoringId: number }): { mode: Mode; totals: RescoringTotals }[] {
    return sql<RescoringTotals & { mode: Mode }>(
      connection,
      `SELECT t.mode, count(*) AS scored, sum(c.substitutions) AS substitutions, sum(c.deletions) AS deletions, sum(c.insertions) AS insertions,
         sum(c.hits) AS hits, sum(c.reference_words) AS referenceWords, sum(c.character_edits) AS characterEdits,
         sum(c.reference_characters) AS referenceCharacters, sum(c.character_edits_no_spaces) AS characterEditsNoSpaces,
         sum(c.reference_characters_no_spaces) AS referenceCharactersNoSpaces, count(t.reference_words) AS comparable,
         sum(t.reference_words IS NOT NULL AND ${IS_CHANGED}) AS changed
       FROM rescoring_counts c JOIN tasks t ON t.id = c.task_id WHERE c.rescoring_id = :rescoringId GROUP BY t.mode`,
    )
      .all({ rescoringId })
      .map(({ mode, ...totals }) => ({ mode, totals }));
  },

  /** Results of a finished rescoring in the order of the tasks, page by page. */
  rescoredItems(
    connection: Connection,
    page: { rescoringId: number; afterTaskId: number; count: number; onlyChanged: boolean },
  ): RescoredItem[] {
    return sql<ItemRow>(
      connection,
      `SELECT t.id AS taskId, i.file_id AS fileId, t.mode, t.substitutions AS originalSubstitutions, t.deletions AS originalDeletions,
         t.insertions AS originalInsertions, t.hits AS originalHits, t.reference_words AS originalReferenceWords,
         c.substitutions, c.deletions, c.insertions, c.hits, c.reference_words AS referenceWords
       FROM rescoring_counts c JOIN rescorings s ON s.id = c.rescoring_id JOIN tasks t ON t.id = c.task_id JOIN items i ON i.id = t.item_id
       WHERE c.rescoring_id = :rescoringId AND s.finished_at_ms IS NOT NULL AND c.task_id > :afterTaskId
         AND (NOT :onlyChanged OR ${IS_CHANGED})
       ORDER BY c.task_id LIMIT :count`,
    )
      .all({ ...page, onlyChanged: Number(page.onlyChanged) })
      .map(toItem);
  },

  /** Word counts of a finished rescoring in the order of the tasks, page by page. */
  rescoredCounts(
    connection: Connection,
    page: { rescoringId: number; afterTaskId: number; count: number },
  ): { taskId: number; mode: Mode; fileId: string; counts: WordCounts }[] {
    return sql<WordCounts & { taskId: number; mode: Mode; fileId: string }>(
      connection,
      `SELECT c.task_id AS taskId, t.mode, i.file_id AS fileId, c.substitutions, c.deletions, c.insertions, c.hits, c.reference_words AS referenceWords
       FROM rescoring_counts c CROSS JOIN tasks t ON t.id = c.task_id JOIN items i ON i.id = t.item_id
       WHERE c.rescoring_id = :rescoringId AND c.task_id > :afterTaskId ORDER BY c.task_id LIMIT :count`,
    )
      .all(page)
      .map(({ taskId, mode, fileId, ...counts }) => ({ taskId, mode, fileId, counts }));
  },
};

interface ItemRow extends WordCounts {
  taskId: number;
  fileId: string;
  mode: Mode;
  originalSubstitutions: number | null;
  originalDeletions: number | null;
  originalInsertions: number | null;
  originalHits: number | null;
  originalReferenceWords: number | null;
}

function toItem(row: ItemRow): RescoredItem {
  const { taskId, fileId, mode, originalSubstitutions, originalDeletions, originalInsertions, originalHits, originalReferenceWords } = row;
  const { substitutions, deletions, insertions, hits, referenceWords } = row;
  return {
    taskId,
    fileId,
    mode,
    original:
      originalSubstitutions === null ||
      originalDeletions === null ||
      originalInsertions === null ||
      originalHits === null ||
      originalReferenceWords === null
        ? null
        : {
            substitutions: originalSubstitutions,
            deletions: originalDeletions,
            insertions: originalInsertions,
            hits: originalHits,
            referenceWords: originalReferenceWords,
          },
    rescored: { substitutions, deletions, insertions, hits, referenceWords },
  };
}
