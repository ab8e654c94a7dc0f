import { type RunOptions, RunOptionsSchema } from '#shared/contract/runs.ts';
import { NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { AddedFiles, Addition } from '../persistence/operations/additions.ts';
import type { ModePlan, PlanRequest } from '../persistence/operations/tasks.ts';
import type { RunModel } from '../persistence/operations/runs.ts';
import type { Clock, Logger } from '../ports.ts';
import { addToRun, type PreparationDeps } from './preparation.ts';
import { conflict, type RunRows } from './runRows.ts';

interface RunAdditionsDeps extends PreparationDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rows: RunRows;
  planModes(options: RunOptions, model: RunModel): ModePlan[];
  /** New tasks are queued, or nothing is being added any more. */
  onAdded(runId: number): void;
}

interface UnderWay {
  readonly abort: AbortController;
  readonly ids: Set<number>;
  /** Settles when the last one has ended; additions to one run happen one after the other. */
  done: Promise<void>;
}

/**
 * Files added to runs that exist. Each addition is a row until its files are queued: an owner that dies leaves it to the next, and
 * nothing is lost or taken twice.
 */
export class RunAdditions {
  readonly #deps: RunAdditionsDeps;
  readonly #underWay = new Map<number, UnderWay>();
  /** By addition: what went wrong with those whose row is kept for another time. */
  readonly #failed = new Map<number, { readonly runId: number; readonly error: WireError }>();
  #isClosing = false;

  constructor(deps: RunAdditionsDeps) {
    this.#deps = deps;
  }

  /** Runs that nobody has to resume go on taking files at once. */
  async open(): Promise<void> {
    for (const addition of await this.#deps.database.read('openAdditions', { runId: null })) {
      if ((await this.#deps.rows.status(addition.runId)) === 'ready') this.#begin(addition);
    }
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async add(runId: number, sources: readonly string[]): Promise<void> {
    const status = await this.#deps.rows.status(runId);
    const id = await this.#deps.database.write('beginAddition', { runId, sources });
    if (id === null) throw conflict(runId, status, 'add files to');
    this.#begin({ id, runId, sources });
    this.#deps.onRunChange(runId);
  }

  /** Takes up what an earlier owner, or a stop, left. */
  async resume(runId: number): Promise<void> {
    for (const addition of await this.#deps.database.read('openAdditions', { runId })) this.#begin(addition);
  }

  /** Settles when no files are being added to the run any more; null when none are. */
  whenAdded(runId: number): Promise<void> | null {
    return this.#underWay.get(runId)?.done ?? null;
  }

  /** Why files of an addition are not in the run although nobody looks at them any more: it cannot finish before it is resumed. null: nothing went wrong. */
  failure(runId: number): WireError | null {
    return [...this.#failed.values()].find((failed) => failed.runId === runId)?.error ?? null;
  }

  /** Ends what is under way; it stays to be taken up again. */
  async stop(runId: number): Promise<void> {
    const known = this.#underWay.get(runId);
    known?.abort.abort();
    await known?.done;
  }

  /** Of a run that is over. */
  async drop(runId: number): Promise<void> {
    await this.stop(runId);
    await this.#deps.database.write('dropAdditions', { runId, id: null });
    for (const [id, failed] of this.#failed) if (failed.runId === runId) this.#failed.delete(id);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#underWay.keys()].map((runId) => this.stop(runId)));
  }

  #begin(addition: Addition): void {
    const { runId, id } = addition;
    const known = this.#underWay.get(runId);
    if (this.#isClosing || known?.ids.has(id) === true) return;
    const mine: UnderWay = known ?? { abort: new AbortController(), ids: new Set(), done: Promise.resolve() };
    mine.ids.add(id);
    this.#failed.delete(id);
    this.#underWay.set(runId, mine);
    const done = mine.done
      .then(() => this.#carryOut(addition, mine.abort.signal))
      .then(() => {
        mine.ids.delete(id);
        if (mine.ids.size === 0) this.#underWay.delete(runId);
        this.#deps.onAdded(runId);
      });
    mine.done = done;
  }

  /** Never rejects. */
  async #carryOut(addition: Addition, signal: AbortSignal): Promise<void> {
    const { logger, database } = this.#deps;
    const { runId, id, sources } = addition;
    try {
      signal.throwIfAborted();
      const files = await addToRun(this.#deps, runId, sources, signal);
      signal.throwIfAborted();
      await this.#queue(addition, files);
      logger.info('files added to a run', { runId, ...files });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toNightshiftError(thrown);
      logger.warn('files could not be added to a run', { runId, code: error.code, error: String(error.cause ?? error) });
      // Storage that fails now may work when the run is resumed; a folder that is not there is told and given up.
      if (error.kind === 'storage' || error.kind === 'bug') {
        this.#failed.set(id, { runId, error: toWireError(error) });
        return;
      }
      await this.#tell(runId, sources, error).catch((second: unknown) => {
        logger.error('could not record why files were not added', { runId, error: String(second) });
      });
      await database.write('dropAdditions', { runId, id }).catch(() => undefined);
    }
  }

  async #queue({ id, runId }: Addition, files: AddedFiles): Promise<void> {
    const { database, clock } = this.#deps;
    while (
      (await database.write('endAddition', { id, runId, plan: await this.#plan(runId), files, nowMs: clock.nowMs() })) === 'unplanned'
    );
    this.#deps.onRunChange(runId);
  }

  /** null: the run has not been started. */
  async #plan(runId: number): Promise<PlanRequest | null> {
    const { database, clock } = this.#deps;
    const run = await database.read('storedRun', { runId, nowMs: clock.nowMs() });
    if (run === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    if (run.modes.length === 0 || run.model === null) return null;
    const options = RunOptionsSchema.parse(run.options);
    const { limit, priority, maxRetries } = options;
    return {
      runId,
      type: 'transcribe',
      modes: this.#deps.planModes(options, run.model),
      limit,
      priority,
      maxRetries,
      nowMs: clock.nowMs(),
    };
  }

  async #tell(runId: number, sources: readonly string[], error: NightshiftError): Promise<void> {
    const path = String(error.data['path'] ?? sources[0] ?? '');
    await this.#deps.database.write('addProblems', { runId, problems: [{ code: error.code, path }] });
    this.#deps.onRunChange(runId);
  }
}
