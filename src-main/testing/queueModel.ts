import { rankOffsetMs, RANK_STEP_MS, rankOf } from '#shared/domain/rank.ts';
import type { RunStatus, TaskStatus } from '#shared/domain/run.ts';

/** A task as the rows must say it. */
export interface ModelTask {
  readonly id: number;
  readonly itemId: number;
  status: TaskStatus;
  priority: number;
  rank: number;
  held: boolean;
  notBeforeMs: number;
  failedAttempts: number;
  losses: number;
  lease: string | null;
  boot: string | null;
  hasBegun: boolean;
  superseded: boolean;
  removed: boolean;
  /** Attempts in the history. */
  attempts: number;
}

/** What can be taken back: the tasks as they were. */
interface ModelChange {
  readonly kind: 'held' | 'edited' | 'removed';
  readonly before: readonly ModelTask[];
}

const MAX_LOSSES = 3;
const KEPT_CHANGES = 20;
const NEW_TASK = {
  status: 'queued',
  held: false,
  notBeforeMs: 0,
  failedAttempts: 0,
  losses: 0,
  lease: null,
  boot: null,
  hasBegun: false,
  superseded: false,
  removed: false,
  attempts: 0,
} as const;

/** What the queue of one mode of one run promises, in plain objects: what every operation answers, and what the rows are after it. */
export class QueueModel {
  readonly tasks: ModelTask[] = [];
  readonly changes = new Map<number, ModelChange>();
  status: RunStatus = 'queued';
  boot: string;
  results = 0;
  late = 0;
  /** The run pauses after it; what is behind it does not start. */
  markedItemId: number | null = null;
  readonly #priority: number;
  #nextId: number;

  constructor(boot: string, first: { taskId: number; itemIds: readonly number[]; priority: number; nowMs: number }) {
    this.boot = boot;
    this.#priority = first.priority;
    this.#nextId = first.taskId;
    for (const [place, itemId] of first.itemIds.entries())
      this.#add({ itemId, priority: first.priority, rank: rankOf(first.nowMs, first.priority) + place * RANK_STEP_MS });
  }

  #add(task: Pick<ModelTask, 'itemId' | 'priority' | 'rank'> & Partial<ModelTask>): void {
    this.tasks.push({ ...NEW_TASK, ...task, id: this.#nextId++ });
  }

  /** Not begun: what a person may still change. */
  waiting(itemIds: readonly number[]): ModelTask[] {
    const waits = ({ status, hasBegun }: ModelTask): boolean => status === 'queued' || (status === 'claimed' && !hasBegun);
    return this.tasks.filter((task) => itemIds.includes(task.itemId) && !task.superseded && waits(task));
  }

  /** In the order of their start. */
  claim(count: number, nowMs: number, leasePrefix: string): ModelTask[] {
    const ready = this.tasks.filter(
      (task) => task.status === 'queued' && !task.held && task.notBeforeMs <= nowMs && this.#isBehindMarker(task) !== true,
    );
    const claimed = inOrder(ready).slice(0, count);
    for (const task of claimed) Object.assign(task, { status: 'claimed', boot: this.boot, lease: `${leasePrefix}-${task.id}` });
    return claimed;
  }

  /** null: there is no marker in this mode. */
  #isBehindMarker(task: ModelTask): boolean | null {
    const marked = this.tasks.find(({ itemId, superseded }) => itemId === this.markedItemId && !superseded);
    return marked === undefined ? null : task.rank > marked.rank || (task.rank === marked.rank && task.id > marked.id);
  }

  leased(taskId: number, lease: string): ModelTask | undefined {
    return this.tasks.find(({ id, status, lease: mine }) => id === taskId && status === 'claimed' && mine === lease);
  }

  begin(task: ModelTask | undefined): boolean {
    if (task === undefined) return false;
    task.hasBegun = true;
    task.attempts += 1;
    return true;
  }

  withdraw(task: ModelTask | undefined): boolean {
    if (task === undefined) return false;
    if (task.hasBegun) task.attempts -= 1;
    task.hasBegun = false;
    return true;
  }

  finish(
    task: ModelTask | undefined,
    kind: 'done' | 'failed' | 'retry' | 'loss' | 'noRoom' | 'released' | 'cancelled',
    nowMs: number,
    notBeforeMs: number,
  ): 'recorded' | 'late' {
    if (task === undefined) {
      if (kind !== 'released') this.late += 1;
      return 'late';
    }
    if (kind === 'noRoom' && task.hasBegun) task.attempts -= 1;
    if (kind === 'done') this.results += 1;
    if (kind === 'retry' || kind === 'failed') task.failedAttempts += 1;
    if (kind === 'loss') task.losses += 1;
    if (kind === 'retry') {
      // What the run is to do before it pauses is not put behind the marker.
      const rank = this.#isBehindMarker(task) === false ? task.rank : rankOf(nowMs, task.priority + 1);
      Object.assign(task, { priority: task.priority + 1, rank });
    }
    const status = kind === 'done' || kind === 'failed' || kind === 'cancelled' ? kind : 'queued';
    const waits = kind === 'retry' || kind === 'loss' || kind === 'noRoom';
    this.#giveBack(task, status);
    task.notBeforeMs = waits ? notBeforeMs : 0;
    return 'recorded';
  }

  #giveBack(task: ModelTask, status: TaskStatus): void {
    Object.assign(task, { status, lease: null, boot: null, hasBegun: false });
  }

  move(from: readonly RunStatus[], to: RunStatus): boolean {
    if (!from.includes(this.status)) return false;
    this.status = to;
    if (to === 'stopped' || to === 'finished') this.markedItemId = null;
    return true;
  }

  /** Nobody carries the run out: what was claimed goes back without a charge. */
  reclaim(): void {
    for (const task of this.tasks) if (task.status === 'claimed') this.#giveBack(task, 'queued');
  }

  cancelAll(): void {
    this.reclaim();
    for (const task of this.tasks) if (task.status === 'queued') task.status = 'cancelled';
  }

  /** Failed and cancelled files get a task of their own again, held as they were; those that the user took out do not. */
  redo(nowMs: number): boolean {
    const again = inOrder(
      this.tasks.filter(({ status, superseded, removed }) => !superseded && !removed && (status === 'failed' || status === 'cancelled')),
    );
    for (const [place, task] of again.entries()) {
      task.superseded = true;
      const { itemId, held } = task;
      this.#add({ itemId, held, priority: this.#priority, rank: rankOf(nowMs, this.#priority) + (place + 1) * RANK_STEP_MS });
    }
    return again.length > 0;
  }

  hold(changeId: number, itemIds: readonly number[], held: boolean): number {
    return this.#change(changeId, 'held', this.waiting(itemIds), (task) => {
      if (task.held === held) return false;
      task.held = held;
      return true;
    });
  }

  edit(changeId: number, itemIds: readonly number[], priority: number): number {
    return this.#change(changeId, 'edited', this.waiting(itemIds), (task) => {
      if (task.priority === priority) return false;
      Object.assign(task, { priority, rank: task.rank + rankOffsetMs(priority) - rankOffsetMs(task.priority) });
      return true;
    });
  }

  remove(changeId: number, itemIds: readonly number[]): number {
    return this.#change(changeId, 'removed', this.waiting(itemIds), (task) => {
      // What is taken out waits no more, held or not.
      Object.assign(task, { status: 'cancelled', removed: true, held: false });
      return true;
    });
  }

  #change(changeId: number, kind: ModelChange['kind'], tasks: readonly ModelTask[], apply: (task: ModelTask) => boolean): number {
    this.changes.set(changeId, { kind, before: tasks.map((task) => ({ ...task })) });
    let changed = 0;
    for (const task of tasks) {
      this.#giveBack(task, 'queued');
      if (apply(task)) changed += 1;
    }
    if (changed === 0) this.changes.delete(changeId);
    this.forget(changeId);
    return changed;
  }

  /** Only so many changes can be taken back. */
  forget(newestId: number): void {
    for (const id of this.changes.keys()) if (id <= newestId - KEPT_CHANGES) this.changes.delete(id);
  }

  /** Takes back what still waits, or was taken out; what has begun since stays as it is. */
  undo(changeId: number): number {
    const change = this.changes.get(changeId);
    this.changes.delete(changeId);
    let undone = 0;
    for (const before of change?.before ?? []) {
      const task = this.tasks.find(({ id }) => id === before.id);
      if (task === undefined) continue;
      if (change?.kind === 'removed') undone += this.#putBack(changeId, task, before) ? 1 : 0;
      else if (task.status === 'queued' || (task.status === 'claimed' && !task.hasBegun)) {
        this.#giveBack(task, 'queued');
        if (change?.kind === 'held') task.held = before.held;
        else Object.assign(task, { priority: before.priority, rank: before.rank });
        undone += 1;
      }
    }
    return undone;
  }

  /** What has ended does not reopen: it comes back as a task of its own. */
  #putBack(changeId: number, task: ModelTask, before: ModelTask): boolean {
    if (['finished', 'stopped', 'failed'].includes(this.status) || task.superseded || !task.removed) return false;
    task.superseded = true;
    // Earlier changes of it can be taken back, too.
    for (const [id, { kind, before: earlier }] of this.changes) {
      const moved = earlier.map((entry) => (entry.id === task.id ? { ...entry, id: this.#nextId } : entry));
      if (id < changeId) this.changes.set(id, { kind, before: moved });
    }
    const { itemId, priority, rank, held } = before;
    this.#add({ itemId, priority, rank, held, failedAttempts: task.failedAttempts, losses: task.losses });
    return true;
  }

  /** The process dies and the next one opens the file. */
  kill(boot: string): void {
    this.boot = boot;
    for (const task of this.tasks.filter(({ status }) => status === 'claimed')) {
      const isLost = task.hasBegun && task.losses >= MAX_LOSSES;
      if (task.hasBegun) task.losses += 1;
      this.#giveBack(task, isLost ? 'failed' : 'queued');
    }
    if (this.status === 'pausing') this.status = 'paused';
    else if (['queued', 'running'].includes(this.status)) this.status = 'interrupted';
  }
}

export function inOrder(tasks: readonly ModelTask[]): ModelTask[] {
  return tasks.toSorted((left, right) => left.rank - right.rank || left.id - right.id);
}
