import { dirname, join, sep } from 'node:path';
import type { RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { type RunOptions, RunOptionsSchema, type RunPlan, type RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { ACTIVE_RUN_STATUSES, RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { transition } from '#shared/domain/transition.ts';
import { NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { RunModel } from '../persistence/operations/runs.ts';
import type { ClaimedTask, ModePlan, TaskOutcome } from '../persistence/operations/tasks.ts';
import type { FolderScanner, PowerHold } from '../ports.ts';
import type { ResultsWriter } from '../results/resultsWriter.ts';
import { prepareRun } from './preparation.ts';
import { type RunEnd, RunExecution, type RunExecutionDeps } from './runExecution.ts';
import { type LiveFacts, RunMonitor } from './runMonitor.ts';
import { workKey } from './workKey.ts';

/** The model a run will use, as far as the queue has to know it. */
export interface ChosenModel extends RunModel {
  readonly vocabularyWords: number | null;
}

export interface RunControllerDeps extends Omit<
  RunExecutionDeps,
  'onStep' | 'onRunChange' | 'onManyChanged' | 'onCheckpoint' | 'onOutcome' | 'onChange'
> {
  readonly scanner: FolderScanner;
  readonly events: EventBus;
  readonly power: PowerHold;
  /** Folder below which each run has a folder of its own. */
  readonly runsFolder: string;
  /** The clips that the sample model was made for. */
  readonly sampleFolder: string;
  /** @throws MODEL_MISSING, MODEL_INVALID */
  chooseModel(options: RunOptions): Promise<ChosenModel>;
  /** Things to know before Start that the queue cannot see (ports, decoder). */
  environmentWarnings(options: RunOptions): Promise<RunPlan['warnings']>;
  createResultsWriter(runId: number, path: string, onWritten: () => void): ResultsWriter;
}

interface NewRunInput {
  readonly sources: string[];
  readonly name?: string | undefined;
  readonly options: RunOptions;
  readonly startWhenReady: boolean;
}

interface Preparation {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

interface Current {
  readonly execution: RunExecution;
  /** Settles when the run has left the scheduler and its status says so. */
  readonly done: Promise<void>;
}

/**
 * All runs: prepares them, plans their tasks and lets one at a time through the scheduler, in the order of their start.
 * A status is changed by comparing it with what was expected, in the row; who comes second reads again.
 */
export class RunController {
  readonly #deps: RunControllerDeps;
  readonly #monitor: RunMonitor;
  readonly #preparing = new Map<number, Preparation>();
  readonly #writers = new Map<number, ResultsWriter>();
  #current: Current | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isLooping = false;
  /** A run was queued while the loop was about to end. */
  #isWanted = false;
  #isClosing = false;

  constructor(deps: RunControllerDeps) {
    this.#deps = deps;
    this.#monitor = new RunMonitor({ ...deps, live: (runId) => this.#live(runId) });
  }

  /** @throws RUN_NOT_FOUND */
  async get(runId: number): Promise<RunSummary> {
    const summary = await this.#monitor.summary(runId);
    if (summary === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    return summary;
  }

  async list(page: { beforeId: number | null; count: number }): Promise<{ runs: RunSummary[]; total: number }> {
    const { ids, total } = await this.#deps.database.read('listRunIds', page);
    const runs = await Promise.all(ids.map((id) => this.#monitor.summary(id)));
    return { runs: runs.filter((run) => run !== null), total };
  }

  /** @throws SHUTTING_DOWN */
  async create(input: NewRunInput): Promise<RunSummary> {
    this.#requireOpen();
    const { database, clock, runsFolder } = this.#deps;
    const runId = await database.write('insertRun', {
      name: input.name ?? nameOf(input.sources),
      sources: input.sources,
      options: input.options,
      defaultFolder: runsFolder,
      nowMs: clock.nowMs(),
    });
    this.#startPreparation(runId, input);
    return await this.get(runId);
  }

  /** Counts before Start. @throws RUN_NOT_FOUND, MODEL_MISSING, MODEL_INVALID */
  async plan(runId: number, options: RunOptions): Promise<RunPlan> {
    const run = await this.get(runId);
    const model = await this.#deps.chooseModel(options);
    const modes = await this.#deps.database.read('planCounts', { runId, modes: modePlans(options, model), limit: options.limit });
    const warnings: RunPlan['warnings'] = [...(await this.#deps.environmentWarnings(options))];
    if (model.vocabularyWords !== null && !this.#isSampleSource(run)) {
      warnings.push({ code: 'sampleModelVocabulary', data: { words: model.vocabularyWords, model: model.name } });
    }
    if (options.calculateWer && run.itemCount > 0 && run.withReferenceCount === 0) warnings.push({ code: 'noReferences', data: {} });
    if (run.unusableCount > 0) warnings.push({ code: 'unusableFiles', data: { count: run.unusableCount } });
    return { modes, warnings };
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, MODEL_MISSING, MODEL_INVALID, OUTPUT_UNWRITABLE, SHUTTING_DOWN */
  async start(runId: number, options: RunOptions): Promise<RunSummary> {
    this.#requireOpen();
    const { status } = await this.get(runId);
    if (status !== 'ready') throw conflict(runId, status, 'start');
    await this.#startFrom(runId, status, options);
    return await this.get(runId);
  }

  async #startFrom(runId: number, from: 'preparing' | 'ready', options: RunOptions): Promise<void> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'queued');
    const { database, clock, files, runsFolder } = this.#deps;
    const { name, path, fingerprint } = await this.#deps.chooseModel(options);
    const model: RunModel = { name, path, fingerprint };
    const ordered: RunOptions = { ...options, modes: inModeOrder(options.modes) };
    // Better refused now than found missing in the morning.
    await files.ensureFolder(ordered.outputPath === null ? join(runsFolder, String(runId)) : dirname(ordered.outputPath));
    this.#requireOpen();
    const didStart = await database.write('startRun', {
      from,
      options: ordered,
      model,
      defaultFolder: runsFolder,
      plan: {
        runId,
        type: 'transcribe',
        modes: modePlans(ordered, model),
        limit: ordered.limit,
        priority: ordered.priority,
        maxRetries: ordered.maxRetries,
        nowMs: clock.nowMs(),
      },
    });
    if (!didStart) throw conflict(runId, await this.#statusOf(runId), 'start');
    this.#wakeLoop(runId);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async pause(runId: number): Promise<RunSummary> {
    const status = await this.#statusOf(runId);
    switch (status) {
      case 'queued':
        if (!(await this.#move(runId, 'queued', 'paused'))) return await this.pause(runId);
        break;
      case 'running':
        if (!(await this.#move(runId, 'running', 'pausing'))) return await this.pause(runId);
        this.#executionOf(runId)?.pause();
        break;
      case 'pausing':
        // A resume may just have taken it back; who asks last decides.
        this.#executionOf(runId)?.pause();
        break;
      case 'paused':
        break;
      default:
        throw conflict(runId, status, 'pause');
    }
    return await this.get(runId);
  }

  /**
   * Goes on after a pause or an interruption. A finished or stopped run does again what failed or was cancelled.
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, SHUTTING_DOWN
   */
  async resume(runId: number): Promise<RunSummary> {
    this.#requireOpen();
    const status = await this.#statusOf(runId);
    switch (status) {
      case 'pausing':
        if (this.#executionOf(runId)?.unpause() === true) {
          await this.#move(runId, 'pausing', 'running');
          return await this.get(runId);
        }
        // Too late to take it back: once it is paused it can go on like any other.
        await this.#whenLeft(runId);
        return await this.resume(runId);
      case 'interrupted': {
        const run = await this.get(runId);
        if (run.modes.length > 0) return await this.#requeue(runId, status, false);
        return await this.#prepareAgain(run);
      }
      case 'paused':
        return await this.#requeue(runId, status, false);
      case 'finished':
      case 'stopped':
        return await this.#requeue(runId, status, true);
      default:
        throw conflict(runId, status, 'resume');
    }
  }

  /**
   * `now` ends what runs, otherwise current files finish. `keep` leaves the rest queued for another time; without it the rest is
   * cancelled. A run that has ended already is left as it is.
   * @throws RUN_NOT_FOUND
   */
  async stop(runId: number, how: { now: boolean; keep: boolean }): Promise<RunSummary> {
    const status = await this.#statusOf(runId);
    switch (status) {
      case 'preparing': {
        const preparation = this.#preparing.get(runId);
        preparation?.abort.abort();
        await preparation?.done;
        // It may have been queued in the meantime.
        if ((await this.#statusOf(runId)) !== 'preparing') return await this.stop(runId, how);
        break;
      }
      case 'running':
      case 'pausing':
        if (!(await this.#move(runId, status, 'stopping'))) return await this.stop(runId, how);
        if (this.#executionOf(runId)?.stop(how) !== true) return await this.#stopAfterEnd(runId, how);
        break;
      case 'stopping':
        if (this.#executionOf(runId)?.stop(how) !== true) return await this.#stopAfterEnd(runId, how);
        break;
      case 'ready':
        if (!(await this.#move(runId, status, 'stopped'))) return await this.stop(runId, how);
        break;
      case 'queued':
      case 'paused':
      case 'interrupted':
        if (how.keep && status === 'interrupted') break;
        if (!(await (how.keep ? this.#move(runId, status, 'interrupted') : this.#cancel(runId, status))))
          return await this.stop(runId, how);
        break;
      case 'finished':
      case 'stopped':
      case 'failed':
        break;
    }
    return await this.get(runId);
  }

  /** How the run ends was decided before the stop: it applies to what is left then. */
  async #stopAfterEnd(runId: number, how: { now: boolean; keep: boolean }): Promise<RunSummary> {
    await this.#whenLeft(runId);
    return await this.stop(runId, how);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT while it is under way */
  async remove(runId: number): Promise<void> {
    const status = await this.#statusOf(runId);
    if (this.#executionOf(runId) !== null || status === 'preparing' || status === 'queued') throw conflict(runId, status, 'remove');
    if (!(await this.#deps.database.write('discardRun', { runId, from: status }))) return await this.remove(runId);
    await this.#writers.get(runId)?.close();
    this.#writers.delete(runId);
    this.#monitor.forget(runId);
    this.#deps.events.emit('run.removed', { runId });
  }

  takeSample(sample: Sample): void {
    if (this.#current === null) return;
    const { execution } = this.#current;
    execution.takeSample(sample);
    this.#monitor.runChanged(execution.runId);
  }

  get currentRunId(): number | null {
    return this.#current?.execution.runId ?? null;
  }

  /** Lets current files finish for at most `graceMs`, keeps the rest queued, and writes everything out. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    for (const { abort } of this.#preparing.values()) abort.abort();
    await Promise.all([...this.#preparing.values()].map(({ done }) => done));
    this.#current?.execution.stop({ now: false, keep: true });
    using _force = this.#deps.clock.setTimer(graceMs, () => this.#current?.execution.stop({ now: true, keep: true }));
    await this.#loop;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#monitor.close();
  }

  #startPreparation(runId: number, input: NewRunInput): void {
    const abort = new AbortController();
    // Closing may have begun while the row was written.
    if (this.#isClosing) abort.abort();
    const done = this.#prepare(runId, input, abort.signal).finally(() => this.#preparing.delete(runId));
    this.#preparing.set(runId, { abort, done });
  }

  /** Never rejects. */
  async #prepare(runId: number, input: NewRunInput, signal: AbortSignal): Promise<void> {
    const { logger } = this.#deps;
    try {
      signal.throwIfAborted();
      await prepareRun({ ...this.#deps, onRunChange: (id) => this.#monitor.runChanged(id) }, runId, input.sources, signal);
      signal.throwIfAborted();
      // Not by way of `ready`: a panel would show the list that nobody asked to see.
      if (input.startWhenReady) await this.#startFrom(runId, 'preparing', input.options);
      else await this.#move(runId, 'preparing', 'ready');
    } catch (thrown) {
      const error = signal.aborted ? new NightshiftError('CANCELLED', {}, { cause: thrown }) : toNightshiftError(thrown);
      if (error.kind === 'bug')
        logger.error('preparation failed by our own fault', { runId, error: String(error.cause ?? error), stack: error.stack });
      await this.#endPreparation(runId, error).catch((second: unknown) => {
        logger.error('could not record a failed preparation', { runId, error: String(second) });
      });
    }
  }

  /** The end of a run that never got to its tasks. */
  async #endPreparation(runId: number, error: NightshiftError): Promise<void> {
    const status = await this.#statusOf(runId);
    if (status !== 'preparing' && status !== 'ready') return;
    if (error.kind !== 'cancelled') await this.#move(runId, status, 'failed', toWireError(error));
    else if (status === 'preparing' && this.#isClosing) await this.#move(runId, status, 'interrupted');
    else if (status === 'preparing') await this.#move(runId, status, 'stopped');
  }

  async #prepareAgain(run: RunSummary): Promise<RunSummary> {
    const { database, clock } = this.#deps;
    const didRestart = await database.write('restartPreparation', { runId: run.id, nowMs: clock.nowMs() });
    if (!didRestart) throw conflict(run.id, await this.#statusOf(run.id), 'resume');
    this.#startPreparation(run.id, { sources: run.sources, options: run.options, startWhenReady: false });
    return await this.get(run.id);
  }

  async #requeue(runId: number, from: RunStatus, redo: boolean): Promise<RunSummary> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'queued');
    const { database, clock } = this.#deps;
    const outcome = await database.write('requeueRun', { runId, from, redo, nowMs: clock.nowMs() });
    if (outcome === 'moved') return await this.resume(runId);
    if (outcome === 'nothing') throw conflict(runId, from, 'resume');
    this.#monitor.manyItemsChanged(runId);
    this.#wakeLoop(runId);
    return await this.get(runId);
  }

  async #cancel(runId: number, from: RunStatus): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, 'stopped');
    const { database, clock } = this.#deps;
    if (!(await database.write('cancelRun', { runId, from, nowMs: clock.nowMs() }))) return false;
    const run = await this.get(runId);
    if (run.modes.length > 0) await this.#writerOf(runId, run.resultsPath).flush();
    this.#monitor.manyItemsChanged(runId);
    return true;
  }

  #wakeLoop(runId: number): void {
    this.#monitor.runChanged(runId);
    this.#isWanted = true;
    if (this.#isLooping) return;
    this.#isLooping = true;
    this.#loop = this.#runQueued();
  }

  /** Never rejects; a run that goes wrong does not keep the next one from starting. */
  async #runQueued(): Promise<void> {
    const { database, power, logger } = this.#deps;
    let lastFailed: number | null = null;
    while (this.#isWanted && !this.#isClosing) {
      this.#isWanted = false;
      let runId: number | null = null;
      try {
        while ((runId = await database.read('nextQueuedRun')) !== null && !this.#isClosing) {
          using _hold = power.acquire(`run ${runId}`);
          await this.#runOne(runId);
          runId = null;
        }
      } catch (error) {
        logger.error('a run could not be carried out', { runId, error: String(error) });
        // Nothing can be read, or not even the next run can be entered: the next start or resume tries again.
        if (runId === null || runId === lastFailed) break;
        lastFailed = runId;
        this.#isWanted = true;
        // Its row may say that it is under way.
        await this.#statusOf(runId).catch(() => undefined);
      }
    }
    this.#isLooping = false;
  }

  async #runOne(runId: number): Promise<void> {
    const { logger, database, clock } = this.#deps;
    const run = await this.get(runId);
    const options = RunOptionsSchema.parse(run.options);
    let model: RunModel;
    try {
      model = await this.#frozenModel(runId, options);
    } catch (thrown) {
      await this.#move(runId, 'queued', 'interrupted', toWireError(thrown));
      return;
    }
    const writer = this.#writerOf(runId, run.resultsPath);
    const execution = new RunExecution(
      {
        ...this.#deps,
        onOutcome: (task, outcome) => this.#tell(runId, task, outcome, writer),
        onChange: (itemId) => this.#monitor.itemChanged(runId, itemId),
        onStep: (id, step) => this.#emitStep(id, step),
        onRunChange: (id) => this.#monitor.runChanged(id),
        onManyChanged: (id) => this.#monitor.manyItemsChanged(id),
        onCheckpoint: () => writer.flush(),
      },
      { runId, options, datasetName: run.name, modelName: model.name, modelPath: model.path },
    );
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#current = { execution, done };
    try {
      if (this.#isClosing || !(await database.write('enterRun', { runId, nowMs: clock.nowMs() }))) return;
      // Closing may have begun while the row was written.
      if (this.#isClosing) execution.stop({ now: false, keep: true });
      this.#monitor.runChanged(runId);
      logger.info('run started', { runId, modes: options.modes, items: run.itemCount });
      const end = await execution.execute();
      await writer.flush();
      await this.#recordEnd(runId, end);
      logger.info('run ended', { runId, status: end.status });
    } finally {
      this.#current = null;
      resolve();
      this.#monitor.runChanged(runId);
    }
  }

  /**
   * The model the run was planned with: what is recorded under its fingerprint must come from it.
   * @throws MODEL_MISSING, MODEL_INVALID when it is gone or is another one now
   */
  async #frozenModel(runId: number, options: RunOptions): Promise<RunModel> {
    const stored = await this.#deps.database.read('storedRun', { runId, nowMs: this.#deps.clock.nowMs() });
    const planned = stored?.model ?? null;
    if (planned === null) throw new NightshiftError('INVARIANT_BROKEN', { detail: `run ${runId} was queued without a model` });
    const now = await this.#deps.chooseModel({ ...options, model: planned.path === '' ? options.model : planned.path });
    if (now.fingerprint !== planned.fingerprint) {
      throw new NightshiftError('MODEL_INVALID', {
        path: planned.path,
        detail: 'it is no longer the model that this run was started with',
      });
    }
    return planned;
  }

  /** Somebody may ask for a pause or a stop until the last moment: what the row says then decides which end is possible. */
  async #recordEnd(runId: number, end: RunEnd): Promise<void> {
    for (;;) {
      const from = await this.#deps.database.read('runStatus', { runId });
      if (from === null || !ACTIVE_RUN_STATUSES.includes(from)) return;
      const to = RUN_TRANSITIONS[from].includes(end.status) ? end.status : 'interrupted';
      if (await this.#move(runId, from, to, end.error)) return;
    }
  }

  #tell(runId: number, task: ClaimedTask, outcome: TaskOutcome, writer: ResultsWriter): void {
    const { mode, itemId, fileId } = task;
    writer.touch();
    this.#monitor.itemChanged(runId, itemId);
    switch (outcome.kind) {
      case 'done':
      case 'failed':
        this.#emitStep(runId, {
          step: 'taskFinished',
          mode,
          itemId,
          fileId,
          status: outcome.kind,
          werRatio: outcome.counts === null ? null : werRatio(outcome.counts),
          error: outcome.kind === 'failed' ? outcome.error : null,
        });
        break;
      case 'cancelled':
        this.#emitStep(runId, { step: 'taskFinished', mode, itemId, fileId, status: 'cancelled', werRatio: null, error: null });
        break;
      case 'retry': {
        const delayMs = Math.max(0, outcome.notBeforeMs - this.#deps.clock.nowMs());
        this.#emitStep(runId, {
          step: 'taskRetrying',
          mode,
          itemId,
          fileId,
          attempt: task.failedAttempts + 1,
          delayMs,
          error: outcome.error,
        });
        break;
      }
      case 'requeue':
      case 'released':
        break;
    }
  }

  #emitStep(runId: number, step: RunStep): void {
    this.#deps.events.emit('run.stepped', { runId, atMs: this.#deps.clock.nowMs(), step });
  }

  #writerOf(runId: number, path: string): ResultsWriter {
    const known = this.#writers.get(runId);
    if (known !== undefined) return known;
    const writer = this.#deps.createResultsWriter(runId, path, () => this.#monitor.runChanged(runId));
    this.#writers.set(runId, writer);
    return writer;
  }

  #live(runId: number): LiveFacts {
    const live = this.#executionOf(runId)?.live ?? { activeWorkers: 0, allowedWorkers: 0, workersReason: null };
    const failure = this.#writers.get(runId)?.lastError ?? null;
    return { ...live, resultsError: failure === null ? null : toWireError(failure) };
  }

  /** Resolves when the run is no longer carried out, however long the one behind it takes. */
  async #whenLeft(runId: number): Promise<void> {
    if (this.#current?.execution.runId === runId) await this.#current.done;
  }

  #executionOf(runId: number): RunExecution | null {
    return this.#current?.execution.runId === runId ? this.#current.execution : null;
  }

  /**
   * The status in the row. One that says a run is under way while nobody carries it out (its end could not be written) becomes
   * `interrupted`, so that it can go on.
   * @throws RUN_NOT_FOUND
   */
  async #statusOf(runId: number): Promise<RunStatus> {
    const status = await this.#deps.database.read('runStatus', { runId });
    if (status === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    if (!ACTIVE_RUN_STATUSES.includes(status) || this.#executionOf(runId) !== null) return status;
    await this.#move(runId, status, 'interrupted');
    const now = await this.#deps.database.read('runStatus', { runId });
    return now ?? status;
  }

  /** @returns false when the run was no longer in `from`. */
  async #move(runId: number, from: RunStatus, to: RunStatus, error?: WireError | null): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, to);
    const nowMs = this.#deps.clock.nowMs();
    const didMove = await this.#deps.database.write('moveRun', { runId, from, to, nowMs, ...(error === undefined ? {} : { error }) });
    if (didMove) this.#monitor.runChanged(runId);
    return didMove;
  }

  #isSampleSource(run: RunSummary): boolean {
    const { sampleFolder } = this.#deps;
    return run.sources.every((source) => source === sampleFolder || source.startsWith(sampleFolder + sep));
  }

  #requireOpen(): void {
    if (this.#isClosing) throw new NightshiftError('SHUTTING_DOWN');
  }
}

function modePlans(options: RunOptions, model: RunModel): ModePlan[] {
  return inModeOrder(options.modes).map((mode) => ({ mode, workKey: workKey(mode, model.fingerprint, options) }));
}

/** The last folder or file name of the first source, as people call a data set. */
function nameOf(sources: readonly string[]): string {
  const [first = ''] = sources;
  const name = first.replaceAll('\\', '/').replace(/\/+$/, '').split('/').at(-1);
  return (name === undefined || name === '' ? 'run' : name).slice(0, 200);
}

function conflict(runId: number, status: RunStatus, wanted: string): NightshiftError {
  return new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted });
}
