import type { Mode } from '#shared/domain/mode.ts';
import { type Connection, sql } from '../connection.ts';

export interface SearchQuestion {
  /** Each at least one character; all of them must occur. */
  readonly terms: readonly string[];
  readonly runId: number | null;
  readonly mode: Mode | null;
  /** Texts before this one; null: from the newest. */
  readonly beforeId: number | null;
  readonly count: number;
}

export interface FoundText {
  readonly resultId: number;
  readonly createdAtMs: number;
  readonly mode: Mode;
  readonly model: string;
  readonly hypothesis: string;
  readonly runId: number | null;
  readonly runName: string | null;
  readonly itemId: number | null;
  readonly fileId: string | null;
}

/** At least three code points: the trigram index knows nothing of shorter terms. */
const INDEXED_TERM = /^.{3}/su;
/** Up to here every text of one run is looked through: a common word has most of its matches in other runs. */
const SMALL_RUN_TASKS = 10_000;

const FOUND = `SELECT r.id AS resultId, r.created_at_ms AS createdAtMs, r.mode, r.model, r.hypothesis,
  t.run_id AS runId, n.name AS runName, t.item_id AS itemId, i.file_id AS fileId`;
const OWNER = `LEFT JOIN tasks t ON t.id = (
    SELECT max(u.id) FROM tasks u WHERE u.result_id = r.id AND u.superseded = 0 AND (:runId IS NULL OR u.run_id = :runId))
  LEFT JOIN runs n ON n.id = t.run_id LEFT JOIN items i ON i.id = t.item_id`;
const WANTED = 'r.id > :afterId AND r.id < :beforeId AND (:mode IS NULL OR r.mode = :mode) AND (:runId IS NULL OR t.id IS NOT NULL)';

export const searchWrites = {
  /** Takes the next texts into the index. @returns whether there may be more */
  indexTexts(connection: Connection, { count }: { count: number }): boolean {
    const texts = sql<{ id: number; hypothesis: string }>(
      connection,
      'SELECT id, hypothesis FROM results WHERE id > (SELECT indexed_to FROM result_search_state) ORDER BY id LIMIT :count',
    ).all({ count });
    const insert = sql(connection, 'INSERT INTO result_search (rowid, hypothesis) VALUES (:id, :hypothesis)');
    for (const text of texts) insert.run(text);
    const last = texts.at(-1);
    if (last !== undefined) sql(connection, 'UPDATE result_search_state SET indexed_to = :id').run({ id: last.id });
    return texts.length === count;
  },
};

export const searchReads = {
  /** Newest first, at most `count`. */
  searchTexts(connection: Connection, { terms, runId, mode, beforeId, count }: SearchQuestion): FoundText[] {
    const indexedTo = sql<{ id: number }>(connection, 'SELECT indexed_to AS id FROM result_search_state').get()?.id ?? 0;
    const wanted = { runId, mode, count, beforeId: beforeId ?? Number.MAX_SAFE_INTEGER };
    const indexed = terms.filter((term) => INDEXED_TERM.test(term));
    if (indexed.length === 0 || (runId !== null && isSmall(connection, runId)))
      return lookThrough(connection, { ...wanted, terms, afterId: 0 });
    const newest = lookThrough(connection, { ...wanted, terms, afterId: indexedTo });
    if (newest.length === count) return newest;
    const short = termsLike(terms.filter((term) => !indexed.includes(term)));
    const older = sql<FoundText>(
      connection,
      `${FOUND} FROM result_search s CROSS JOIN results r ON r.id = s.rowid ${OWNER}
       WHERE s.result_search MATCH :match AND s.rowid < :beforeId AND ${WANTED} AND ${short.condition} ORDER BY s.rowid DESC LIMIT :count`,
    ).all({
      ...wanted,
      ...short.parameters,
      afterId: 0,
      beforeId: Math.min(wanted.beforeId, indexedTo + 1),
      count: count - newest.length,
      match: indexed.map((term) => `"${term.replaceAll('"', '""')}"`).join(' AND '),
    });
    return [...newest, ...older];
  },
};

function isSmall(connection: Connection, runId: number): boolean {
  const { tasks = 0 } =
    sql<{ tasks: number }>(connection, 'SELECT count(*) AS tasks FROM (SELECT 1 FROM tasks WHERE run_id = :runId LIMIT :most)').get({
      runId,
      most: SMALL_RUN_TASKS + 1,
    }) ?? {};
  return tasks <= SMALL_RUN_TASKS;
}

type Page = Omit<SearchQuestion, 'beforeId'> & { readonly afterId: number; readonly beforeId: number };

/** Compares each text, from the newest. */
function lookThrough(connection: Connection, { terms, ...page }: Page): FoundText[] {
  const like = termsLike(terms);
  // From its tasks to the texts of a run, not from all texts to their tasks.
  const ofRun = page.runId === null ? '' : 'AND r.id IN (SELECT o.result_id FROM tasks o WHERE o.run_id = :runId)';
  return sql<FoundText>(
    connection,
    `${FOUND} FROM results r ${OWNER} WHERE ${like.condition} AND ${WANTED} ${ofRun} ORDER BY r.id DESC LIMIT :count`,
  ).all({ ...page, ...like.parameters });
}

function termsLike(terms: readonly string[]): { readonly condition: string; readonly parameters: Readonly<Record<string, string>> } {
  const patterns = terms.map((term) => `%${term.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  return {
    condition: patterns.map((_, place) => String.raw`r.hypothesis LIKE :like${place} ESCAPE '\'`).join(' AND ') || '1',
    parameters: Object.fromEntries(patterns.map((pattern, place) => [`like${place}`, pattern])),
  };
}
