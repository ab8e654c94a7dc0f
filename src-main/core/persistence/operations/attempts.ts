import { type Connection, sql } from '../connection.ts';

export const attemptWrites = {
  /**
   * A server that had no room has not tried: the attempt never was, and nights of waiting do not fill the history. The task stays claimed.
   * @returns false when the lease is no longer held
   */
  withdrawAttempt(connection: Connection, lease: { taskId: number; leaseToken: string }): boolean {
    const { changes } = sql(
      connection,
      `UPDATE tasks SET started_at_ms = NULL WHERE id = :taskId AND status = 'claimed' AND lease_token = :leaseToken`,
    ).run(lease);
    if (changes === 0) return false;
    sql(connection, `DELETE FROM attempts WHERE task_id = :taskId AND lease_token = :leaseToken AND outcome = 'running'`).run(lease);
    return true;
  },
};
