import { ACTIVE_RUN_STATUSES, RUN_TRANSITIONS, type PauseCause, type RunStatus } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import { NightshiftError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock } from '../ports.ts';

export interface RunRowsDeps {
  readonly database: Database;
  readonly clock: Clock;
  onRunChange(runId: number): void;
  /** Whether the run is carried out now, from before its row says so until after. */
  isUnderWay(runId: number): boolean;
}

/** The statuses of runs in their rows: changed along the table, by comparing with what was expected; who comes second reads again. */
export class RunRows {
  readonly #deps: RunRowsDeps;

  constructor(deps: RunRowsDeps) {
    this.#deps = deps;
  }

  /**
   * The status in the row. One that says a run is under way while nobody carries it out (its end could not be written) becomes
   * `interrupted`, so that it can go on.
   * @throws RUN_NOT_FOUND
   */
  async status(runId: number): Promise<RunStatus> {
    const { database } = this.#deps;
    const status = await database.read('runStatus', { runId });
    if (status === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    if (!ACTIVE_RUN_STATUSES.includes(status) || this.#deps.isUnderWay(runId)) return status;
    await this.move(runId, status, 'interrupted');
    return (await database.read('runStatus', { runId })) ?? status;
  }

  /**
   * @param facts as `moveRun`
   * @returns false when the run was no longer in `from`.
   */
  async move(
    runId: number,
    from: RunStatus,
    to: RunStatus,
    facts: { readonly error?: WireError | null; readonly pausedBy?: PauseCause | null; readonly isKept?: boolean } = {},
  ): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, to);
    const { database, clock, onRunChange } = this.#deps;
    const didMove = await database.write('moveRun', { runId, from, to, nowMs: clock.nowMs(), ...facts });
    if (didMove) onRunChange(runId);
    return didMove;
  }
}

export function conflict(runId: number, status: RunStatus, wanted: string): NightshiftError {
  return new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted });
}
