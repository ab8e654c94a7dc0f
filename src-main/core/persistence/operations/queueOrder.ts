import type { QueuedTask } from '#shared/contract/queue.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { PriorityBand } from '#shared/domain/run.ts';
import { RANK_STEP_MS } from '#shared/domain/rank.ts';
import { type Connection, sql } from '../connection.ts';

/** A place in the order of a mode; the id decides between equal ranks. */
export interface TaskPlace {
  readonly id: number;
  readonly rank: number;
}

/** Where one after another goes: the k-th, from 1, at `fromRank + k · step`. */
export interface Room {
  readonly fromRank: number;
  readonly step: number;
}

export interface WaitingTask extends TaskPlace {
  readonly itemId: number;
  readonly mode: Mode;
  readonly priority: number;
}

/** Ranks of today are told apart down to 2^-11 ms; neighbours keep a few of these between them. */
const MIN_STEP_MS = 2 ** -9;
const FIRST_WINDOW = 64;
const PAGE = 200;

/** What waits, to a person: queued, or claimed ahead and not begun. */
export const WAITS = `(status = 'queued' OR (status = 'claimed' AND started_at_ms IS NULL))`;

interface QueuedRow extends Omit<QueuedTask, 'isHeld' | 'isStopAfter'> {
  rank: number;
  held: number;
  marked: number;
}

export const queueOrderReads = {
  /** A page of what waits in a mode, in the order in which it is claimed. @param page.after the last of the page before */
  queuedTasks(
    connection: Connection,
    page: { runId: number; mode: Mode; after: TaskPlace | null; count: number },
  ): { tasks: QueuedTask[]; total: number; last: TaskPlace | null } {
    const { runId, mode, count } = page;
    const after = page.after ?? { rank: -Infinity, id: 0 };
    const some = (status: string, how = ''): string =>
      `SELECT t.id, t.rank FROM tasks t ${how} WHERE t.run_id = :runId AND t.mode = :mode AND ${status} AND (t.rank, t.id) > (:rank, :id)`;
    const rows = sql<QueuedRow>(
      connection,
      `SELECT t.id AS taskId, t.item_id AS itemId, i.file_id AS fileId, t.mode, t.priority, i.announced_sec AS audioSec, t.language, t.held,
         CASE WHEN t.not_before_ms > 0 THEN t.not_before_ms END AS notBeforeMs, t.rank, r.stop_after_item_id IS t.item_id AS marked
       FROM (SELECT * FROM (${some(`t.status = 'queued'`)} ORDER BY t.rank, t.id LIMIT :count)
             UNION ALL ${some(`t.status = 'claimed' AND t.started_at_ms IS NULL`, 'INDEXED BY tasks_claimed')} ORDER BY 2, 1 LIMIT :count) q
       JOIN tasks t ON t.id = q.id JOIN items i ON i.id = t.item_id JOIN runs r ON r.id = t.run_id ORDER BY t.rank, t.id`,
    ).all({ runId, mode, count, ...after });
    const total =
      sql<{ total: number }>(
        connection,
        `SELECT (SELECT count(*) FROM tasks WHERE run_id = :runId AND mode = :mode AND status = 'queued')
           + (SELECT count(*) FROM tasks INDEXED BY tasks_claimed WHERE run_id = :runId AND mode = :mode AND status = 'claimed' AND started_at_ms IS NULL) AS total`,
      ).get({ runId, mode })?.total ?? 0;
    const last = rows.at(-1);
    return {
      tasks: rows.map(({ rank: _rank, held, marked, ...row }) => ({ ...row, isHeld: held === 1, isStopAfter: marked === 1 })),
      total,
      last: last === undefined || rows.length < count ? null : { rank: last.rank, id: last.taskId },
    };
  },

  /** Tasks of the items that wait, in the order of their start. */
  waitingTasks(connection: Connection, { runId, itemIds }: { runId: number; itemIds: readonly number[] }): WaitingTask[] {
    const find = sql<WaitingTask>(
      connection,
      `SELECT id, rank, item_id AS itemId, mode, priority FROM tasks INDEXED BY tasks_by_item
       WHERE item_id = :itemId AND run_id = :runId AND superseded = 0 AND mode IS NOT NULL AND ${WAITS}`,
    );
    return [...new Set(itemIds)]
      .flatMap((itemId) => find.all({ itemId, runId }))
      .toSorted((left, right) => left.rank - right.rank || left.id - right.id);
  },

  /**
   * The first task of the mode that waits and is not among `movedIds`: of the band, or of the item and what is behind it; null: there is none.
   * @param ask.beforeItemId an item whose task has been started stands for the place it had; 'noItem': it has none in this mode
   */
  firstWaiting(
    connection: Connection,
    ask: { runId: number; mode: Mode; movedIds: readonly number[]; band: PriorityBand | null; beforeItemId: number | null },
  ): TaskPlace | 'noItem' | null {
    const { runId, mode, band, beforeItemId } = ask;
    const moved = new Set(ask.movedIds);
    let from: TaskPlace = { rank: -Infinity, id: 0 };
    if (beforeItemId !== null) {
      const before = sql<TaskPlace>(
        connection,
        'SELECT id, rank FROM tasks WHERE item_id = :itemId AND mode = :mode AND superseded = 0',
      ).get({
        itemId: beforeItemId,
        mode,
      });
      if (before === undefined) return 'noItem';
      from = before;
    }
    const [lowest, highest] = bandBounds(band);
    const isMeant = (task: OrderedTask): boolean =>
      !moved.has(task.id) && task.priority >= lowest && task.priority <= highest && isBefore(from, task);
    const ahead = claimedAhead(connection, { runId, mode }).find(isMeant) ?? null;
    const page = sql<OrderedTask>(
      connection,
      `SELECT id, rank, priority FROM tasks WHERE run_id = :runId AND mode = :mode AND status = 'queued' AND (rank, id) >= (:rank, :id)
         AND priority BETWEEN :lowest AND :highest ORDER BY rank, id LIMIT ${PAGE}`,
    );
    for (;;) {
      const rows = page.all({ runId, mode, ...from, lowest, highest });
      const queued = rows.find(isMeant);
      if (queued !== undefined) return ahead !== null && isBefore(ahead, queued) ? place(ahead) : place(queued);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return ahead === null ? null : place(ahead);
      from = { rank: last.rank, id: last.id + 1 };
    }
  },
};

interface OrderedTask extends TaskPlace {
  readonly priority: number;
}

const place = ({ id, rank }: TaskPlace): TaskPlace => ({ id, rank });

/** Equal places count as before. */
function isBefore(left: TaskPlace, right: TaskPlace): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.id <= right.id);
}

/** Claimed and not begun: a few for each server, and to a person they still wait. */
function claimedAhead(connection: Connection, of: { runId: number; mode: Mode }): OrderedTask[] {
  return sql<OrderedTask>(
    connection,
    `SELECT id, rank, priority FROM tasks INDEXED BY tasks_claimed
     WHERE status = 'claimed' AND run_id = :runId AND mode = :mode AND started_at_ms IS NULL ORDER BY rank, id`,
  ).all(of);
}

const ANY_PRIORITY = [-Infinity, Infinity] as const;
const BAND_BOUNDS: Readonly<Record<PriorityBand, readonly [number, number]>> = {
  immediate: [-Infinity, 0],
  high: [1, 5],
  normal: [6, 10],
  low: [11, Infinity],
};

/** Lowest and highest priority of a band; null: any. */
function bandBounds(band: PriorityBand | null): readonly [number, number] {
  return band === null ? ANY_PRIORITY : BAND_BOUNDS[band];
}

/**
 * Room for `count` tasks directly before `before`; null: behind everything, and behind `last`. Where its neighbours leave too little, some of those before it move
 * closer together: their order stays, and `onMove` hears of each first.
 */
export function makeRoom(
  connection: Connection,
  ask: { runId: number; mode: Mode; before: TaskPlace | null; count: number; lastRank: number },
  onMove: (taskId: number) => void,
): Room {
  const { runId, mode, before, count } = ask;
  const ahead = claimedAhead(connection, { runId, mode }).toReversed();
  const queued = sql<TaskPlace>(
    connection,
    `SELECT id, rank FROM tasks WHERE run_id = :runId AND mode = :mode AND status = 'queued' AND (rank, id) < (:rank, :id)
     ORDER BY rank DESC, id DESC LIMIT :count`,
  );
  /** Nearest first. */
  const those = (bound: TaskPlace, most: number): TaskPlace[] =>
    [...queued.all({ runId, mode, ...place(bound), count: most }), ...ahead.filter((task) => !isBefore(bound, task))]
      .toSorted((left, right) => right.rank - left.rank || right.id - left.id)
      .slice(0, most);
  if (before === null) {
    const [end] = those({ rank: Infinity, id: 0 }, 1);
    return { fromRank: Math.max(end?.rank ?? -Infinity, ask.lastRank), step: RANK_STEP_MS };
  }
  for (let window = 1; ; window = window === 1 ? FIRST_WINDOW : window * 4) {
    const rows = those(before, window);
    const outer = rows[window - 1];
    const moving = outer === undefined ? rows : rows.slice(0, -1);
    const places = moving.length + count + 1;
    const step = outer === undefined ? RANK_STEP_MS : Math.min(RANK_STEP_MS, (before.rank - outer.rank) / places);
    if (step < MIN_STEP_MS) continue;
    const fromRank = before.rank - (count + 1) * step;
    respace(connection, moving, fromRank, step, onMove);
    return { fromRank, step };
  }
}

/** @param rows nearest first; none of them ends behind `lastRank` */
function respace(
  connection: Connection,
  rows: readonly TaskPlace[],
  lastRank: number,
  step: number,
  onMove: (taskId: number) => void,
): void {
  const move = sql(connection, 'UPDATE tasks SET rank = :rank WHERE id = :id');
  for (const [index, { id, rank }] of rows.entries()) {
    const most = lastRank - index * step;
    if (rank <= most) continue;
    onMove(id);
    move.run({ id, rank: most });
  }
}
