import type { Mode } from '#shared/domain/mode.ts';
import type { PauseCause, RunStatus } from '#shared/domain/run.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger } from '../ports.ts';
import { PlannedPauses } from './plannedPauses.ts';
import type { RunLoop } from './runLoop.ts';
import type { RunMonitor } from './runMonitor.ts';
import { conflict, type RunRows } from './runRows.ts';

export interface PauseHow {
  /** Current files go back to the queue at once instead of being finished. */
  readonly now?: boolean;
  /** Only this mode; null: the whole run. */
  readonly mode?: Mode | null;
  /** Whose pause it is. */
  readonly cause?: PauseCause;
}

interface RunPausesDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rows: RunRows;
  readonly monitor: RunMonitor;
  readonly loop: RunLoop;
}

/** Statuses in which a mode can be paused alone. */
const HOLDABLE: readonly RunStatus[] = ['queued', 'running', 'pausing', 'paused', 'interrupted'];
const ENDED: readonly RunStatus[] = ['finished', 'stopped', 'failed', 'stopping'];

/** Pauses of runs and of their modes, at once and at a time. */
export class RunPauses {
  readonly #deps: RunPausesDeps;
  readonly #planned: PlannedPauses;

  constructor(deps: RunPausesDeps) {
    this.#deps = deps;
    this.#planned = new PlannedPauses(deps.clock, (runId) => void this.#due(runId));
  }

  /** What was planned before this start. */
  async open(): Promise<void> {
    for (const { runId, atMs } of await this.#deps.database.read('plannedPauses')) this.#planned.plan(runId, atMs);
  }

  close(): void {
    this.#planned.close();
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async pause(runId: number, { now = false, mode = null, cause = 'user' }: PauseHow): Promise<void> {
    if (mode !== null) return await this.#holdMode(runId, mode, now);
    const { rows, loop } = this.#deps;
    for (;;) {
      const status = await rows.status(runId);
      switch (status) {
        case 'queued':
          if (await rows.move(runId, 'queued', 'paused', { pausedBy: cause })) return;
          break;
        case 'running':
          // Asked before it is written: from now on nothing starts.
          loop.executionOf(runId)?.pause({ now, cause });
          if (await rows.move(runId, 'running', 'pausing', { pausedBy: cause })) return;
          break;
        case 'pausing':
          // A resume may just have taken it back; who asks last decides.
          loop.executionOf(runId)?.pause({ now, cause });
          await this.#strengthen(runId, cause);
          return;
        case 'paused':
          await this.#strengthen(runId, cause);
          return;
        default:
          throw conflict(runId, status, 'pause');
      }
    }
  }

  /** @param atMs in the past: at once; null: not at all. @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async plan(runId: number, atMs: number | null): Promise<void> {
    const { database, rows, monitor } = this.#deps;
    const status = await rows.status(runId);
    if (ENDED.includes(status)) throw conflict(runId, status, 'pause');
    await database.write('planPause', { runId, atMs });
    this.#planned.plan(runId, atMs);
    monitor.runChanged(runId);
    if (atMs !== null && atMs <= this.#deps.clock.nowMs()) await this.#pausePlanned(runId);
  }

  /** Takes back the pause of a mode. @throws RUN_NOT_FOUND, INPUT_INVALID */
  async releaseMode(runId: number, mode: Mode): Promise<void> {
    const { loop, monitor } = this.#deps;
    await this.#writeHold(runId, mode, false);
    if (loop.executionOf(runId)?.releaseMode(mode) === false) await loop.whenLeft(runId);
    monitor.runChanged(runId);
  }

  async #holdMode(runId: number, mode: Mode, now: boolean): Promise<void> {
    const { rows, loop, monitor } = this.#deps;
    const status = await rows.status(runId);
    if (!HOLDABLE.includes(status)) throw conflict(runId, status, 'pause');
    await this.#writeHold(runId, mode, true, () => loop.executionOf(runId)?.holdMode(mode, now));
    monitor.runChanged(runId);
  }

  async #writeHold(runId: number, mode: Mode, isHeld: boolean, before: () => void = () => undefined): Promise<void> {
    const { database } = this.#deps;
    const run = await database.read('storedRun', { runId, nowMs: this.#deps.clock.nowMs() });
    if (run === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    if (!run.modes.some((entry) => entry.mode === mode)) {
      throw new NightshiftError('INPUT_INVALID', { field: 'mode', detail: `run ${runId} does not have the mode ${mode}` });
    }
    before();
    await database.write('holdMode', { runId, mode, isHeld });
  }

  async #strengthen(runId: number, cause: PauseCause): Promise<void> {
    if (cause === 'lowDisk' || cause === 'heat') return;
    if (await this.#deps.database.write('strengthenPause', { runId, cause })) this.#deps.monitor.runChanged(runId);
  }

  async #due(runId: number): Promise<void> {
    try {
      await this.#pausePlanned(runId);
    } catch (error) {
      this.#deps.logger.warn('a planned pause could not be made', { runId, error: String(error) });
    }
  }

  /** A run that has not begun pauses when it does (`RunLoop`). */
  async #pausePlanned(runId: number): Promise<void> {
    const { database, rows } = this.#deps;
    const status = await rows.status(runId);
    if (!['queued', 'running', 'pausing', 'paused'].includes(status)) return;
    await this.pause(runId, { cause: 'plannedTime' });
    // Of a run that was paused already nothing more is to be done at this time.
    await database.write('planPause', { runId, atMs: null });
    this.#planned.plan(runId, null);
    this.#deps.monitor.runChanged(runId);
  }
}
