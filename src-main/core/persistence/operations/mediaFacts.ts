import { type Connection, sql } from '../connection.ts';

export const mediaFactWrites = {
  /** Forgets `count` of the files that were not looked at for longest. @returns how many */
  forgetOldestFiles(connection: Connection, { count }: { count: number }): number {
    const { changes } = sql(
      connection,
      'DELETE FROM media_facts WHERE path IN (SELECT path FROM media_facts ORDER BY last_used_ms, path LIMIT :count)',
    ).run({ count });
    return Number(changes);
  },
};

export const mediaFactReads = {
  /** Files whose hash and form are known. */
  knownFileCount(connection: Connection): number {
    return sql<{ total: number }>(connection, 'SELECT count(*) AS total FROM media_facts').get()?.total ?? 0;
  },

  /** The run that has another mode still to begin with the file of a task; null: none. */
  laterDecode(connection: Connection, { taskId, itemId }: { readonly taskId: number; readonly itemId: number }): number | null {
    const later = sql<{ runId: number }>(
      connection,
      `SELECT run_id AS runId FROM tasks WHERE item_id = :itemId AND id <> :taskId AND superseded = 0 AND mode IS NOT NULL
         AND (status = 'queued' OR (status = 'claimed' AND started_at_ms IS NULL)) LIMIT 1`,
    ).get({ taskId, itemId });
    return later?.runId ?? null;
  },
};
