import type { QueueDocument } from '#shared/contract/queue.ts';
import type { RunOptions } from '#shared/contract/runs.ts';
import { rankOffsetMs } from '#shared/domain/rank.ts';
import { type Connection, sql } from '../connection.ts';
import type { ModePlan } from './tasks.ts';

/** Files of a run that differ from the others of it. */
export type ImportedItem = QueueDocument['runs'][number]['items'][number];

/** What an imported run keeps until it is started. */
export interface ImportedRun {
  /** Its place in the queue, in the order of the document. */
  readonly rank: number;
  readonly items: readonly ImportedItem[];
}

interface ChangedTask {
  file_id: string;
  priority: number;
  is_own_priority: number;
  language: string | null;
  held: number;
  removed: number;
}

export const queueImportReads = {
  /** Languages that files of the run are to have of their own. */
  importedLanguages(connection: Connection, { runId }: { runId: number }): string[] {
    return sql<{ language: string }>(
      connection,
      `SELECT DISTINCT json_extract(value, '$.change.language') AS language FROM queue_imports, json_each(items)
       WHERE run_id = :runId AND language IS NOT NULL`,
    )
      .all({ runId })
      .map(({ language }) => language);
  },

  /**
   * Files of a run that differ from the others of it; what a failed attempt moved back is not a difference. The priority of a run can be changed after its files were planned:
   * what most of them have stands for it, and the others keep their distance from it.
   */
  exportedItems(connection: Connection, { runId }: { runId: number }): ImportedItem[] {
    const rows = sql<ChangedTask>(
      connection,
      `WITH untried AS (SELECT priority FROM tasks WHERE run_id = :runId AND superseded = 0 AND status IN ('queued', 'claimed') AND failed_attempts = 0),
         usual AS (SELECT priority FROM untried GROUP BY priority ORDER BY count(*) DESC, priority LIMIT 1)
       SELECT i.file_id, max(0, t.priority - (SELECT priority FROM usual) + json_extract(r.options, '$.priority')) AS priority,
         (t.status IN ('queued', 'claimed') AND t.failed_attempts = 0 AND t.priority <> (SELECT priority FROM usual)) AS is_own_priority,
         t.language, t.held, t.removed
       FROM tasks t JOIN items i ON i.id = t.item_id JOIN runs r ON r.id = t.run_id
       WHERE t.run_id = :runId AND t.superseded = 0 AND (t.held = 1 OR t.removed = 1 OR t.language IS NOT NULL OR is_own_priority)
       ORDER BY i.id, t.id`,
    ).all({ runId });
    const pending = sql<{ items: string }>(connection, 'SELECT items FROM queue_imports WHERE run_id = :runId').get({ runId });
    const items = new Map<string, ImportedItem>(
      pending === undefined ? [] : (JSON.parse(pending.items) as ImportedItem[]).map((item) => [item.fileId, item]),
    );
    for (const row of rows) {
      const item = items.get(row.file_id) ?? { fileId: row.file_id, change: {}, isHeld: false, isRemoved: false };
      items.set(row.file_id, {
        fileId: item.fileId,
        change: {
          ...item.change,
          ...(row.is_own_priority === 1 ? { priority: row.priority } : {}),
          ...(row.language === null ? {} : { language: row.language }),
        },
        isHeld: item.isHeld || row.held === 1,
        isRemoved: item.isRemoved || row.removed === 1,
      });
    }
    return [...items.values()];
  },
};

/** Part of the transaction that creates the run. */
export function keepImport(connection: Connection, runId: number, { rank, items }: ImportedRun): void {
  sql(connection, 'INSERT INTO queue_imports (run_id, rank, items) VALUES (:runId, :rank, :items)').run({
    runId,
    rank,
    items: JSON.stringify(items),
  });
}

/**
 * Part of the transaction that queues the run: nothing of it is ever started without them.
 * @param modesOfLanguage work keys of the files that have their own language
 */
export function applyImport(
  connection: Connection,
  run: { runId: number; options: RunOptions; modesOfLanguage: Readonly<Record<string, readonly ModePlan[]>>; nowMs: number },
): void {
  const { runId, nowMs } = run;
  const kept = sql<{ rank: number; items: string }>(connection, 'SELECT rank, items FROM queue_imports WHERE run_id = :runId').get({
    runId,
  });
  if (kept === undefined) return;
  sql(connection, 'UPDATE runs SET rank = :rank WHERE id = :runId').run({ runId, rank: kept.rank });
  const ofItem = `run_id = :runId AND status = 'queued' AND item_id = (SELECT id FROM items WHERE run_id = :runId AND file_id = :fileId)`;
  const change = sql(
    connection,
    `UPDATE tasks SET rank = rank + (:offset - :usualOffset), priority = :priority, held = :held WHERE ${ofItem}`,
  );
  const speak = sql(
    connection,
    `UPDATE tasks INDEXED BY tasks_by_item SET language = :language, result_key = substr(result_key, 1, instr(result_key, ':')) || :workKey
     WHERE ${ofItem} AND mode = :mode`,
  );
  const remove = sql(connection, `UPDATE tasks SET status = 'cancelled', removed = 1, ended_at_ms = :nowMs WHERE ${ofItem}`);
  const usualOffset = rankOffsetMs(run.options.priority);
  for (const { fileId, change: asked, isHeld, isRemoved } of JSON.parse(kept.items) as ImportedItem[]) {
    const { priority = run.options.priority, language = null } = asked;
    change.run({ runId, fileId, priority, offset: rankOffsetMs(priority), usualOffset, held: isHeld ? 1 : 0 });
    const modes = language === null ? [] : (run.modesOfLanguage[language] ?? []);
    for (const { mode, workKey } of modes) speak.run({ runId, fileId, language, mode, workKey });
    if (isRemoved) remove.run({ runId, fileId, nowMs });
  }
  sql(connection, 'DELETE FROM queue_imports WHERE run_id = :runId').run({ runId });
}
