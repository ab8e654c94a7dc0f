import type { Alert } from '#shared/contract/alerts.ts';
import type { RunPace } from '../../alerts/progressCheck.ts';
import { type Connection, sql } from '../connection.ts';

/** Newest attempts that are looked at for the pace of a run. */
const ATTEMPTS_LOOKED_AT = 300;

/** What the guard counted since the run was last resumed. */
export interface GuardCounts {
  readonly ranMs: number;
  /** As in the migration: one letter for each task, the oldest first. */
  readonly outcomes: string;
}

export const nightGuardWrites = {
  /** Nothing when the run is gone. */
  saveGuard(connection: Connection, { runId, ranMs, outcomes }: GuardCounts & { runId: number }): void {
    sql(
      connection,
      `INSERT INTO run_guards (run_id, ran_ms, outcomes) SELECT id, :ranMs, :outcomes FROM runs WHERE id = :runId
       ON CONFLICT (run_id) DO UPDATE SET ran_ms = excluded.ran_ms, outcomes = excluded.outcomes`,
    ).run({ runId, ranMs: Math.round(ranMs), outcomes });
  },
};

export const nightGuardReads = {
  guardCounts(connection: Connection, { runId }: { runId: number }): GuardCounts {
    const row = sql<GuardCounts>(connection, 'SELECT ran_ms AS ranMs, outcomes FROM run_guards WHERE run_id = :runId').get({ runId });
    return row ?? { ranMs: 0, outcomes: '' };
  },

  runPace(connection: Connection, { runId }: { runId: number }): RunPace {
    const ended = sql<RunPace['ended'][number]>(
      connection,
      `SELECT t.mode, a.ended_at_ms - a.started_at_ms AS wallMs, coalesce(t.audio_sec, i.announced_sec) AS audioSec, a.ended_at_ms AS endedAtMs
       FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT ${ATTEMPTS_LOOKED_AT}) a
       JOIN tasks t ON t.id = a.task_id LEFT JOIN items i ON i.id = t.item_id
       WHERE t.run_id = :runId AND a.outcome IN ('done', 'failed') AND a.ended_at_ms IS NOT NULL`,
    ).all({ runId });
    const underWay = sql<RunPace['underWay'][number]>(
      connection,
      `SELECT t.mode, i.announced_sec AS audioSec FROM tasks t LEFT JOIN items i ON i.id = t.item_id
       WHERE t.status = 'claimed' AND t.run_id = :runId AND t.started_at_ms IS NOT NULL`,
    ).all({ runId });
    return { ended, underWay };
  },

  /** The newest episodes, with the end of those that ended while their owner lived. */
  alertEpisodes(connection: Connection, { count }: { count: number }): Alert[] {
    const rows = sql<{ code: string; run_id: number | null; data: string }>(
      connection,
      `SELECT code, run_id, data FROM event_log WHERE code IN ('alertRaised', 'alertCleared') ORDER BY id DESC LIMIT :rows`,
    ).all({ rows: count * 3 + 20 });
    const ends = new Map<string, number | null>();
    const episodes: Alert[] = [];
    for (const { code, run_id: runId, data } of rows) {
      const alert = JSON.parse(data) as Omit<Alert, 'runId'>;
      const key = `${alert.kind} ${alert.subject ?? ''} ${alert.raisedAtMs}`;
      if (code === 'alertCleared') ends.set(key, alert.clearedAtMs);
      else if (episodes.length < count) episodes.push({ ...alert, runId, clearedAtMs: ends.get(key) ?? null });
    }
    return episodes;
  },
};
