import type { RunHistory } from '#shared/contract/resources.ts';
import { firstReadingMs, fittingTier, READING_FIGURES, type ReadingFigure } from '#shared/domain/readings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';

/** Marks of one answer; more could not be told apart on an axis. */
const MARKS_MAX = 400;
/** The end of a run or a pause comes after the last reading of it, and belongs to its history. */
const END_WITHIN_MS = 10_000;
const SECOND_MS = 1_000;

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
  const { firstMs: begins, lastMs: readMs } = await database.read('readingBounds', { runId });
  const firstMs = firstReadingMs(begins);
  if (readMs === null || firstMs === null) {
    return {
      ...{ fromMs: 0, toMs: 0, firstMs: null, lastMs: null, bucketMs: 1_000 },
      ...{ atMs: [], series: [], marks: [], isAllMarks: true, failures: [] },
    };
  }
  const lastMs = await lastMarkMs(database, runId, readMs);
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

/** The end of the second in which the run's last reading was taken, or of that in which something happened to it shortly afterwards. */
async function lastMarkMs(database: Database, runId: number, readMs: number): Promise<number> {
  const after = { runId, fromMs: readMs, toMs: readMs + END_WITHIN_MS, bucketMs: SECOND_MS, count: MARKS_MAX };
  const { marks, failures } = await database.read('runMarks', after);
  const seconds = [...marks.filter((mark) => mark.runId === runId), ...failures].map(({ atMs }) => Math.floor(atMs / SECOND_MS));
  return Math.max(readMs, ...seconds.map((second) => (second + 1) * SECOND_MS));
}
