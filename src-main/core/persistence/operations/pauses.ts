import type { Mode } from '#shared/domain/mode.ts';
import type { PauseCause } from '#shared/domain/run.ts';
import { type Connection, sql } from '../connection.ts';
import { CLAIMABLE, claimBound } from './tasks.ts';

/** What of a run has no outcome yet, and what keeps it from being started; tasks. */
export interface OpenWork {
  readonly open: number;
  /** May be started, now or after the wait for another attempt. */
  readonly startable: number;
  /** Held back by the user, alone or with their mode. */
  readonly held: number;
  /** Kept by the marker alone. */
  readonly behindMarker: number;
}

export const pauseWrites = {
  /** A pause that Nightshift would take back itself becomes one that it does not. */
  strengthenPause(connection: Connection, { runId, cause }: { runId: number; cause: PauseCause }): boolean {
    return (
      sql(
        connection,
        `UPDATE runs SET paused_by = :cause
         WHERE id = :runId AND status IN ('pausing', 'paused') AND (paused_by IS NULL OR paused_by IN ('lowDisk', 'heat'))`,
      ).run({ runId, cause }).changes === 1
    );
  },

  /** @param plan.atMs null takes it back */
  planPause(connection: Connection, plan: { runId: number; atMs: number | null }): void {
    sql(connection, 'UPDATE runs SET pause_at_ms = :atMs WHERE id = :runId').run(plan);
  },

  /** @returns false when the run does not have the mode. */
  holdMode(connection: Connection, hold: { runId: number; mode: Mode; isHeld: boolean }): boolean {
    const { runId, mode, isHeld } = hold;
    return (
      sql(connection, 'UPDATE run_modes SET held = :held WHERE run_id = :runId AND mode = :mode').run({
        runId,
        mode,
        held: isHeld ? 1 : 0,
      }).changes === 1
    );
  },

  releaseModes(connection: Connection, { runId }: { runId: number }): void {
    sql(connection, 'UPDATE run_modes SET held = 0 WHERE run_id = :runId').run({ runId });
  },

  pauseServer(connection: Connection, { id, nowMs }: { id: string; nowMs: number }): void {
    sql(connection, 'INSERT INTO paused_servers (id, paused_at_ms) VALUES (:id, :nowMs) ON CONFLICT DO NOTHING').run({ id, nowMs });
  },

  resumeServer(connection: Connection, { id }: { id: string }): void {
    sql(connection, 'DELETE FROM paused_servers WHERE id = :id').run({ id });
  },
};

export const pauseReads = {
  /** Runs that pause by themselves, and when. */
  plannedPauses(connection: Connection): { runId: number; atMs: number }[] {
    return sql<{ runId: number; atMs: number }>(
      connection,
      `SELECT id AS runId, pause_at_ms AS atMs FROM runs WHERE pause_at_ms IS NOT NULL AND status NOT IN ('finished', 'stopped', 'failed')`,
    ).all();
  },

  heldModes(connection: Connection, { runId }: { runId: number }): Mode[] {
    return sql<{ mode: Mode }>(connection, 'SELECT mode FROM run_modes WHERE run_id = :runId AND held = 1')
      .all({ runId })
      .map(({ mode }) => mode);
  },

  openWork(connection: Connection, { runId }: { runId: number }): OpenWork {
    const sum = { open: 0, startable: 0, held: 0, behindMarker: 0 };
    for (const { mode, held } of modesOf(connection, runId)) {
      const counts = sql<{ open: number; queued: number; free: number; startable: number }>(
        connection,
        `SELECT count(*) AS open, coalesce(sum(status = 'queued'), 0) AS queued,
           coalesce(sum(status = 'queued' AND held = 0), 0) AS free,
           coalesce(sum(${CLAIMABLE}), 0) AS startable
         FROM tasks WHERE run_id = :runId AND mode = :mode AND superseded = 0 AND status IN ('queued', 'claimed')`,
      ).get({ runId, mode, ...claimBound(connection, { runId, mode }) });
      if (counts === undefined) continue;
      const { open, queued, free, startable } = counts;
      sum.open += open;
      sum.startable += held === 1 ? 0 : startable;
      sum.held += held === 1 ? queued : queued - free;
      sum.behindMarker += held === 1 ? 0 : free - startable;
    }
    return sum;
  },

  /** Modes that are not held and have tasks that may be started, now or after a wait. */
  startableModes(connection: Connection, { runId }: { runId: number }): Mode[] {
    return modesOf(connection, runId)
      .filter(({ held }) => held === 0)
      .filter(
        ({ mode }) =>
          sql(connection, `SELECT 1 FROM tasks WHERE run_id = :runId AND mode = :mode AND ${CLAIMABLE} LIMIT 1`).get({
            runId,
            mode,
            ...claimBound(connection, { runId, mode }),
          }) !== undefined,
      )
      .map(({ mode }) => mode);
  },

  /** Whether a run of priority 0 waits for its turn, and this one is not of priority 0 itself. */
  isPreempted(connection: Connection, { runId }: { runId: number }): boolean {
    const row = sql<{ isPreempted: number }>(
      connection,
      `SELECT EXISTS (
         SELECT 1 FROM runs next, runs now
         WHERE next.id = (SELECT id FROM runs WHERE status = 'queued' ORDER BY rank, id LIMIT 1) AND now.id = :runId AND next.rank < now.rank
           AND json_extract(next.options, '$.priority') <= 0 AND json_extract(now.options, '$.priority') > 0
           AND (SELECT is_paused FROM queue_state) = 0) AS isPreempted`,
    ).get({ runId });
    return row?.isPreempted === 1;
  },

  pausedServers(connection: Connection): string[] {
    return sql<{ id: string }>(connection, 'SELECT id FROM paused_servers ORDER BY id')
      .all()
      .map(({ id }) => id);
  },

  /** Left by a quit, a crash or a reboot, and not put aside by the user; the one interrupted last first. */
  interruptedRuns(connection: Connection): number[] {
    return interrupted(connection, 'ended_at_ms DESC, id DESC');
  },

  /** The same, the one that was the first in the queue first. */
  interruptedInOrder(connection: Connection): number[] {
    return interrupted(connection, 'rank, id');
  },
};

function modesOf(connection: Connection, runId: number): { mode: Mode; held: number }[] {
  return sql<{ mode: Mode; held: number }>(connection, 'SELECT mode, held FROM run_modes WHERE run_id = :runId ORDER BY position').all({
    runId,
  });
}

function interrupted(connection: Connection, order: string): number[] {
  return sql<{ id: number }>(connection, `SELECT id FROM runs WHERE status = 'interrupted' AND kept_by_user = 0 ORDER BY ${order}`)
    .all()
    .map(({ id }) => id);
}
