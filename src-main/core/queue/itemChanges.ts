import type { QueuePlace } from '#shared/contract/queue.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { priorityBand } from '#shared/domain/run.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { ChangeStep, QueueChange } from '../persistence/operations/queue.ts';
import type { TaskPlace, WaitingTask } from '../persistence/operations/queueOrder.ts';
import type { Clock } from '../ports.ts';
import { workKey } from '../scheduler/workKey.ts';

/** Tasks changed in one write: a few milliseconds, so that no outcome waits for the change of ten thousand. */
const TASKS_AT_ONCE = 100;
/** Taking back a removal writes new tasks. */
const UNDONE_AT_ONCE = 40;

/** What changes of an item; left out: as it is. `language` null: that of the run. */
export interface ItemChange {
  readonly priority?: number | undefined;
  readonly language?: string | null | undefined;
}

export interface ItemChangesDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** See `QueueRuns`. */
  tasksReordered(runId: number): Promise<void>;
}

/** Changes of the items of a run that wait, in small writes that can be taken back together. */
export class ItemChanges {
  readonly #deps: ItemChangesDeps;

  constructor(deps: ItemChangesDeps) {
    this.#deps = deps;
  }

  /** The items keep their order among themselves. @returns tasks that were moved */
  async place(runId: number, itemIds: readonly number[], to: QueuePlace): Promise<number> {
    const waiting = await this.#waiting(runId, itemIds);
    const groups = groupsOf(waiting, to);
    return await this.#change('itemsPlaced', runId, async (step) => {
      let changed = 0;
      for (const tasks of groups) changed += await this.#placeGroup(step, tasks, to);
      return changed;
    });
  }

  /** @throws INPUT_INVALID when nothing is to be changed */
  async edit(runId: number, itemIds: readonly number[], { priority, language }: ItemChange): Promise<number> {
    if (priority === undefined && language === undefined) {
      throw new NightshiftError('INPUT_INVALID', { field: 'change', detail: 'nothing to change' });
    }
    const workKeys = language === undefined ? {} : await this.#workKeys(runId, language);
    return await this.#changeWaiting('itemsEdited', runId, itemIds, (step, taskIds) =>
      this.#deps.database.write('editTasks', { ...step, taskIds, priority, language, workKeys }),
    );
  }

  async hold(runId: number, itemIds: readonly number[], isHeld: boolean): Promise<number> {
    return await this.#changeWaiting(isHeld ? 'itemsHeld' : 'itemsReleased', runId, itemIds, (step, taskIds) =>
      this.#deps.database.write('holdTasks', { ...step, taskIds, isHeld }),
    );
  }

  async remove(runId: number, itemIds: readonly number[]): Promise<number> {
    return await this.#changeWaiting('itemsRemoved', runId, itemIds, (step, taskIds) =>
      this.#deps.database.write('removeTasks', { ...step, taskIds, nowMs: this.#deps.clock.nowMs() }),
    );
  }

  /** @returns tasks that are again what they were */
  async undo(runId: number, changeId: number): Promise<number> {
    const { database } = this.#deps;
    let undone = 0;
    let afterTaskId = 0;
    for (;;) {
      const part = await database.write('undoTasks', { changeId, afterTaskId, count: UNDONE_AT_ONCE });
      undone += part.undone;
      if (part.lastTaskId === null) break;
      afterTaskId = part.lastTaskId;
    }
    await this.#deps.tasksReordered(runId);
    return undone;
  }

  async #placeGroup(step: ChangeStep, tasks: readonly WaitingTask[], to: QueuePlace): Promise<number> {
    const { database } = this.#deps;
    const [{ mode, priority } = { mode: 'streaming' as Mode, priority: 0 }] = tasks;
    let before: TaskPlace | null = null;
    if (to !== 'last') {
      const found = await database.read('firstWaiting', {
        runId: step.runId,
        mode,
        movedIds: tasks.map(({ id }) => id),
        band: to === 'top' ? priorityBand(priority) : null,
        beforeItemId: typeof to === 'object' ? to.beforeId : null,
      });
      if (found === 'noItem') return 0;
      // Nothing else is there to be before of.
      if (found === null && typeof to !== 'object') return 0;
      before = found;
    }
    const lastRank = tasks.at(-1)?.rank ?? 0;
    const room = await database.write('roomForTasks', { ...step, mode, before, count: tasks.length, lastRank });
    let changed = 0;
    for (let first = 0; first < tasks.length; first += TASKS_AT_ONCE) {
      const taskIds = tasks.slice(first, first + TASKS_AT_ONCE).map(({ id }) => id);
      changed += await database.write('placeTasks', { ...step, taskIds, room, first });
    }
    return changed;
  }

  async #changeWaiting(
    change: QueueChange,
    runId: number,
    itemIds: readonly number[],
    write: (step: ChangeStep, taskIds: number[]) => Promise<number>,
  ): Promise<number> {
    const waiting = await this.#waiting(runId, itemIds);
    return await this.#change(change, runId, async (step) => {
      let changed = 0;
      for (let first = 0; first < waiting.length; first += TASKS_AT_ONCE) {
        changed += await write(
          step,
          waiting.slice(first, first + TASKS_AT_ONCE).map(({ id }) => id),
        );
        // What was claimed ahead is among the first: it is not started any more as it was.
        if (first === 0 && waiting.length > TASKS_AT_ONCE) await this.#deps.tasksReordered(runId);
      }
      return changed;
    });
  }

  async #change(change: QueueChange, runId: number, work: (step: ChangeStep) => Promise<number>): Promise<number> {
    const { database, clock } = this.#deps;
    const changeId = await database.write('beginQueueChange', { change, runId, nowMs: clock.nowMs() });
    let count = 0;
    try {
      count = await work({ changeId, runId });
    } finally {
      await database.write('endQueueChange', { changeId, count });
    }
    if (count > 0) await this.#deps.tasksReordered(runId);
    return count;
  }

  async #waiting(runId: number, itemIds: readonly number[]): Promise<WaitingTask[]> {
    const { database } = this.#deps;
    if ((await database.read('runStatus', { runId })) === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    return await database.read('waitingTasks', { runId, itemIds });
  }

  async #workKeys(runId: number, language: string | null): Promise<Partial<Record<Mode, string>>> {
    const run = await this.#deps.database.read('storedRun', { runId, nowMs: this.#deps.clock.nowMs() });
    if (run === null || run.model === null) return {};
    const { fingerprint } = run.model;
    const options = RunOptionsSchema.parse(run.options);
    const own = { ...options, language: language ?? options.language };
    return Object.fromEntries(options.modes.map((mode) => [mode, workKey(mode, fingerprint, own)]));
  }
}

/** What goes to one place together: the tasks of a mode, and for `top` of one band of it. */
function groupsOf(tasks: readonly WaitingTask[], to: QueuePlace): WaitingTask[][] {
  const groups = Map.groupBy(tasks, ({ mode, priority }) => (to === 'top' ? `${mode} ${priorityBand(priority)}` : mode));
  return [...groups.values()];
}
