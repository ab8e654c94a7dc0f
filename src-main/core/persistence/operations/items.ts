import type { ITEM_FILTERS, ItemDetail, ItemRow, TaskCell } from '#shared/contract/items.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { TaskStatus } from '#shared/domain/run.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { ErrorData, WireError } from '#shared/errors/nightshiftError.ts';
import type { MediaFacts } from '../../media/mediaDecoder.ts';
import type { ScannedFile } from '../../ports.ts';
import { type Connection, sql } from '../connection.ts';

export type ItemFilter = (typeof ITEM_FILTERS)[number];

export interface Inspection {
  readonly itemId: number;
  readonly facts: MediaFacts | null;
  readonly problem: WireError | null;
}

export interface UninspectedItem {
  readonly id: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

interface ItemDbRow {
  id: number;
  run_id: number;
  file_id: string;
  path: string;
  size_bytes: number;
  announced_sec: number | null;
  has_reference: number;
  problem_code: ErrorCode | null;
}

interface CellDbRow {
  id: number;
  item_id: number;
  mode: Mode;
  status: TaskStatus;
  failed_attempts: number;
  max_retries: number;
  not_before_ms: number;
  error_code: ErrorCode | null;
  done_earlier: number;
  priority: number;
  held: number;
  edits: number | null;
  reference_words: number | null;
}

const ITEM_COLUMNS = `i.id, i.run_id, i.file_id, i.path, i.size_bytes, i.announced_sec, i.reference IS NOT NULL AS has_reference, i.problem_code`;
// Claimed ahead and not begun is waiting, to a person.
const CELL_COLUMNS = `id, item_id, mode, CASE WHEN status = 'claimed' AND started_at_ms IS NULL THEN 'queued' ELSE status END AS status, failed_attempts, max_retries, not_before_ms, error_code, done_earlier, priority, held,
  substitutions + deletions + insertions AS edits, reference_words`;

/** Items of a run that a filter shows, as the table `f` of their ids; the conditions are those of the indexes of migration 160, word for word. */
const TASKS = 'SELECT DISTINCT item_id AS id FROM tasks WHERE run_id = :runId AND superseded = 0';
const ITEMS = 'SELECT id FROM items WHERE run_id = :runId';
const DOUBTFUL = `${TASKS} AND status IN ('done', 'skipped') AND error_code IS NOT NULL`;
const FILTERS: Readonly<Record<ItemFilter, string>> = {
  all: ITEMS,
  active: `${TASKS} AND status = 'claimed' AND started_at_ms IS NOT NULL`,
  failed: `${TASKS} AND status = 'failed'`,
  highWer: `${TASKS} AND reference_words > 0 AND substitutions + deletions + insertions > 0.2 * reference_words`,
  problem: `${ITEMS} AND problem_code IS NOT NULL UNION ${DOUBTFUL}`,
  noReference: `${ITEMS} AND reference IS NULL`,
};

export const itemWrites = {
  insertItems(connection: Connection, { runId, files }: { runId: number; files: readonly ScannedFile[] }): void {
    const insert = sql(
      connection,
      `INSERT INTO items (run_id, file_id, path, size_bytes, modified_ms, reference, problem_code, problem_data, inspected)
       VALUES (:runId, :fileId, :path, :sizeBytes, :modifiedMs, :reference, :problemCode, :problemData, :inspected)`,
    );
    for (const file of files) {
      insert.run({
        runId,
        fileId: file.fileId,
        path: file.path,
        sizeBytes: file.sizeBytes,
        modifiedMs: file.modifiedMs,
        reference: file.reference,
        problemCode: file.problemCode,
        problemData: file.problemCode === null ? null : JSON.stringify({ path: file.path }),
        inspected: file.problemCode === null ? 0 : 1,
      });
    }
  },

  recordInspections(connection: Connection, { inspections, nowMs }: { inspections: readonly Inspection[]; nowMs: number }): void {
    const good = sql(
      connection,
      `UPDATE items SET inspected = 1, sha256 = :sha256, announced_sec = :announcedSec, container = :container, codec = :codec,
         sample_rate_hz = :sampleRateHz, channels = :channels, size_bytes = :sizeBytes, modified_ms = :modifiedMs
       WHERE id = :itemId`,
    );
    const bad = sql(connection, 'UPDATE items SET inspected = 1, problem_code = :code, problem_data = :data WHERE id = :itemId');
    const remember = sql(
      connection,
      `INSERT INTO media_facts (path, size_bytes, modified_ms, sha256, facts, last_used_ms)
       SELECT path, :sizeBytes, :modifiedMs, :sha256, :facts, :nowMs FROM items WHERE id = :itemId
       ON CONFLICT (path) DO UPDATE SET size_bytes = excluded.size_bytes, modified_ms = excluded.modified_ms,
         sha256 = excluded.sha256, facts = excluded.facts, last_used_ms = excluded.last_used_ms`,
    );
    for (const { itemId, facts, problem } of inspections) {
      if (facts !== null) {
        const { sha256, sizeBytes, modifiedMs, announcedSec, container, codec, sampleRateHz, channels } = facts;
        good.run({ itemId, sha256, announcedSec, container, codec, sampleRateHz, channels, sizeBytes, modifiedMs });
        remember.run({ itemId, sizeBytes, modifiedMs, sha256, facts: JSON.stringify(facts), nowMs });
      } else if (problem !== null) {
        bad.run({ itemId, code: problem.code, data: JSON.stringify(problem.data) });
      }
    }
  },
};

export const itemReads = {
  uninspectedItems(connection: Connection, page: { runId: number; afterId: number; count: number }): UninspectedItem[] {
    return sql<UninspectedItem>(
      connection,
      `SELECT id, path, size_bytes AS sizeBytes, modified_ms AS modifiedMs FROM items
       WHERE run_id = :runId AND id > :afterId AND inspected = 0 ORDER BY id LIMIT :count`,
    ).all(page);
  },

  /** What is known of unchanged files from earlier, by path. */
  knownFacts(connection: Connection, { items }: { items: readonly UninspectedItem[] }): Record<number, MediaFacts> {
    const find = sql<{ facts: string }>(
      connection,
      'SELECT facts FROM media_facts WHERE path = :path AND size_bytes = :sizeBytes AND modified_ms = :modifiedMs',
    );
    const known: Record<number, MediaFacts> = {};
    for (const { id, path, sizeBytes, modifiedMs } of items) {
      const row = find.get({ path, sizeBytes, modifiedMs });
      if (row !== undefined) known[id] = JSON.parse(row.facts) as MediaFacts;
    }
    return known;
  },

  listItems(
    connection: Connection,
    page: { runId: number; afterId: number; count: number; filter: ItemFilter; search: string },
  ): { items: ItemRow[]; total: number; counts: Record<ItemFilter, number> } {
    const { runId } = page;
    const isSearching = page.search !== '';
    const search = `%${page.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const named = isSearching ? { runId, search } : { runId };
    const FOUND = String.raw`JOIN items i ON i.id = f.id AND i.file_id LIKE :search ESCAPE '\'`;
    const rows = sql<ItemDbRow>(
      connection,
      `SELECT ${ITEM_COLUMNS} FROM (${FILTERS[page.filter]}) f ${isSearching ? FOUND : 'JOIN items i ON i.id = f.id'}
       WHERE f.id > :afterId ORDER BY f.id LIMIT :count`,
    ).all({ ...named, afterId: page.afterId, count: page.count });
    const count = (filter: ItemFilter): number =>
      sql<{ total: number }>(connection, `SELECT count(*) AS total FROM (${FILTERS[filter]}) f ${isSearching ? FOUND : ''}`).get(named)
        ?.total ?? 0;
    const counts: Record<ItemFilter, number> = {
      all: count('all'),
      active: count('active'),
      failed: count('failed'),
      highWer: count('highWer'),
      problem: count('problem'),
      noReference: count('noReference'),
    };
    return { items: withTasks(connection, rows), total: counts[page.filter], counts };
  },

  itemRows(connection: Connection, { itemIds }: { itemIds: readonly number[] }): ItemRow[] {
    const find = sql<ItemDbRow>(connection, `SELECT ${ITEM_COLUMNS} FROM items i WHERE i.id = :itemId`);
    const rows = itemIds.flatMap((itemId) => find.get({ itemId }) ?? []);
    return withTasks(connection, rows);
  },

  /** Everything of one item but the alignments, which the caller adds. */
  itemDetail(connection: Connection, { itemId }: { itemId: number }): StoredItemDetail | null {
    const item = sql<
      ItemDbRow & {
        reference: string | null;
        codec: string | null;
        sample_rate_hz: number | null;
        channels: number | null;
        sha256: string | null;
      }
    >(
      connection,
      `SELECT ${ITEM_COLUMNS}, i.reference, i.codec, i.sample_rate_hz, i.channels, i.sha256 FROM items i WHERE i.id = :itemId`,
    ).get({ itemId });
    if (item === undefined) return null;
    const [row] = withTasks(connection, [item]);
    if (row === undefined) return null;
    const results = sql<StoredItemDetail['results'][number]>(
      connection,
      `SELECT t.mode, r.hypothesis, r.decoded_sec AS decodedSec, r.announced_sec AS announcedSec, r.processing_sec AS processingSec,
         r.first_token_latency_ms AS firstTokenLatencyMs, r.model, r.warning_code AS warningCode
       FROM tasks t JOIN results r ON r.id = t.result_id WHERE t.item_id = :itemId AND t.superseded = 0`,
    ).all({ itemId });
    const attempts = sql<AttemptDbRow>(
      connection,
      `SELECT a.id, t.mode, a.number, a.started_at_ms, a.ended_at_ms, a.outcome, a.error_code, a.error_data
       FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE t.item_id = :itemId ORDER BY a.id DESC LIMIT 100`,
    ).all({ itemId });
    return {
      row,
      path: item.path,
      codec: item.codec,
      sampleRateHz: item.sample_rate_hz,
      channels: item.channels,
      sha256: item.sha256,
      reference: item.reference,
      results,
      attempts: attempts.map((attempt) => ({
        id: attempt.id,
        mode: attempt.mode,
        number: attempt.number,
        startedAtMs: attempt.started_at_ms,
        endedAtMs: attempt.ended_at_ms,
        outcome: attempt.outcome,
        error: attempt.error_code === null ? null : { code: attempt.error_code, data: JSON.parse(attempt.error_data ?? '{}') as ErrorData },
      })),
    };
  },
};

export type StoredItemDetail = Omit<ItemDetail, 'results'> & {
  readonly results: readonly Omit<ItemDetail['results'][number], 'alignment' | 'counts' | 'werRatio' | 'normalizer'>[];
};

interface AttemptDbRow {
  id: number;
  mode: Mode;
  number: number;
  started_at_ms: number;
  ended_at_ms: number | null;
  outcome: ItemDetail['attempts'][number]['outcome'];
  error_code: ErrorCode | null;
  error_data: string | null;
}

function withTasks(connection: Connection, items: readonly ItemDbRow[]): ItemRow[] {
  const cells = sql<CellDbRow>(
    connection,
    `SELECT ${CELL_COLUMNS} FROM tasks WHERE item_id = :itemId AND superseded = 0 AND mode IS NOT NULL`,
  );
  return items.map((item) => ({
    id: item.id,
    runId: item.run_id,
    fileId: item.file_id,
    sizeBytes: item.size_bytes,
    audioSec: item.announced_sec,
    hasReference: item.has_reference === 1,
    problem: item.problem_code,
    tasks: cells
      .all({ itemId: item.id })
      .map(toCell)
      .toSorted((left, right) => MODES.indexOf(left.mode) - MODES.indexOf(right.mode)),
  }));
}

function toCell(row: CellDbRow): TaskCell {
  return {
    taskId: row.id,
    mode: row.mode,
    status: row.status,
    werRatio: row.edits === null || row.reference_words === null || row.reference_words === 0 ? null : row.edits / row.reference_words,
    failedAttempts: row.failed_attempts,
    maxRetries: row.max_retries,
    notBeforeMs: row.status === 'queued' && row.not_before_ms > 0 ? row.not_before_ms : null,
    errorCode: row.error_code,
    priority: row.priority,
    isHeld: row.held === 1,
    doneEarlier: row.done_earlier === 1,
  };
}
