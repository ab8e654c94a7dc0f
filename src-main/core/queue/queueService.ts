import type { EventBus } from '../events.ts';
import type { QueuedTask, QueuePlace, QueueState } from '#shared/contract/queue.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { ACTIVE_RUN_STATUSES, priorityBand, type RunStatus } from '#shared/domain/run.ts';
import { RANK_STEP_MS } from '#shared/domain/rank.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import { IN_SCHEDULER, type QueuedRun } from '../persistence/operations/queue.ts';
import type { TaskPlace } from '../persistence/operations/queueOrder.ts';
import type { Clock, Logger } from '../ports.ts';
import { type ItemChange, ItemChanges } from './itemChanges.ts';
import type { QueueRuns } from './queueRuns.ts';

export interface QueueServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly runs: QueueRuns;
}

/** Statuses in which a run may still be changed in the queue. */
const OPEN_STATUSES: readonly RunStatus[] = ['queued', 'paused', 'interrupted', ...ACTIVE_RUN_STATUSES];

/**
 * The order of what waits, and everything a user changes about it. Rows are the truth and every change is one that the next claim finds; what was claimed ahead is
 * given back after each of them (`QueueRuns`). The last changes can be taken back one after another, the newest first.
 */
export class QueueService {
  readonly #deps: QueueServiceDeps;
  readonly #items: ItemChanges;
  /** As it was announced last. */
  #announced = '';
  #known = new Map<number, RunStatus>();
  #undoRunId: number | null = null;
  #isAnnouncing = false;
  #isDirty = false;
  #unsubscribe: (() => void) | null = null;
  /** Changes of items one after another: two at once would find the same room. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: QueueServiceDeps) {
    this.#deps = deps;
    this.#items = new ItemChanges({
      database: deps.database,
      clock: deps.clock,
      tasksReordered: (runId) => deps.runs.tasksReordered(runId),
    });
  }

  /** From now on changes of the queue are announced, also those by runs that come and go. */
  open(): void {
    this.#unsubscribe = this.#deps.events.subscribe((event) => {
      if (event.name === 'run.removed') {
        this.#known.delete(event.payload.runId);
        this.#announce();
      }
      if (event.name !== 'run.changed') return;
      const { id, status } = event.payload;
      // What it concerned may have been started since.
      if (this.#known.get(id) === status && this.#undoRunId !== id) return;
      this.#known.set(id, status);
      this.#announce();
    });
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  async state(): Promise<QueueState> {
    const stored = await this.#deps.database.read('storedQueue');
    return { ...stored, currentRunId: this.#deps.runs.currentRunId };
  }

  /** @throws RUN_NOT_FOUND, INPUT_INVALID for a page that is none */
  async tasks(ask: {
    runId: number;
    mode: Mode;
    after: string | null;
    count: number;
  }): Promise<{ tasks: QueuedTask[]; total: number; next: string | null }> {
    await this.#statusOf(ask.runId);
    const after = ask.after === null ? null : placeOf(ask.after);
    const { tasks, total, last } = await this.#deps.database.read('queuedTasks', { ...ask, after });
    return { tasks, total, next: last === null ? null : `${last.rank}_${last.id}` };
  }

  /** No further run is started, also after a restart; with false the next one is. */
  async setPaused(isPaused: boolean): Promise<QueueState> {
    await this.#deps.database.write('setQueuePaused', { isPaused, nowMs: this.#deps.clock.nowMs() });
    if (!isPaused) this.#deps.runs.queueChanged();
    return await this.#changed();
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT when it, or the one it goes before, does not wait */
  async placeRun(runId: number, to: QueuePlace): Promise<QueueState> {
    await this.#requireStatus(runId, ['queued'], 'move');
    if (typeof to === 'object') await this.#requireStatus(to.beforeId, ['queued'], 'move');
    return await this.#inTurn(async () => {
      const queued = await this.#deps.database.read('queuedRuns');
      const ranks = placedRanks(queued, runId, to);
      if (ranks === null) return await this.state();
      const didPlace = await this.#deps.database.write('placeRuns', { runId, ranks, nowMs: this.#deps.clock.nowMs() });
      if (!didPlace) await this.#requireStatus(runId, ['queued'], 'move');
      this.#deps.runs.queueChanged();
      return await this.#changed();
    });
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT when it has not been started or has ended */
  async editRun(runId: number, priority: number): Promise<QueueState> {
    await this.#requireStatus(runId, OPEN_STATUSES, 'edit');
    if (await this.#deps.database.write('editRun', { runId, priority, nowMs: this.#deps.clock.nowMs() })) {
      this.#deps.runs.queueChanged();
      await this.#deps.runs.tasksReordered(runId);
    }
    return await this.#changed();
  }

  /** @param runId null: the queue does not stop. @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async stopAfterRun(runId: number | null): Promise<QueueState> {
    if (runId !== null) await this.#requireStatus(runId, IN_SCHEDULER, 'stopAfter');
    const didSet = await this.#deps.database.write('setStopAfterRun', { runId, nowMs: this.#deps.clock.nowMs() });
    // It may have left between the two.
    if (!didSet && runId !== null) await this.#requireStatus(runId, IN_SCHEDULER, 'stopAfter');
    return await this.#changed();
  }

  /** @returns tasks that changed. @throws RUN_NOT_FOUND */
  async placeItems(runId: number, itemIds: readonly number[], to: QueuePlace): Promise<number> {
    return await this.#changeItems(() => this.#items.place(runId, itemIds, to));
  }

  /** @returns tasks that changed. @throws RUN_NOT_FOUND, INPUT_INVALID */
  async editItems(runId: number, itemIds: readonly number[], change: ItemChange): Promise<number> {
    return await this.#changeItems(() => this.#items.edit(runId, itemIds, change));
  }

  /** @returns tasks that changed. @throws RUN_NOT_FOUND */
  async holdItems(runId: number, itemIds: readonly number[], isHeld: boolean): Promise<number> {
    return await this.#changeItems(() => this.#items.hold(runId, itemIds, isHeld));
  }

  /** @returns tasks that changed. @throws RUN_NOT_FOUND */
  async removeItems(runId: number, itemIds: readonly number[]): Promise<number> {
    return await this.#changeItems(() => this.#items.remove(runId, itemIds));
  }

  /**
   * @param itemId null: the run does not stop
   * @returns 1 when the marker moved, else 0
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, INPUT_INVALID when the item is not of the run
   */
  async stopAfterItem(runId: number, itemId: number | null): Promise<number> {
    await this.#requireStatus(runId, OPEN_STATUSES, 'stopAfter');
    if (itemId !== null) {
      const [item] = await this.#deps.database.read('itemRows', { itemIds: [itemId] });
      if (item?.runId !== runId) throw new NightshiftError('INPUT_INVALID', { field: 'itemId', detail: 'no file of this run' });
    }
    return await this.#changeItems(async () => {
      const didSet = await this.#deps.database.write('setStopAfterItem', { runId, itemId, nowMs: this.#deps.clock.nowMs() });
      if (didSet) await this.#deps.runs.tasksReordered(runId);
      return didSet ? 1 : 0;
    });
  }

  /** @throws QUEUE_CHANGE_GONE when it is not the last one, or nothing of it can be taken back any more */
  async undo(changeId: number): Promise<QueueState> {
    const { database, clock } = this.#deps;
    return await this.#inTurn(async () => {
      const { undo } = await this.state();
      if (undo?.id !== changeId) throw new NightshiftError('QUEUE_CHANGE_GONE');
      const { runId, change } = undo;
      if (change.startsWith('items')) {
        if ((await this.#items.undo(runId, changeId)) === 0) throw new NightshiftError('QUEUE_CHANGE_GONE');
      } else {
        if (!(await database.write('undoValue', { changeId }))) throw new NightshiftError('QUEUE_CHANGE_GONE');
        if (change === 'stopAfterItemSet' || change === 'runEdited') await this.#deps.runs.tasksReordered(runId);
        this.#deps.runs.queueChanged();
      }
      await database.write('endUndo', { changeId, nowMs: clock.nowMs() });
      return await this.#changed();
    });
  }

  /** Every interrupted run goes on, in the order they had. One that cannot does not keep the others back. */
  async resumeInterrupted(): Promise<QueueState> {
    await this.#deps.runs.resumeInterrupted();
    return await this.#changed();
  }

  async #changeItems(change: () => Promise<number>): Promise<number> {
    return await this.#inTurn(async () => {
      const changed = await change();
      if (changed > 0) this.#announce();
      return changed;
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  async #changed(): Promise<QueueState> {
    const state = await this.state();
    this.#tell(state);
    return state;
  }

  /** Never rejects; what changes meanwhile is announced with the next look. */
  #announce(): void {
    this.#isDirty = true;
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    void this.#announceAll();
  }

  async #announceAll(): Promise<void> {
    while (this.#isDirty) {
      this.#isDirty = false;
      try {
        this.#tell(await this.state());
      } catch (error) {
        this.#deps.logger.debug('the queue could not be read', { error: String(error) });
      }
    }
    this.#isAnnouncing = false;
  }

  #tell(state: QueueState): void {
    this.#undoRunId = state.undo?.runId ?? null;
    const text = JSON.stringify(state);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#deps.events.emit('queue.changed', state);
  }

  async #statusOf(runId: number): Promise<RunStatus> {
    const status = await this.#deps.database.read('runStatus', { runId });
    if (status === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    return status;
  }

  async #requireStatus(runId: number, allowed: readonly RunStatus[], wanted: string): Promise<void> {
    const status = await this.#statusOf(runId);
    if (!allowed.includes(status)) throw new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted });
  }
}

/**
 * Ranks that put a run in its place: its own, and those before it that have to make room.
 * @returns null when it is there already
 */
export function placedRanks(queued: readonly QueuedRun[], runId: number, to: QueuePlace): Record<number, number> | null {
  const run = queued.find(({ id }) => id === runId);
  const others = queued.filter(({ id }) => id !== runId);
  if (run === undefined || (typeof to === 'object' && to.beforeId === runId)) return null;
  const anchor = to === 'last' ? others.length : others.findIndex((other) => isBehind(other, run, to));
  if (anchor < 0) return null;
  const place = queued.indexOf(run);
  if (place === anchor) return null;
  const before = others[anchor];
  const previous = others[anchor - 1];
  if (before === undefined) return { [runId]: (previous?.rank ?? run.rank) + RANK_STEP_MS };
  if (previous === undefined) return { [runId]: before.rank - RANK_STEP_MS };
  if (before.rank - previous.rank >= 2 * RANK_STEP_MS) return { [runId]: (before.rank + previous.rank) / 2 };
  const ranks: Record<number, number> = { [runId]: before.rank - RANK_STEP_MS };
  let next = before.rank - RANK_STEP_MS;
  for (const other of others.slice(0, anchor).toReversed()) {
    if (other.rank <= next - RANK_STEP_MS) break;
    next -= RANK_STEP_MS;
    ranks[other.id] = next;
  }
  return ranks;
}

function isBehind(other: QueuedRun, run: QueuedRun, to: Exclude<QueuePlace, 'last'>): boolean {
  if (to === 'next') return true;
  if (to === 'top') return priorityBand(other.priority) === priorityBand(run.priority);
  return other.id === to.beforeId;
}

function placeOf(after: string): TaskPlace {
  const [rank, id] = after.split('_').map(Number);
  if (rank === undefined || id === undefined || Number.isNaN(rank) || !Number.isInteger(id)) {
    throw new NightshiftError('INPUT_INVALID', { field: 'after', detail: 'no page of the queue' });
  }
  return { rank, id };
}
