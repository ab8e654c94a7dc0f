import type { QUEUE_CHANGES, QueueState } from '#shared/contract/queue.ts';
import { rankOffsetMs } from '#shared/domain/rank.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { ACTIVE_RUN_STATUSES, type RunStatus, TASK_TRANSITIONS } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import { type Connection, sql } from '../connection.ts';
import { addLogEntry } from './eventLog.ts';
import { pauseReads } from './pauses.ts';
import { makeRoom, type Room, type TaskPlace, WAITS } from './queueOrder.ts';
import { runStatusOf } from './runState.ts';

export type QueueChange = (typeof QUEUE_CHANGES)[number];

/** What a change of a run or a marker was before and is since, so that it is taken back only while nothing else has changed it. */
export interface ChangedValue {
  readonly before: number | null;
  readonly after: number | null;
}

/** A change of tasks: which of them it concerned is recorded with each of its steps. */
export interface ChangeStep {
  readonly changeId: number;
  readonly runId: number;
}

interface ChangeRow {
  id: number;
  at_ms: number;
  change: QueueChange;
  run_id: number;
  count: number;
  inverse: string | null;
}

interface RememberedTask {
  change_id: number;
  task_id: number;
  rank: number;
  priority: number;
  held: number;
  language: string | null;
  result_key: string | null;
}

/** Changes kept with what they were before; only the newest can be taken back, then the one before it. */
const KEPT_CHANGES = 20;
const ENDED: readonly RunStatus[] = ['finished', 'stopped', 'failed'];
/** A run that the queue can stop after. */
export const IN_SCHEDULER: readonly RunStatus[] = ['queued', ...ACTIVE_RUN_STATUSES];

export const queueWrites = {
  setQueuePaused(connection: Connection, { isPaused, nowMs }: { isPaused: boolean; nowMs: number }): void {
    const { changes } = sql(connection, 'UPDATE queue_state SET is_paused = :paused WHERE is_paused <> :paused').run({
      paused: isPaused ? 1 : 0,
    });
    if (changes === 1) addLogEntry(connection, { atMs: nowMs, code: isPaused ? 'queuePaused' : 'queueResumed' });
  },

  /** A change of tasks begins; its steps follow, each in a write of its own, so that none of them holds up the outcomes. */
  beginQueueChange(connection: Connection, begin: { change: QueueChange; runId: number; nowMs: number }): number {
    return addChange(connection, { ...begin, count: 0, inverse: null });
  },

  /** @param end.count tasks that were changed; none: there was no change */
  endQueueChange(connection: Connection, end: { changeId: number; count: number }): void {
    if (end.count === 0) {
      sql(connection, 'DELETE FROM queue_changes WHERE id = :changeId').run({ changeId: end.changeId });
      return;
    }
    sql(connection, 'UPDATE queue_changes SET count = :count WHERE id = :changeId').run(end);
    const change = changeOf(connection, end.changeId);
    if (change !== undefined) logChange(connection, change.at_ms, change, end.count);
  },

  /** Room in the order of a mode, see `makeRoom`. */
  roomForTasks(connection: Connection, ask: ChangeStep & { mode: Mode; before: TaskPlace | null; count: number; lastRank: number }): Room {
    return makeRoom(connection, ask, (taskId) => remember(connection, ask.changeId, taskId));
  },

  /** @param step.first how many were placed in this room before. @returns how many still waited */
  placeTasks(connection: Connection, step: ChangeStep & { taskIds: readonly number[]; room: Room; first: number }): number {
    const { fromRank, step: gap } = step.room;
    const place = sql(connection, `UPDATE tasks SET rank = :rank WHERE id = :taskId AND ${WAITS}`);
    let changed = 0;
    for (const [index, taskId] of step.taskIds.entries()) {
      remember(connection, step.changeId, taskId);
      changed += place.run({ taskId, rank: fromRank + (step.first + index + 1) * gap }).changes;
    }
    return changed;
  },

  /**
   * @param step.priority undefined: as it is
   * @param step.language null: that of the run; undefined: as it is
   * @param step.workKeys of that language, for each mode of the run
   */
  editTasks(
    connection: Connection,
    step: ChangeStep & {
      taskIds: readonly number[];
      priority?: number | undefined;
      language?: string | null | undefined;
      workKeys: Partial<Record<Mode, string>>;
    },
  ): number {
    let changed = 0;
    for (const taskId of step.taskIds) {
      const task = takeBack(connection, step.changeId, taskId);
      if (task === undefined) continue;
      const priority = step.priority ?? task.priority;
      const workKey = task.mode === null ? undefined : step.workKeys[task.mode];
      const isOther = step.language !== undefined && step.language !== task.language && workKey !== undefined;
      if (priority === task.priority && !isOther) continue;
      sql(
        connection,
        `UPDATE tasks SET priority = :priority, rank = rank + :moved, language = :language, result_key = :resultKey WHERE id = :taskId`,
      ).run({
        taskId,
        priority,
        moved: rankOffsetMs(priority) - rankOffsetMs(task.priority),
        language: isOther ? (step.language ?? null) : task.language,
        resultKey: isOther ? `${task.result_key?.split(':')[0] ?? ''}:${workKey}` : task.result_key,
      });
      changed += 1;
    }
    return changed;
  },

  holdTasks(connection: Connection, step: ChangeStep & { taskIds: readonly number[]; isHeld: boolean }): number {
    const hold = sql(connection, 'UPDATE tasks SET held = :held WHERE id = :taskId AND held <> :held');
    let changed = 0;
    for (const taskId of step.taskIds) {
      if (takeBack(connection, step.changeId, taskId) === undefined) continue;
      changed += hold.run({ taskId, held: step.isHeld ? 1 : 0 }).changes;
    }
    return changed;
  },

  /** They end without an attempt and are not done again when the run is resumed. */
  removeTasks(connection: Connection, step: ChangeStep & { taskIds: readonly number[]; nowMs: number }): number {
    transition(TASK_TRANSITIONS, 'task', 'queued', 'cancelled');
    const remove = sql(connection, `UPDATE tasks SET status = 'cancelled', removed = 1, held = 0, ended_at_ms = :nowMs WHERE id = :taskId`);
    let changed = 0;
    for (const taskId of step.taskIds) {
      if (takeBack(connection, step.changeId, taskId) === undefined) continue;
      changed += remove.run({ taskId, nowMs: step.nowMs }).changes;
    }
    return changed;
  },

  /** The run pauses after the item; null: it does not. @returns false when it was so already */
  setStopAfterItem(connection: Connection, set: { runId: number; itemId: number | null; nowMs: number }): boolean {
    const { runId, itemId, nowMs } = set;
    const before =
      sql<{ itemId: number | null }>(connection, 'SELECT stop_after_item_id AS itemId FROM runs WHERE id = :runId').get({ runId })
        ?.itemId ?? null;
    if (before === itemId) return false;
    writeStopAfterItem(connection, runId, itemId);
    recordValue(connection, { change: 'stopAfterItemSet', runId, nowMs }, { before, after: itemId });
    return true;
  },

  /** @returns false when it was so already, or the run has left the scheduler meanwhile */
  setStopAfterRun(connection: Connection, set: { runId: number | null; nowMs: number }): boolean {
    const before = stopAfterRunId(connection);
    const { runId, nowMs } = set;
    const status = runId === null ? null : runStatusOf(connection, runId);
    if (status !== null && !IN_SCHEDULER.includes(status)) return false;
    const about = runId ?? before;
    if (before === runId || about === null) return false;
    writeStopAfterRun(connection, runId);
    recordValue(connection, { change: 'stopAfterRunSet', runId: about, nowMs }, { before, after: runId });
    return true;
  },

  /**
   * Part of every change of a run's status by which it leaves the scheduler: the queue pauses when it was to stop after this run.
   */
  runLeft(connection: Connection, { runId, nowMs }: { runId: number; nowMs: number }): void {
    if (stopAfterRunId(connection) !== runId) return;
    writeStopAfterRun(connection, null);
    queueWrites.setQueuePaused(connection, { isPaused: true, nowMs });
  },

  /** Takes back a part of a change of tasks. @returns where to go on; null when nothing is left */
  undoTasks(
    connection: Connection,
    undo: { changeId: number; afterTaskId: number; count: number },
  ): { undone: number; lastTaskId: number | null } {
    const change = changeOf(connection, undo.changeId);
    if (change === undefined) return { undone: 0, lastTaskId: null };
    const rows = sql<RememberedTask>(
      connection,
      'SELECT * FROM queue_change_tasks WHERE change_id = :changeId AND task_id > :afterTaskId ORDER BY task_id LIMIT :count',
    ).all(undo);
    let undone = 0;
    for (const row of rows) undone += undoTask(connection, change, row) ? 1 : 0;
    return { undone, lastTaskId: rows.at(-1)?.task_id ?? null };
  },

  /** Takes back a change of a run or a marker. @returns false when something else has changed it since */
  undoValue(connection: Connection, { changeId }: { changeId: number }): boolean {
    const change = changeOf(connection, changeId);
    if (change === undefined || !canUndoValue(connection, change)) return false;
    const { run_id: runId } = change;
    switch (change.change) {
      case 'stopAfterRunSet':
        writeStopAfterRun(connection, valueOf(change).before);
        return true;
      case 'stopAfterItemSet':
        writeStopAfterItem(connection, runId, valueOf(change).before);
        return true;
      case 'runPlaced': {
        const ranks = JSON.parse(change.inverse ?? '{}') as Record<string, number>;
        const place = sql(connection, `UPDATE runs SET rank = :rank WHERE id = :id AND status = 'queued'`);
        for (const [id, rank] of Object.entries(ranks)) place.run({ id: Number(id), rank });
        return true;
      }
      case 'runEdited': {
        const { before } = valueOf(change);
        if (before !== null) writeRunPriority(connection, runId, before);
        return true;
      }
      default:
        return false;
    }
  },

  endUndo(connection: Connection, { changeId, nowMs }: { changeId: number; nowMs: number }): void {
    const change = changeOf(connection, changeId);
    if (change === undefined) return;
    sql(connection, 'UPDATE queue_changes SET undone = 1 WHERE id = :changeId').run({ changeId });
    addLogEntry(connection, { atMs: nowMs, code: 'queueChangeUndone', runId: change.run_id, data: { change: change.change } });
  },

  /**
   * @param set.ranks of the runs that move, the placed one among them
   * @returns false when one of them waits no longer
   */
  placeRuns(connection: Connection, set: { runId: number; ranks: Readonly<Record<number, number>>; nowMs: number }): boolean {
    const before: Record<string, number> = {};
    for (const id of Object.keys(set.ranks)) {
      const row = sql<{ rank: number }>(connection, `SELECT rank FROM runs WHERE id = :id AND status = 'queued'`).get({ id: Number(id) });
      if (row === undefined) return false;
      before[id] = row.rank;
    }
    const place = sql(connection, 'UPDATE runs SET rank = :rank WHERE id = :id');
    for (const [id, rank] of Object.entries(set.ranks)) place.run({ id: Number(id), rank });
    const { runId, nowMs } = set;
    const id = addChange(connection, { change: 'runPlaced', runId, nowMs, count: 1, inverse: JSON.stringify(before) });
    logChange(connection, nowMs, { id, change: 'runPlaced', run_id: runId }, 1);
    return true;
  },

  /** @returns false when it has that priority already */
  editRun(connection: Connection, edit: { runId: number; priority: number; nowMs: number }): boolean {
    const { runId, priority, nowMs } = edit;
    const before = runPriority(connection, runId);
    if (before === null || before === priority) return false;
    writeRunPriority(connection, runId, priority);
    recordValue(connection, { change: 'runEdited', runId, nowMs }, { before, after: priority });
    return true;
  },
};

export const queueReads = {
  /** Everything but the run under way, which only the living runtime knows. */
  storedQueue(connection: Connection): Omit<QueueState, 'currentRunId'> {
    const state = sql<{ is_paused: number }>(connection, 'SELECT is_paused FROM queue_state').get();
    return {
      isPaused: state?.is_paused === 1,
      stopAfterRunId: stopAfterRunId(connection),
      runIds: queuedRuns(connection).map(({ id }) => id),
      interruptedRunIds: pauseReads.interruptedRuns(connection),
      undo: lastChange(connection),
    };
  },

  /** Runs that wait, the next one first. */
  queuedRuns(connection: Connection): QueuedRun[] {
    return queuedRuns(connection);
  },
};

export interface QueuedRun {
  readonly id: number;
  readonly rank: number;
  readonly priority: number;
}

function queuedRuns(connection: Connection): QueuedRun[] {
  return sql<QueuedRun>(
    connection,
    `SELECT id, rank, json_extract(options, '$.priority') AS priority FROM runs WHERE status = 'queued' ORDER BY rank, id`,
  ).all();
}

/** Undone ones are passed over, so that one after another can be taken back. */
function lastChange(connection: Connection): QueueState['undo'] {
  const change = sql<ChangeRow>(
    connection,
    'SELECT id, at_ms, change, run_id, count, inverse FROM queue_changes WHERE undone = 0 AND count > 0 ORDER BY id DESC LIMIT 1',
  ).get();
  if (change === undefined || !(isOfTasks(change) ? canUndoTasks(connection, change) : canUndoValue(connection, change))) return null;
  return { id: change.id, change: change.change, runId: change.run_id, count: change.count, atMs: change.at_ms };
}

function isOfTasks({ change }: Pick<ChangeRow, 'change'>): boolean {
  return change.startsWith('items');
}

function canUndoTasks(connection: Connection, change: ChangeRow): boolean {
  if (change.change === 'itemsRemoved') {
    return (
      isOpen(connection, change.run_id) &&
      sql(
        connection,
        `SELECT 1 FROM queue_change_tasks c JOIN tasks t ON t.id = c.task_id
         WHERE c.change_id = :id AND t.status = 'cancelled' AND t.removed = 1 AND t.superseded = 0 LIMIT 1`,
      ).get({ id: change.id }) !== undefined
    );
  }
  return (
    sql(connection, `SELECT 1 FROM queue_change_tasks c JOIN tasks t ON t.id = c.task_id WHERE c.change_id = :id AND ${WAITS} LIMIT 1`).get(
      { id: change.id },
    ) !== undefined
  );
}

function canUndoValue(connection: Connection, change: ChangeRow): boolean {
  const { run_id: runId } = change;
  switch (change.change) {
    case 'stopAfterRunSet':
      return stopAfterRunId(connection) === valueOf(change).after && isNullOrOpen(connection, valueOf(change).before);
    case 'stopAfterItemSet': {
      const now = sql<{ itemId: number | null }>(connection, 'SELECT stop_after_item_id AS itemId FROM runs WHERE id = :runId').get({
        runId,
      });
      return now?.itemId === valueOf(change).after && isOpen(connection, runId);
    }
    case 'runPlaced':
      return runStatusOf(connection, runId) === 'queued';
    case 'runEdited':
      return isOpen(connection, runId) && runPriority(connection, runId) === valueOf(change).after;
    default:
      return false;
  }
}

function undoTask(connection: Connection, { change, run_id: runId }: ChangeRow, row: RememberedTask): boolean {
  const { task_id: taskId, rank, priority, held, language, result_key: resultKey } = row;
  if (change === 'itemsRemoved') return isOpen(connection, runId) && putBack(connection, row);
  const revoke = `status = 'queued', lease_token = NULL, boot_id = NULL`;
  const [set, values] =
    change === 'itemsPlaced'
      ? ['rank = :rank', { rank }]
      : change === 'itemsEdited'
        ? [
            `${revoke}, rank = :rank, priority = :priority, language = :language, result_key = :resultKey`,
            { rank, priority, language, resultKey },
          ]
        : [`${revoke}, held = :held`, { held }];
  return sql(connection, `UPDATE tasks SET ${set} WHERE id = :taskId AND ${WAITS}`).run({ taskId, ...values }).changes === 1;
}

/** A terminal state never reopens: what was taken out comes back as a new task. */
function putBack(connection: Connection, row: RememberedTask): boolean {
  const { changes, lastInsertRowid } = sql(
    connection,
    `INSERT INTO tasks (run_id, item_id, type, mode, data, priority, rank, held, language, max_retries, status, result_key, failed_attempts, losses, audio_sec)
     SELECT t.run_id, t.item_id, t.type, t.mode, t.data, :priority, :rank, :held, :language, t.max_retries, 'queued', :resultKey, t.failed_attempts, t.losses, t.audio_sec
     FROM tasks t WHERE t.id = :taskId AND t.status = 'cancelled' AND t.removed = 1 AND t.superseded = 0`,
  ).run({
    taskId: row.task_id,
    priority: row.priority,
    rank: row.rank,
    held: row.held,
    language: row.language,
    resultKey: row.result_key,
  });
  if (changes === 0) return false;
  sql(connection, 'UPDATE tasks SET superseded = 1 WHERE id = :taskId').run({ taskId: row.task_id });
  // Earlier changes of it can be taken back, too.
  sql(connection, 'UPDATE queue_change_tasks SET task_id = :newId WHERE task_id = :taskId AND change_id < :changeId').run({
    taskId: row.task_id,
    newId: Number(lastInsertRowid),
    changeId: row.change_id,
  });
  return true;
}

interface TakenTask {
  readonly mode: Mode | null;
  readonly priority: number;
  readonly language: string | null;
  readonly result_key: string | null;
}

/** A task that waits, as it is now; claimed ahead and not begun, it is taken back: who holds it finds its lease gone. */
function takeBack(connection: Connection, changeId: number, taskId: number): TakenTask | undefined {
  const task = sql<TakenTask>(connection, `SELECT mode, priority, language, result_key FROM tasks WHERE id = :taskId AND ${WAITS}`).get({
    taskId,
  });
  if (task === undefined) return undefined;
  remember(connection, changeId, taskId);
  sql(connection, `UPDATE tasks SET status = 'queued', lease_token = NULL, boot_id = NULL WHERE id = :taskId AND status = 'claimed'`).run({
    taskId,
  });
  return task;
}

function remember(connection: Connection, changeId: number, taskId: number): void {
  sql(
    connection,
    `INSERT INTO queue_change_tasks (change_id, task_id, rank, priority, held, language, result_key)
     SELECT :changeId, id, rank, priority, held, language, result_key FROM tasks WHERE id = :taskId ON CONFLICT DO NOTHING`,
  ).run({ changeId, taskId });
}

function addChange(
  connection: Connection,
  { change, runId, nowMs, count, inverse }: { change: QueueChange; runId: number; nowMs: number; count: number; inverse: string | null },
): number {
  const { lastInsertRowid } = sql(
    connection,
    'INSERT INTO queue_changes (at_ms, change, run_id, count, inverse) VALUES (:nowMs, :change, :runId, :count, :inverse)',
  ).run({ nowMs, change, runId, count, inverse });
  sql(connection, 'DELETE FROM queue_changes WHERE id <= :id').run({ id: Number(lastInsertRowid) - KEPT_CHANGES });
  return Number(lastInsertRowid);
}

function recordValue(connection: Connection, about: { change: QueueChange; runId: number; nowMs: number }, value: ChangedValue): void {
  const id = addChange(connection, { ...about, count: 1, inverse: JSON.stringify(value) });
  logChange(connection, about.nowMs, { id, change: about.change, run_id: about.runId }, 1);
}

function logChange(connection: Connection, atMs: number, change: Pick<ChangeRow, 'id' | 'change' | 'run_id'>, count: number): void {
  addLogEntry(connection, { atMs, code: 'queueChanged', runId: change.run_id, data: { change: change.change, count } });
}

function changeOf(connection: Connection, changeId: number): ChangeRow | undefined {
  return sql<ChangeRow>(connection, 'SELECT id, at_ms, change, run_id, count, inverse FROM queue_changes WHERE id = :changeId').get({
    changeId,
  });
}

function valueOf({ inverse }: ChangeRow): ChangedValue {
  return JSON.parse(inverse ?? '{"before":null,"after":null}') as ChangedValue;
}

function stopAfterRunId(connection: Connection): number | null {
  return sql<{ runId: number | null }>(connection, 'SELECT stop_after_run_id AS runId FROM queue_state').get()?.runId ?? null;
}

function writeStopAfterRun(connection: Connection, runId: number | null): void {
  sql(connection, 'UPDATE queue_state SET stop_after_run_id = :runId').run({ runId });
}

function writeStopAfterItem(connection: Connection, runId: number, itemId: number | null): void {
  sql(connection, 'UPDATE runs SET stop_after_item_id = :itemId WHERE id = :runId').run({ runId, itemId });
}

function runPriority(connection: Connection, runId: number): number | null {
  return (
    sql<{ priority: number }>(connection, `SELECT json_extract(options, '$.priority') AS priority FROM runs WHERE id = :runId`).get({
      runId,
    })?.priority ?? null
  );
}

/** Its place moves by the difference; its tasks keep their order among themselves. */
function writeRunPriority(connection: Connection, runId: number, priority: number): void {
  const before = runPriority(connection, runId) ?? priority;
  sql(connection, `UPDATE runs SET options = json_set(options, '$.priority', :priority), rank = rank + :moved WHERE id = :runId`).run({
    runId,
    priority,
    moved: rankOffsetMs(priority) - rankOffsetMs(before),
  });
}

function isOpen(connection: Connection, runId: number): boolean {
  const status = runStatusOf(connection, runId);
  return status !== null && !ENDED.includes(status);
}

function isNullOrOpen(connection: Connection, runId: number | null): boolean {
  return runId === null || isOpen(connection, runId);
}
