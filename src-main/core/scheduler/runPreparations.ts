import type { RunOptions } from '#shared/contract/runs.ts';
import { NightshiftError, toNightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { ImportedRun } from '../persistence/operations/queueImports.ts';
import type { Logger } from '../ports.ts';
import { type PreparationDeps, prepareRun } from './preparation.ts';
import type { RunRows } from './runRows.ts';

export interface NewRunInput {
  readonly sources: string[];
  readonly name?: string | undefined;
  readonly options: RunOptions;
  readonly startWhenReady: boolean;
  /** Of a queue that was imported. */
  readonly imported?: ImportedRun | undefined;
}

interface RunPreparationsDeps extends PreparationDeps {
  readonly logger: Logger;
  readonly rows: RunRows;
  /** Queues a run that nobody wants to look at first. */
  startPrepared(runId: number, options: RunOptions): Promise<void>;
}

interface Preparation {
  readonly abort: AbortController;
  /** Stopped to go on another time. */
  isKept: boolean;
  readonly done: Promise<void>;
}

/** Runs whose files are being looked at for the first time. */
export class RunPreparations {
  readonly #deps: RunPreparationsDeps;
  readonly #underWay = new Map<number, Preparation>();
  #isClosing = false;

  constructor(deps: RunPreparationsDeps) {
    this.#deps = deps;
  }

  start(runId: number, input: NewRunInput): void {
    const abort = new AbortController();
    // Closing may have begun while the row was written.
    if (this.#isClosing) abort.abort();
    const done = this.#prepare(runId, input, abort.signal).finally(() => this.#underWay.delete(runId));
    this.#underWay.set(runId, { abort, done, isKept: false });
  }

  /** @param isKept the run is interrupted, and its files are looked at anew when it goes on */
  async stop(runId: number, isKept = false): Promise<void> {
    const preparation = this.#underWay.get(runId);
    if (preparation === undefined) return;
    preparation.isKept ||= isKept;
    preparation.abort.abort();
    await preparation.done;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#underWay.keys()].map((runId) => this.stop(runId)));
  }

  /** Never rejects. */
  async #prepare(runId: number, input: NewRunInput, signal: AbortSignal): Promise<void> {
    const { logger, rows } = this.#deps;
    try {
      signal.throwIfAborted();
      await prepareRun(this.#deps, runId, input.sources, signal);
      signal.throwIfAborted();
      // Not by way of `ready`: a panel would show the list that nobody asked to see.
      if (input.startWhenReady) await this.#deps.startPrepared(runId, input.options);
      else await rows.move(runId, 'preparing', 'ready');
    } catch (thrown) {
      const error = signal.aborted ? new NightshiftError('CANCELLED', {}, { cause: thrown }) : toNightshiftError(thrown);
      if (error.kind === 'bug')
        logger.error('preparation failed by our own fault', { runId, error: String(error.cause ?? error), stack: error.stack });
      await this.#end(runId, error).catch((second: unknown) => {
        logger.error('could not record a failed preparation', { runId, error: String(second) });
      });
    }
  }

  /** The end of a run that never got to its tasks. */
  async #end(runId: number, error: NightshiftError): Promise<void> {
    const { rows } = this.#deps;
    const status = await rows.status(runId);
    if (status !== 'preparing' && status !== 'ready') return;
    if (error.kind !== 'cancelled') await rows.move(runId, status, 'failed', { error: toWireError(error) });
    else if (status === 'preparing' && this.#underWay.get(runId)?.isKept === true)
      await rows.move(runId, status, 'interrupted', { isKept: true });
    else if (status === 'preparing' && this.#isClosing) await rows.move(runId, status, 'interrupted');
    else if (status === 'preparing') await rows.move(runId, status, 'stopped');
  }
}
