import type { Gate, GateVerdict } from '#shared/contract/gate.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { Logger } from '../ports.ts';
import type { ReportService } from './reportService.ts';

interface Deps {
  readonly reports: Pick<ReportService, 'judge'>;
  readonly runs: { get(runId: number): Promise<RunSummary> };
  readonly database: Database;
  readonly events: EventBus;
  readonly logger: Logger;
}

/**
 * Judges runs that were started with rules as soon as they have finished, and those that finished when nobody was there to do it. Which
 * runs are left is read from the rows, so nothing is judged twice and none is forgotten.
 */
export class GateKeeper {
  readonly #deps: Deps;
  #unsubscribe: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  open(): void {
    const finished = new Map<number, number | null>();
    this.#unsubscribe = this.#deps.events.subscribe((event) => {
      if (event.name !== 'run.changed' || event.payload.options.gate === null) return;
      const { id, status, endedAtMs } = event.payload;
      if (status !== 'finished' || finished.get(id) === endedAtMs) return;
      finished.set(id, endedAtMs);
      this.#judgeSoon();
    });
    this.#judgeSoon();
  }

  /** Judges now, keeps the verdict with the run and announces it. @throws RUN_NOT_FOUND */
  async judge(runId: number, gate: Gate): Promise<GateVerdict> {
    const verdict = await this.#deps.reports.judge(runId, gate);
    this.#deps.events.emit('run.changed', await this.#deps.runs.get(runId));
    return verdict;
  }

  /** Waits for the verdict that is being made; those still open are made by the next owner. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    await this.#work;
  }

  #judgeSoon(): void {
    this.#work = this.#work.then(() => this.#judgeOpen());
  }

  async #judgeOpen(): Promise<void> {
    const { database, runs, logger } = this.#deps;
    for (const runId of await database.read('runsToJudge')) {
      if (this.#isClosed) return;
      try {
        const { gate } = (await runs.get(runId)).options;
        if (gate !== null) await this.judge(runId, gate);
      } catch (error) {
        logger.error('a run could not be judged', { runId, error: toNightshiftError(error) });
      }
    }
  }
}
