import type { PauseCause, RunStatus } from '#shared/domain/run.ts';
import { type Connection, sql } from '../connection.ts';

/** The status in the row; null when there is no such run. */
export function runStatusOf(connection: Connection, runId: number): RunStatus | null {
  return sql<{ status: RunStatus }>(connection, 'SELECT status FROM runs WHERE id = :runId').get({ runId })?.status ?? null;
}

/** Whose pause it is; null when it is nobody's, or there is no such run. */
export function pausedByOf(connection: Connection, runId: number): PauseCause | null {
  return (
    sql<{ cause: PauseCause | null }>(connection, 'SELECT paused_by AS cause FROM runs WHERE id = :runId').get({ runId })?.cause ?? null
  );
}
