import type { RunSummary } from '#shared/contract/runs.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { StoredRun } from '../persistence/operations/runs.ts';
import type { Clock, Logger } from '../ports.ts';

/** What only the living runtime knows about a run. */
export type LiveFacts = Pick<RunSummary, 'activeWorkers' | 'allowedWorkers' | 'workersReason' | 'resultsError'>;

export interface RunMonitorDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  live(runId: number): LiveFacts;
}

/** Ten announcements a second are more than an eye can follow. */
const MIN_INTERVAL_MS = 100;
/** A summary may use at most this share of the reader's time. */
const MAX_READER_SHARE = 0.1;
const MAX_ROWS_IN_EVENT = 200;

/**
 * Tells the listeners what changed, from committed rows and coalesced: however many tasks end in a second, a run is announced at most ten
 * times, rarer when reading its summary takes long.
 */
export class RunMonitor {
  readonly #deps: RunMonitorDeps;
  readonly #waiting = new Map<number, Disposable>();
  readonly #dirtyItems = new Map<number, Set<number>>();
  readonly #nextAtMs = new Map<number, number>();
  #inFlight = Promise.resolve();
  #isClosed = false;

  constructor(deps: RunMonitorDeps) {
    this.#deps = deps;
  }

  /** @returns null when there is no such run. */
  async summary(runId: number): Promise<RunSummary | null> {
    const stored = await this.#deps.database.read('storedRun', { runId, nowMs: this.#deps.clock.nowMs() });
    return stored === null ? null : withEstimates(stored, this.#deps.live(runId), this.#deps.clock.nowMs());
  }

  runChanged(runId: number): void {
    if (this.#isClosed || this.#waiting.has(runId)) return;
    const { clock } = this.#deps;
    const dueMs = this.#nextAtMs.get(runId) ?? 0;
    const timer = clock.setTimer(Math.max(0, dueMs - clock.monotonicMs()), () => {
      this.#waiting.delete(runId);
      this.#inFlight = this.#announce(runId);
    });
    this.#waiting.set(runId, timer);
  }

  itemChanged(runId: number, itemId: number): void {
    const dirty = this.#dirtyItems.get(runId) ?? new Set();
    this.#dirtyItems.set(runId, dirty.add(itemId));
    this.runChanged(runId);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#waiting.values()) timer[Symbol.dispose]();
    this.#waiting.clear();
    await this.#inFlight;
  }

  async #announce(runId: number): Promise<void> {
    const { clock, database, events, logger } = this.#deps;
    const startedMs = clock.monotonicMs();
    try {
      const dirty = [...(this.#dirtyItems.get(runId) ?? [])];
      this.#dirtyItems.delete(runId);
      const summary = await this.summary(runId);
      if (summary === null) return;
      events.emit('run.changed', summary);
      if (dirty.length > 0) {
        const items = await database.read('itemRows', { itemIds: dirty.slice(-MAX_ROWS_IN_EVENT) });
        events.emit('items.changed', { runId, items, more: dirty.length > MAX_ROWS_IN_EVENT });
      }
    } catch (error) {
      if (!this.#isClosed) logger.warn('could not announce a run', { runId, error: String(error) });
    } finally {
      const spentMs = clock.monotonicMs() - startedMs;
      this.#nextAtMs.set(runId, clock.monotonicMs() + Math.max(MIN_INTERVAL_MS, spentMs / MAX_READER_SHARE));
    }
  }
}

/**
 * Remaining seconds from the audio still to do at the speed of the wall clock so far; a mode that has not begun is expected to go like
 * the last one that has.
 */
export function withEstimates({ modelName: _, ...stored }: StoredRun, live: LiveFacts, nowMs: number): RunSummary {
  const isGoing = stored.status === 'running' || stored.status === 'pausing';
  let speed: number | null = null;
  const modes = stored.modes.map((claimed) => {
    // Tasks claimed ahead are not being worked on: to a person they wait.
    const ahead = Math.max(0, claimed.active - live.activeWorkers);
    const mode = { ...claimed, active: claimed.active - ahead, queued: claimed.queued + ahead };
    const doneHere = mode.done + mode.failed;
    const left = mode.queued + mode.active;
    if (mode.startedAtMs !== null && doneHere > 0) {
      const elapsedSec = Math.max(0.001, ((mode.endedAtMs ?? nowMs) - mode.startedAtMs) / 1_000);
      speed = doneHere / elapsedSec;
    }
    return { ...mode, etaSec: isGoing && left > 0 && speed !== null ? left / speed : null };
  });
  const open = modes.filter((mode) => mode.queued + mode.active > 0);
  const isKnown = isGoing && open.length > 0 && open.every((mode) => mode.etaSec !== null);
  const active = modes.reduce((total, mode) => total + mode.active, 0);
  const totals = { ...stored.totals, active, queued: stored.totals.queued + stored.totals.active - active };
  return { ...stored, ...live, modes, totals, etaSec: isKnown ? open.reduce((total, mode) => total + (mode.etaSec ?? 0), 0) : null };
}
