import type { RunOptions } from '#shared/contract/runs.ts';
import { rankOf } from '#shared/domain/rank.ts';
import { type PauseCause, RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import { type Connection, sql } from '../connection.ts';
import { additionWrites } from './additions.ts';
import { addLogEntry, addTaskEntry } from './eventLog.ts';
import { applyImport } from './queueImports.ts';
import { type RunModel, runWrites } from './runs.ts';
import { pausedByOf, runStatusOf } from './runState.ts';
import { MAX_LOSSES, type ModePlan, type PlanRequest, taskWrites } from './tasks.ts';

/** Changes of a run that are more than its status: all of it or nothing. */
export const lifecycleWrites = {
  /** Freezes options and model, plans the tasks and queues the run. @returns false when it is no longer in `from`. */
  startRun(
    connection: Connection,
    start: {
      from: RunStatus;
      options: RunOptions;
      model: RunModel;
      defaultFolder: string;
      plan: PlanRequest;
      modesOfLanguage?: Readonly<Record<string, readonly ModePlan[]>>;
    },
  ): boolean {
    const { from, options, model, plan } = start;
    const { runId, nowMs } = plan;
    if (!runWrites.moveRun(connection, { runId, from, to: 'queued', nowMs, error: null })) return false;
    sql(
      connection,
      `UPDATE runs SET options = :options, model_name = :name, model_path = :path, model_fingerprint = :fingerprint,
         rank = :rank, results_path = :resultsPath WHERE id = :runId`,
    ).run({
      runId,
      options: JSON.stringify(options),
      rank: rankOf(nowMs, options.priority),
      ...model,
      resultsPath: options.outputPath ?? `${start.defaultFolder}/${runId}/results.json`,
    });
    taskWrites.planTasks(connection, plan);
    applyImport(connection, { runId, options, modesOfLanguage: start.modesOfLanguage ?? {}, nowMs });
    return true;
  },

  /**
   * Puts a run back in the queue, without the files that were done meanwhile.
   * @param change.redo also what failed or was cancelled is done again
   * @param change.pausedBy only when the pause is of this cause; null: whosever it is
   * @returns 'nothing' when there is nothing left to redo, 'moved' when it is no longer in `from`
   */
  requeueRun(
    connection: Connection,
    change: { runId: number; from: RunStatus; redo: boolean; pausedBy?: PauseCause | null; nowMs: number },
  ): 'queued' | 'nothing' | 'moved' {
    const { runId, from, nowMs } = change;
    if (runStatusOf(connection, runId) !== from) return 'moved';
    if (change.pausedBy != null && change.pausedBy !== pausedByOf(connection, runId)) return 'moved';
    taskWrites.reclaimTasks(connection, { runId, nowMs });
    if (change.redo && taskWrites.reopenTasks(connection, { runId, nowMs }) === 0) return 'nothing';
    taskWrites.skipDoneMeanwhile(connection, { runId, nowMs });
    runWrites.moveRun(connection, { runId, from, to: 'queued', nowMs, error: null });
    return 'queued';
  },

  /** The run that waits becomes the one that runs. @returns false when it is no longer `queued`. */
  enterRun(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): boolean {
    if (!runWrites.moveRun(connection, { runId, from: 'queued', to: 'running', nowMs, error: null })) return false;
    taskWrites.reclaimTasks(connection, { runId, nowMs });
    // Another run may have done the same files while this one waited.
    taskWrites.skipDoneMeanwhile(connection, { runId, nowMs });
    return true;
  },

  /** Ends a run that is not under way; what it had not done is cancelled. @returns false when it is no longer in `from`. */
  cancelRun(connection: Connection, { runId, from, nowMs }: { runId: number; from: RunStatus; nowMs: number }): boolean {
    if (!runWrites.moveRun(connection, { runId, from, to: 'stopped', nowMs })) return false;
    taskWrites.reclaimTasks(connection, { runId, nowMs });
    taskWrites.endQueuedTasks(connection, { runId, mode: null, status: 'cancelled', error: null, nowMs });
    return true;
  },

  /** Forgets the run with its items and tasks. @returns false when it is no longer in `from`: it may be under way by now. */
  discardRun(connection: Connection, { runId, from }: { runId: number; from: RunStatus }): boolean {
    if (runStatusOf(connection, runId) !== from) return false;
    runWrites.removeRun(connection, { runId });
    return true;
  },

  /**
   * Forgets what an interrupted preparation had found, so that it can begin again.
   * @returns whether it is to be queued then, as was said when it was created; null when it is no longer `interrupted`
   */
  restartPreparation(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): { startWhenReady: boolean } | null {
    if (!runWrites.moveRun(connection, { runId, from: 'interrupted', to: 'preparing', nowMs, error: null })) return null;
    sql(connection, 'DELETE FROM items WHERE run_id = :runId').run({ runId });
    sql(connection, 'DELETE FROM run_problems WHERE run_id = :runId').run({ runId });
    // All sources are looked at again.
    sql(connection, 'DELETE FROM run_additions WHERE run_id = :runId').run({ runId });
    const row = sql<{ wanted: number }>(connection, 'SELECT start_when_ready AS wanted FROM runs WHERE id = :runId').get({ runId });
    return { startWhenReady: row?.wanted === 1 };
  },

  /**
   * Start-up: nobody holds the leases of another boot any more. A task lost too often is given up, so that a file that kills its worker does not do so for ever. What the
   * user stopped for good is stopped, whatever of it was under way; other runs can go on.
   */
  recoverOtherBoots(connection: Connection, { bootId, nowMs }: { bootId: string; nowMs: number }): { requeued: number; givenUp: number } {
    // What was planned for a start that did not come about: a run without modes was never started.
    sql(
      connection,
      `DELETE FROM tasks WHERE run_id IN (SELECT id FROM runs r WHERE status IN ('preparing', 'ready', 'interrupted', 'stopped', 'failed')
         AND NOT EXISTS (SELECT 1 FROM run_modes m WHERE m.run_id = r.id))`,
    ).run();
    const recovered = recoverTasks(connection, bootId, nowMs);
    const left = sql<{ runId: number; from: RunStatus; isKept: number }>(
      connection,
      `SELECT id AS runId, status AS "from", kept_by_user AS isKept FROM runs WHERE status IN ('pausing', 'preparing', 'queued', 'running', 'stopping')`,
    ).all();
    for (const { runId, from, isKept } of left) {
      const to = from === 'pausing' ? 'paused' : from === 'stopping' && isKept === 0 ? 'stopped' : 'interrupted';
      transition(RUN_TRANSITIONS, `run ${runId}`, from, to);
      runWrites.moveRun(connection, { runId, from, to, nowMs });
      if (to === 'stopped') {
        taskWrites.endQueuedTasks(connection, { runId, mode: null, status: 'cancelled', error: null, nowMs });
        additionWrites.dropAdditions(connection, { runId, id: null });
      }
      sql(connection, `UPDATE run_modes SET status = 'waiting' WHERE run_id = :runId AND status IN ('starting', 'running', 'pausing')`).run(
        { runId },
      );
    }
    const { requeued, givenUp } = recovered;
    if (requeued + givenUp > 0) addLogEntry(connection, { atMs: nowMs, code: 'workRecovered', data: { requeued, givenUp } });
    return recovered;
  },
};

function recoverTasks(connection: Connection, bootId: string, nowMs: number): { requeued: number; givenUp: number } {
  const died = sql<{ taskId: number; losses: number }>(
    connection,
    `SELECT id AS taskId, losses FROM tasks WHERE status = 'claimed' AND boot_id <> :bootId AND started_at_ms IS NOT NULL`,
  ).all({ bootId });
  for (const { taskId, losses } of died) {
    const code = losses >= MAX_LOSSES ? 'fileFailed' : 'fileLost';
    const error = losses >= MAX_LOSSES ? ({ code: 'TASK_LOST_TOO_OFTEN', data: { losses: losses + 1 } } as const) : null;
    addTaskEntry(connection, { taskId, atMs: nowMs, code, error });
  }
  sql(connection, `UPDATE attempts SET outcome = 'lost', ended_at_ms = :nowMs WHERE outcome = 'running' AND boot_id <> :bootId`).run({
    bootId,
    nowMs,
  });
  const givenUp = sql(
    connection,
    `UPDATE tasks SET status = 'failed', lease_token = NULL, boot_id = NULL, started_at_ms = NULL, losses = losses + 1,
       error_code = 'TASK_LOST_TOO_OFTEN', error_data = json_object('losses', losses + 1), ended_at_ms = :nowMs
     WHERE status = 'claimed' AND boot_id <> :bootId AND started_at_ms IS NOT NULL AND losses >= :maxLosses`,
  ).run({ bootId, nowMs, maxLosses: MAX_LOSSES }).changes;
  const requeued = sql(
    connection,
    `UPDATE tasks SET losses = losses + (started_at_ms IS NOT NULL), status = 'queued', lease_token = NULL, boot_id = NULL, started_at_ms = NULL
     WHERE status = 'claimed' AND boot_id <> :bootId`,
  ).run({ bootId }).changes;
  return { requeued, givenUp };
}
