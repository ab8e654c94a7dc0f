import type { RunHistory } from '#shared/contract/resources.ts';
import { firstReadingMs, fittingTier, READING_FIGURES, type ReadingFigure } from '#shared/domain/readings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';

/** Marks of one answer; more could not be told apart on an axis. */
const MARKS_MAX = 400;

export interface HistoryQuestion {
  readonly runId: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly points: number;
  /** Empty: all. */
  readonly figures: readonly ReadingFigure[];
}

/** The readings of a run in the finest buckets that fit, and what happened meanwhile. @throws RUN_NOT_FOUND */
export async function runHistory(database: Database, { runId, points, figures, ...asked }: HistoryQuestion): Promise<RunHistory> {
  if (!(await database.read('runExists', { runId }))) throw new NightshiftError('RUN_NOT_FOUND', { runId });
  const { firstMs: begins, lastMs } = await database.read('readingBounds', { runId });
  const firstMs = firstReadingMs(begins);
  if (lastMs === null || firstMs === null) {
    return {
      ...{ fromMs: 0, toMs: 0, firstMs: null, lastMs: null, bucketMs: 1_000 },
      ...{ atMs: [], series: [], marks: [], isAllMarks: true, failures: [] },
    };
  }
  const within = (atMs: number): number => Math.min(lastMs, Math.max(firstMs, atMs));
  const fromMs = within(asked.fromMs ?? firstMs);
  const toMs = Math.max(fromMs, within(asked.toMs ?? lastMs));
  // Buckets at both ends are whole, so that their figures do not depend on where somebody zoomed to.
  const { bucketMs, tierMs } = fittingTier({ fromMs, toMs }, points - 1, begins);
  const stretch = { runId, bucketMs, fromMs: Math.floor(fromMs / bucketMs) * bucketMs, toMs: Math.ceil(toMs / bucketMs) * bucketMs };
  const [{ atMs, series }, { marks, isAll, failures }] = await Promise.all([
    database.read('readingSeries', { ...stretch, tierMs, figures: figures.length === 0 ? READING_FIGURES : figures }),
    database.read('runMarks', { ...stretch, count: MARKS_MAX }),
  ]);
  return { fromMs, toMs, firstMs, lastMs, bucketMs, atMs, series, marks, isAllMarks: isAll, failures };
}
