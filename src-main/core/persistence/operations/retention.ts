import type { RunStatus } from '#shared/domain/run.ts';
import { type Connection, sql } from '../connection.ts';

/** Runs in which nothing can happen any more unless somebody asks for it. */
export const CLEANABLE_STATUSES: ReadonlySet<RunStatus> = new Set(['finished', 'stopped', 'failed']);

export interface StoredRunFacts {
  readonly id: number;
  readonly name: string;
  readonly status: RunStatus;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly sources: readonly string[];
  readonly isPinned: boolean;
  readonly tasks: number;
}

export interface DatabaseFacts {
  readonly fileBytes: number;
  /** Pages that later rows will use. */
  readonly freeBytes: number;
  /** Texts, and those of them that no task points at. */
  readonly answers: number;
  readonly unusedAnswers: number;
}

type RunRow = Omit<StoredRunFacts, 'sources' | 'isPinned'> & { sources: string; isPinned: number };

function statusIn(statuses: ReadonlySet<string>): string {
  return [...statuses].map((status) => `'${status}'`).join(', ');
}

/** Cleaning away a run takes many of these, each a small transaction, so that outcomes of other runs never wait long. */
export const retentionWrites = {
  /** @returns false when there is no such run */
  pinRun(connection: Connection, pin: { runId: number; isPinned: boolean; nowMs: number }): boolean {
    const { runId, isPinned, nowMs } = pin;
    if (sql(connection, 'SELECT 1 FROM runs WHERE id = :runId').get({ runId }) === undefined) return false;
    if (isPinned)
      sql(connection, 'INSERT INTO run_pins (run_id, pinned_at_ms) VALUES (:runId, :nowMs) ON CONFLICT DO NOTHING').run({ runId, nowMs });
    else sql(connection, 'DELETE FROM run_pins WHERE run_id = :runId').run({ runId });
    return true;
  },

  /** From here on the run cannot be started again. @returns false when it may not go: pinned, under way, or not there */
  beginCleaning(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): boolean {
    sql(
      connection,
      `INSERT INTO run_cleanings (run_id, started_at_ms)
       SELECT id, :nowMs FROM runs WHERE id = :runId AND status IN (${statusIn(CLEANABLE_STATUSES)})
         AND NOT EXISTS (SELECT 1 FROM run_pins WHERE run_id = :runId)
       ON CONFLICT DO NOTHING`,
    ).run({ runId, nowMs });
    return sql(connection, 'SELECT 1 FROM run_cleanings WHERE run_id = :runId').get({ runId }) !== undefined;
  },

  /**
   * Removes some rows of a run that is being cleaned away; texts that another run points at stay.
   * @returns whether only the run itself is left
   */
  cleanRunRows(connection: Connection, { runId, count }: { runId: number; count: number }): boolean {
    const some = { runId, count };
    const { changes: figures } = sql(
      connection,
      `DELETE FROM rescoring_counts WHERE (rescoring_id, task_id) IN (
         SELECT counts.rescoring_id, counts.task_id FROM rescorings JOIN rescoring_counts AS counts ON counts.rescoring_id = rescorings.id
         WHERE rescorings.run_id = :runId LIMIT :count)`,
    ).run(some);
    if (figures > 0) return false;
    const { changes: readings } = sql(
      connection,
      `DELETE FROM readings WHERE (series_id, bucket_ms, at_ms) IN (
         SELECT r.series_id, r.bucket_ms, r.at_ms FROM reading_series s CROSS JOIN readings r ON r.series_id = s.id
         WHERE s.run_id = :runId LIMIT :count)`,
    ).run(some);
    if (readings > 0 || removeTasks(connection, some)) return false;
    const { changes: items } = sql(
      connection,
      'DELETE FROM items WHERE id IN (SELECT id FROM items WHERE run_id = :runId LIMIT :count)',
    ).run(some);
    return items === 0;
  },

  endCleaning(connection: Connection, { runId }: { runId: number }): void {
    sql(connection, 'DELETE FROM run_cleanings WHERE run_id = :runId').run({ runId });
  },

  /** Looks at `count` texts after an id and removes those no task points at. @returns the id to go on from; null at the end */
  cleanUnusedAnswers(connection: Connection, page: { afterId: number; count: number }): { removed: number; lastId: number | null } {
    const looked = sql<{ id: number; isUsed: number }>(
      connection,
      `SELECT id, EXISTS (SELECT 1 FROM tasks WHERE result_id = results.id) AS isUsed FROM results WHERE id > :afterId ORDER BY id LIMIT :count`,
    ).all(page);
    const unused = looked.filter(({ isUsed }) => isUsed === 0);
    for (const { id } of unused) sql(connection, 'DELETE FROM results WHERE id = :id').run({ id });
    return { removed: unused.length, lastId: looked.at(-1)?.id ?? null };
  },
};

function removeTasks(connection: Connection, some: { runId: number; count: number }): boolean {
  const tasks = sql<{ id: number; resultId: number | null }>(
    connection,
    'SELECT id, result_id AS resultId FROM tasks WHERE run_id = :runId LIMIT :count',
  ).all(some);
  for (const { id } of tasks) sql(connection, 'DELETE FROM tasks WHERE id = :id').run({ id });
  const isUsed = sql(connection, 'SELECT 1 FROM tasks WHERE result_id = :resultId LIMIT 1');
  for (const { resultId } of tasks) {
    if (resultId === null || isUsed.get({ resultId }) !== undefined) continue;
    sql(connection, 'DELETE FROM results WHERE id = :resultId').run({ resultId });
  }
  return tasks.length > 0;
}

export const retentionReads = {
  /** Newest first, without those that are being cleaned away. */
  runFacts(connection: Connection): StoredRunFacts[] {
    const rows = sql<RunRow>(
      connection,
      `SELECT runs.id, name, status, created_at_ms AS createdAtMs, ended_at_ms AS endedAtMs, sources,
         EXISTS (SELECT 1 FROM run_pins WHERE run_id = runs.id) AS isPinned,
         (SELECT count(*) FROM tasks WHERE run_id = runs.id) AS tasks
       FROM runs WHERE NOT EXISTS (SELECT 1 FROM run_cleanings WHERE run_id = runs.id) ORDER BY runs.id DESC`,
    ).all();
    return rows.map((row) => ({ ...row, sources: JSON.parse(row.sources) as string[], isPinned: row.isPinned === 1 }));
  },

  databaseFacts(connection: Connection): DatabaseFacts {
    const pragma = (name: string): number => connection.pragma(name, { simple: true }) as number;
    const pageBytes = pragma('page_size');
    const counts = sql<{ answers: number; unusedAnswers: number }>(
      connection,
      `SELECT count(*) AS answers, coalesce(sum(NOT EXISTS (SELECT 1 FROM tasks WHERE result_id = results.id)), 0) AS unusedAnswers FROM results`,
    ).get();
    return {
      fileBytes: pragma('page_count') * pageBytes,
      freeBytes: pragma('freelist_count') * pageBytes,
      answers: counts?.answers ?? 0,
      unusedAnswers: counts?.unusedAnswers ?? 0,
    };
  },

  pinnedRuns(connection: Connection): { runId: number; name: string }[] {
    return sql<{ runId: number; name: string }>(
      connection,
      'SELECT runs.id AS runId, name FROM run_pins JOIN runs ON runs.id = run_pins.run_id ORDER BY runs.id DESC',
    ).all();
  },

  /** Runs whose cleaning was begun and not ended. */
  unfinishedCleanings(connection: Connection): number[] {
    return sql<{ runId: number }>(connection, 'SELECT run_id AS runId FROM run_cleanings ORDER BY run_id')
      .all()
      .map(({ runId }) => runId);
  },
};
