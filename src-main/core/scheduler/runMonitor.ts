import type { RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { StoredRun } from '../persistence/operations/runs.ts';
import type { Clock, Logger } from '../ports.ts';
import { Estimator } from './estimator.ts';

/** What only the living runtime knows about a run. */
export type LiveFacts = Pick<RunSummary, 'activeWorkers' | 'allowedWorkers' | 'workersReason' | 'workersFacts' | 'resultsError'>;

/** How far files are that have no outcome yet. */
export interface UnderWay {
  /** Audio of each mode whose text is final, seconds. */
  readonly activeAudioSec: ReadonlyMap<Mode, number>;
}

export interface RunMonitorDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  live(runId: number): LiveFacts & UnderWay;
}

/** Ten announcements a second are more than an eye can follow. */
const MIN_INTERVAL_MS = 100;
/** A summary may use at most this share of the reader's time. */
const MAX_READER_SHARE = 0.1;
const MAX_ROWS_IN_EVENT = 200;

interface Watched {
  /** The next announcement; null while one is under way or none is wanted. */
  timer: Disposable | null;
  isAnnouncing: boolean;
  /** Something changed while an announcement was under way. */
  isDirty: boolean;
  nextAtMs: number;
  readonly items: Set<number>;
  /** More rows changed than were named. */
  isMore: boolean;
}

/**
 * Tells the listeners what changed, from committed rows and coalesced: however many tasks end in a second, a run is announced at most ten
 * times, rarer when reading its summary takes long, and never twice at once.
 */
export class RunMonitor {
  readonly #deps: RunMonitorDeps;
  /** Time that is left, progress and throughput. */
  readonly estimator: Estimator;
  readonly #watched = new Map<number, Watched>();
  readonly #inFlight = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: RunMonitorDeps) {
    this.#deps = deps;
    this.estimator = new Estimator(deps);
  }

  /** @returns null when there is no such run. */
  async summary(runId: number): Promise<RunSummary | null> {
    const stored = await this.#stored(runId);
    return stored === null ? null : this.#withEstimates(stored);
  }

  runChanged(runId: number): void {
    if (this.#isClosed) return;
    const watched = this.#watch(runId);
    if (watched.isAnnouncing) watched.isDirty = true;
    else if (watched.timer === null) this.#schedule(runId, watched);
  }

  itemChanged(runId: number, itemId: number): void {
    this.#watch(runId).items.add(itemId);
    this.runChanged(runId);
  }

  /** Rows of the run changed together, without a word for each. */
  manyItemsChanged(runId: number): void {
    this.#watch(runId).isMore = true;
    this.runChanged(runId);
  }

  forget(runId: number): void {
    this.#watched.get(runId)?.timer?.[Symbol.dispose]();
    this.#watched.delete(runId);
    this.estimator.forget(runId);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#watched.values()) timer?.[Symbol.dispose]();
    await Promise.all(this.#inFlight);
  }

  #watch(runId: number): Watched {
    const known = this.#watched.get(runId);
    if (known !== undefined) return known;
    const watched: Watched = { timer: null, isAnnouncing: false, isDirty: false, nextAtMs: 0, items: new Set(), isMore: false };
    this.#watched.set(runId, watched);
    return watched;
  }

  #schedule(runId: number, watched: Watched): void {
    const { clock } = this.#deps;
    watched.timer = clock.setTimer(Math.max(0, watched.nextAtMs - clock.monotonicMs()), () => {
      watched.timer = null;
      watched.isAnnouncing = true;
      watched.isDirty = false;
      const announcing = this.#announce(runId, watched).finally(() => {
        this.#inFlight.delete(announcing);
        watched.isAnnouncing = false;
        if (watched.isDirty && !this.#isClosed) this.#schedule(runId, watched);
      });
      this.#inFlight.add(announcing);
    });
  }

  async #announce(runId: number, watched: Watched): Promise<void> {
    const { clock, database, events, logger } = this.#deps;
    const startedMs = clock.monotonicMs();
    try {
      const dirty = [...watched.items];
      const isMore = watched.isMore || dirty.length > MAX_ROWS_IN_EVENT;
      watched.items.clear();
      watched.isMore = false;
      const stored = await this.#stored(runId);
      if (stored === null || this.#isClosed) return;
      await this.estimator.look(stored, clock.nowMs(), this.#deps.live(runId).activeAudioSec);
      events.emit('run.changed', this.#withEstimates(stored));
      if (dirty.length > 0 || isMore) {
        const items = dirty.length === 0 ? [] : await database.read('itemRows', { itemIds: dirty.slice(-MAX_ROWS_IN_EVENT) });
        events.emit('items.changed', { runId, items, more: isMore });
      }
    } catch (error) {
      if (!this.#isClosed) logger.warn('could not announce a run', { runId, error: String(error) });
    } finally {
      const spentMs = clock.monotonicMs() - startedMs;
      watched.nextAtMs = clock.monotonicMs() + Math.max(MIN_INTERVAL_MS, spentMs / MAX_READER_SHARE);
    }
  }

  async #stored(runId: number): Promise<StoredRun | null> {
    return await this.#deps.database.read('storedRun', { runId, nowMs: this.#deps.clock.nowMs() });
  }

  #withEstimates(run: StoredRun): RunSummary {
    const { model: _, ...stored } = run;
    const { activeAudioSec, ...live } = this.#deps.live(run.id);
    return { ...stored, ...live, ...this.estimator.estimates(run, activeAudioSec) };
  }
}
