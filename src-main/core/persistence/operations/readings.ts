import type { ReadingSeries, Sample } from '#shared/contract/resources.ts';
import { READING_TIERS, type ReadingFigure } from '#shared/domain/readings.ts';
import { type Bucket, foldSamples, readingOf } from '../../resources/readings.ts';
import { type Connection, sql } from '../connection.ts';

/** Stretches of the next coarser tier that one write removes at most, so that a long pause costs many small writes and no long one. */
const TRIMMED_AT_ONCE = 6;

export interface StoredReading {
  /** Of the first millisecond of its stretch. */
  readonly atMs: number;
  /** A `Reading`. */
  readonly json: string;
}

/** First bucket of each tier in the order of READING_TIERS, and the end of the last one; null without readings. */
export interface ReadingBounds {
  readonly firstMs: readonly (number | null)[];
  readonly lastMs: number | null;
}

export const readingWrites = {
  /** Folds the samples into the buckets of every tier and lets some of what is too old go. Nothing when the run is not there any more. */
  recordSamples(connection: Connection, { runId, samples }: { runId: number; samples: readonly Sample[] }): void {
    if (sql(connection, 'SELECT 1 FROM runs WHERE id = :runId').get({ runId }) === undefined) return;
    const ids = new Map<string, number>();
    const upsert = sql(
      connection,
      `INSERT INTO readings (series_id, bucket_ms, at_ms, low, total, high, count) VALUES (:seriesId, :bucketMs, :atMs, :low, :total, :high, :count)
       ON CONFLICT (series_id, bucket_ms, at_ms) DO UPDATE SET low = min(low, excluded.low), total = total + excluded.total,
         high = max(high, excluded.high), count = count + excluded.count`,
    );
    for (const { figure, subject, name, ...bucket } of foldSamples(samples)) {
      const key = `${figure} ${subject}`;
      const seriesId = ids.get(key) ?? seriesOf(connection, { runId, figure, subject, name });
      ids.set(key, seriesId);
      upsert.run({ seriesId, ...bucket });
    }
    const newestMs = Math.max(...samples.map(({ atMs }) => atMs));
    if (Number.isFinite(newestMs)) trim(connection, runId, newestMs);
  },
};

function seriesOf(connection: Connection, series: Pick<Bucket, 'figure' | 'subject' | 'name'> & { runId: number }): number {
  const { runId, figure, subject } = series;
  const known = sql<{ id: number }>(
    connection,
    'SELECT id FROM reading_series WHERE run_id = :runId AND figure = :figure AND subject = :subject',
  ).get({ runId, figure, subject });
  if (known !== undefined) return known.id;
  const added = sql(connection, 'INSERT INTO reading_series (run_id, figure, subject, name) VALUES (:runId, :figure, :subject, :name)').run(
    series,
  );
  return Number(added.lastInsertRowid);
}

/** A tier always begins where a bucket of the next one does, so that the two can be read one after the other. */
function trim(connection: Connection, runId: number, newestMs: number): void {
  const { firstMs } = readingReads.readingBounds(connection, { runId });
  for (const [index, { bucketMs, keptMs }] of READING_TIERS.entries()) {
    const first = firstMs[index] ?? null;
    const coarserMs = READING_TIERS[index + 1]?.bucketMs ?? bucketMs;
    if (first === null || first >= newestMs - keptMs) continue;
    const floor = (atMs: number): number => Math.floor(atMs / coarserMs) * coarserMs;
    const beforeMs = Math.min(floor(newestMs - keptMs), floor(first) + TRIMMED_AT_ONCE * coarserMs);
    sql(
      connection,
      `DELETE FROM readings WHERE series_id IN (SELECT id FROM reading_series WHERE run_id = :runId) AND bucket_ms = :bucketMs AND at_ms < :beforeMs`,
    ).run({ runId, bucketMs, beforeMs });
  }
}

interface BucketRow {
  readonly figure: ReadingFigure;
  readonly subject: string;
  readonly name: string | null;
  readonly bucketMs: number;
  readonly atMs: number;
  readonly low: number;
  readonly total: number;
  readonly high: number;
  readonly count: number;
}

const BUCKETS_BETWEEN = `SELECT s.figure, s.subject, s.name, r.bucket_ms AS bucketMs, r.at_ms AS atMs, r.low, r.total, r.high, r.count
  FROM reading_series s CROSS JOIN readings r ON r.series_id = s.id
  WHERE s.run_id = :runId AND r.bucket_ms = :bucketMs AND r.at_ms >= :fromMs AND r.at_ms < :beforeMs`;

const NEXT_BUCKET = `SELECT min((SELECT r.at_ms FROM readings r WHERE r.series_id = s.id AND r.bucket_ms = :bucketMs AND r.at_ms >= :fromMs
  ORDER BY r.at_ms LIMIT 1)) AS atMs FROM reading_series s WHERE s.run_id = :runId`;

export const readingReads = {
  readingBounds(connection: Connection, { runId }: { runId: number }): ReadingBounds {
    const firstMs = READING_TIERS.map(
      ({ bucketMs }) => sql<{ atMs: number | null }>(connection, NEXT_BUCKET).get({ runId, bucketMs, fromMs: 0 })?.atMs ?? null,
    );
    const finestMs = READING_TIERS[0].bucketMs;
    const last = sql<{ atMs: number | null }>(
      connection,
      `SELECT max((SELECT r.at_ms FROM readings r WHERE r.series_id = s.id AND r.bucket_ms = :finestMs ORDER BY r.at_ms DESC LIMIT 1)) AS atMs
       FROM reading_series s WHERE s.run_id = :runId`,
    ).get({ runId, finestMs })?.atMs;
    return { firstMs, lastMs: last == null ? null : last + finestMs };
  },

  /** Readings of a stretch of a run, as fine as they are kept, oldest first, page by page: `afterMs` is not part of it, `untilMs` is. */
  runReadings(
    connection: Connection,
    { runId, afterMs, untilMs = Infinity, count }: { runId: number; afterMs: number; untilMs?: number; count: number },
  ): StoredReading[] {
    const { firstMs } = readingReads.readingBounds(connection, { runId });
    for (const [index, { bucketMs }] of [...READING_TIERS.entries()].toReversed()) {
      const finer = READING_TIERS[index - 1];
      const finerMs = firstMs[index - 1] ?? null;
      // The finer tier begins with a whole bucket of this one.
      const endMs = finer === undefined || finerMs === null ? Number.MAX_SAFE_INTEGER : Math.floor(finerMs / bucketMs) * bucketMs;
      const tier = { runId, bucketMs };
      const next = sql<{ atMs: number | null }>(connection, NEXT_BUCKET).get({ ...tier, fromMs: afterMs + 1 })?.atMs ?? null;
      if (next === null || next >= endMs || next > untilMs) continue;
      const beforeMs = Math.min(endMs, next + count * bucketMs, Math.floor(Math.min(untilMs, Number.MAX_SAFE_INTEGER - 1)) + 1);
      const rows = sql<BucketRow>(connection, BUCKETS_BETWEEN).all({ ...tier, fromMs: next, beforeMs });
      return [...Map.groupBy(rows, ({ atMs }) => atMs)]
        .toSorted(([left], [right]) => left - right)
        .map(([atMs, buckets]) => ({ atMs, json: JSON.stringify(readingOf(atMs, bucketMs, buckets)) }));
    }
    return [];
  },

  /** The series of these figures of a run in buckets of `bucketMs`, made of those of a tier. `fromMs` is part of the stretch, `toMs` is not. */
  readingSeries(
    connection: Connection,
    {
      figures,
      ...stretch
    }: { runId: number; figures: readonly ReadingFigure[]; fromMs: number; toMs: number; bucketMs: number; tierMs: number },
  ): { atMs: number[]; series: ReadingSeries[] } {
    const { runId, bucketMs } = stretch;
    const wanted = sql<{ id: number; figure: ReadingFigure; subject: string; name: string | null }>(
      connection,
      `SELECT id, figure, subject, name FROM reading_series
       WHERE run_id = :runId AND figure IN (SELECT value FROM json_each(:figures)) ORDER BY id`,
    ).all({ runId, figures: JSON.stringify(figures) });
    const rows = sql<Folded>(
      connection,
      `SELECT at_ms AS atMs, low, total, high, count FROM readings
       WHERE series_id = :id AND bucket_ms = :tierMs AND at_ms >= :fromMs AND at_ms < :toMs ORDER BY at_ms`,
    );
    // Put together here: the rows of a series come in order, which SQLite would sort once more to group them.
    const folded = wanted.map(({ id }) => inBuckets(rows.all({ id, ...stretch }), bucketMs));
    const atMs = [...new Set(folded.flatMap((buckets) => buckets.map((bucket) => bucket.atMs)))].toSorted((left, right) => left - right);
    const places = new Map(atMs.map((at, place) => [at, place]));
    const series = wanted.flatMap(({ figure, subject, name }, index): ReadingSeries[] => {
      const buckets = folded[index] ?? [];
      if (buckets.length === 0) return [];
      const nothing = (): null[] => Array.from({ length: atMs.length }, () => null);
      const found: ReadingSeries = { figure, subject, name, min: nothing(), mean: nothing(), max: nothing() };
      for (const { atMs: at, low, total, high, count } of buckets) {
        const place = places.get(at) ?? 0;
        found.min[place] = rounded(low);
        found.mean[place] = rounded(total / count);
        found.max[place] = rounded(high);
      }
      return [found];
    });
    return { atMs, series };
  },
};

type Folded = Pick<BucketRow, 'atMs' | 'low' | 'total' | 'high' | 'count'>;

/** Rows in the order of time as buckets of another width. */
function inBuckets(rows: readonly Folded[], bucketMs: number): Folded[] {
  const buckets: { -readonly [K in keyof Folded]: Folded[K] }[] = [];
  for (const row of rows) {
    const atMs = Math.floor(row.atMs / bucketMs) * bucketMs;
    const last = buckets.at(-1);
    if (last?.atMs !== atMs) {
      buckets.push({ ...row, atMs });
      continue;
    }
    last.low = Math.min(last.low, row.low);
    last.total += row.total;
    last.high = Math.max(last.high, row.high);
    last.count += row.count;
  }
  return buckets;
}

/** More digits than anything was measured with only make the answer long. */
function rounded(value: number): number {
  return Math.abs(value) > 1e6 ? Math.round(value) : Math.round(value * 1_000) / 1_000;
}
