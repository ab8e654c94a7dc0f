import { dirname, join } from 'node:path';
import type { RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { type RunOptions, RunOptionsSchema, type RunPlan, type RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { transition } from '#shared/domain/transition.ts';
import { NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { ModePlan, TaskOutcome, ClaimedTask } from '../persistence/operations/tasks.ts';
import type { FolderScanner, PowerHold } from '../ports.ts';
import type { ResultsWriter } from '../results/resultsWriter.ts';
import { prepareRun } from './preparation.ts';
import { RunExecution, type RunExecutionDeps } from './runExecution.ts';
import { type LiveFacts, RunMonitor } from './runMonitor.ts';
import { workKey } from './workKey.ts';
import { werRatio } from '#shared/domain/scores.ts';

/** The model a run will use, as far as the queue has to know it. */
export interface ChosenModel {
  readonly name: string;
  readonly path: string;
  /** Names the exact files, wherever they lie. */
  readonly fingerprint: string;
  readonly vocabularyWords: number | null;
}

export interface RunControllerDeps extends Omit<RunExecutionDeps, 'onStep' | 'onRunChange' | 'onCheckpoint' | 'onOutcome' | 'onChange'> {
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

/**
 * All runs: prepares them, plans their tasks and lets one at a time through the scheduler, in the order of their start.
 * Every change of a run's status goes through `#move`.
 */
export class RunController {
  readonly #deps: RunControllerDeps;
  readonly #monitor: RunMonitor;
  readonly #preparing = new Map<number, { abort: AbortController; done: Promise<void> }>();
  readonly #writers = new Map<number, ResultsWriter>();
  #current: RunExecution | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isLooping = false;
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

  async create(input: { sources: string[]; name?: string | undefined; options: RunOptions; startWhenReady: boolean }): Promise<RunSummary> {
    this.#requireOpen();
    const { database, clock, runsFolder } = this.#deps;
    const runId = await database.write('insertRun', {
      name: input.name ?? nameOf(input.sources),
      sources: input.sources,
      options: input.options,
      defaultFolder: runsFolder,
      nowMs: clock.nowMs(),
    });
    const abort = new AbortController();
    const done = this.#prepare(runId, input, abort.signal).finally(() => this.#preparing.delete(runId));
    this.#preparing.set(runId, { abort, done });
    return await this.get(runId);
  }

  /** Counts before Start. @throws RUN_NOT_FOUND, MODEL_MISSING, MODEL_INVALID */
  async plan(runId: number, options: RunOptions): Promise<RunPlan> {
    const run = await this.get(runId);
    const model = await this.#deps.chooseModel(options);
    const planned = await this.#deps.database.read('planCounts', { runId, modes: modePlans(options, model), limit: options.limit });
    const warnings: RunPlan['warnings'] = [...(await this.#deps.environmentWarnings(options))];
    if (model.vocabularyWords !== null && !this.#isSampleSource(run)) {
      warnings.push({ code: 'sampleModelVocabulary', data: { words: model.vocabularyWords, model: model.name } });
    }
    if (options.calculateWer && run.itemCount > 0 && run.withReferenceCount === 0) warnings.push({ code: 'noReferences', data: {} });
    if (run.unusableCount > 0) warnings.push({ code: 'unusableFiles', data: { count: run.unusableCount } });
    return {
      modes: planned.map(({ mode, found, alreadyDone, remaining, beyondLimit, audioSec }) => ({
        mode,
        found,
        alreadyDone,
        remaining,
        beyondLimit,
        audioSec,
      })),
      warnings,
    };
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT, MODEL_MISSING, MODEL_INVALID, OUTPUT_UNWRITABLE */
  async start(runId: number, options: RunOptions): Promise<RunSummary> {
    this.#requireOpen();
    const { database, clock, files, runsFolder } = this.#deps;
    const { status } = await this.get(runId);
    if (status !== 'ready') throw conflict(runId, status, 'start');
    const model = await this.#deps.chooseModel(options);
    const ordered: RunOptions = { ...options, modes: inModeOrder(options.modes) };
    // Better refused now than found missing in the morning.
    await files.ensureFolder(ordered.outputPath === null ? join(runsFolder, String(runId)) : dirname(ordered.outputPath));
    await database.write('setRunOptions', { runId, options: ordered, modelName: model.name, defaultFolder: runsFolder });
    await database.write('planTasks', {
      runId,
      type: 'transcribe',
      modes: modePlans(ordered, model),
      limit: ordered.limit,
      priority: ordered.priority,
      maxRetries: ordered.maxRetries,
      nowMs: clock.nowMs(),
    });
    await this.#move(runId, 'ready', 'queued');
    this.#startLoop();
    return await this.get(runId);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async pause(runId: number): Promise<RunSummary> {
    const { status } = await this.get(runId);
    switch (status) {
      case 'queued':
        await this.#move(runId, 'queued', 'paused');
        break;
      case 'running':
        await this.#move(runId, 'running', 'pausing');
        this.#executionOf(runId)?.pause();
        break;
      case 'pausing':
      case 'paused':
        break;
      default:
        throw conflict(runId, status, 'pause');
    }
    return await this.get(runId);
  }

  /**
   * Goes on after a pause or an interruption. A finished or stopped run does again what failed or was cancelled.
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT
   */
  async resume(runId: number): Promise<RunSummary> {
    this.#requireOpen();
    const { database, clock } = this.#deps;
    const run = await this.get(runId);
    switch (run.status) {
      case 'pausing':
        if (this.#executionOf(runId)?.unpause() === true) {
          await this.#move(runId, 'pausing', 'running');
          return await this.get(runId);
        }
        throw conflict(runId, run.status, 'resume');
      case 'paused':
      case 'interrupted':
        break;
      case 'finished':
      case 'stopped':
        if ((await database.write('reopenTasks', { runId })) === 0) throw conflict(runId, run.status, 'resume');
        break;
      default:
        throw conflict(runId, run.status, 'resume');
    }
    await database.write('skipDoneMeanwhile', { runId, nowMs: clock.nowMs() });
    await this.#move(runId, run.status, 'queued', null);
    this.#startLoop();
    return await this.get(runId);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT */
  async stop(runId: number, how: { now: boolean; keep: boolean }): Promise<RunSummary> {
    const { database, clock } = this.#deps;
    const { status } = await this.get(runId);
    switch (status) {
      case 'preparing': {
        const preparation = this.#preparing.get(runId);
        preparation?.abort.abort();
        await preparation?.done;
        break;
      }
      case 'running':
      case 'pausing':
      case 'stopping':
        if (status !== 'stopping') await this.#move(runId, status, 'stopping');
        this.#executionOf(runId)?.stop(how);
        break;
      case 'ready':
        await this.#move(runId, 'ready', 'stopped');
        break;
      case 'queued':
      case 'paused':
      case 'interrupted':
        if (how.keep) {
          if (status !== 'interrupted') await this.#move(runId, status, 'interrupted');
        } else {
          await database.write('endQueuedTasks', { runId, mode: null, status: 'cancelled', error: null, nowMs: clock.nowMs() });
          await this.#move(runId, status, 'stopped');
          await this.#writerOf(runId, (await this.get(runId)).resultsPath).flush();
        }
        break;
      case 'finished':
      case 'stopped':
      case 'failed':
        break;
    }
    return await this.get(runId);
  }

  /** @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT while it is under way */
  async remove(runId: number): Promise<void> {
    const { status } = await this.get(runId);
    if (this.#executionOf(runId) !== null || status === 'preparing' || status === 'queued') throw conflict(runId, status, 'remove');
    await this.#writers.get(runId)?.close();
    this.#writers.delete(runId);
    await this.#deps.database.write('removeRun', { runId });
    this.#deps.events.emit('run.removed', { runId });
  }

  takeSample(sample: Sample): void {
    this.#current?.takeSample(sample);
    if (this.#current !== null) this.#monitor.runChanged(this.#current.runId);
  }

  get currentRunId(): number | null {
    return this.#current?.runId ?? null;
  }

  /** Lets current files finish for at most `graceMs`, keeps the rest queued, and writes everything out. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    for (const { abort } of this.#preparing.values()) abort.abort();
    await Promise.all([...this.#preparing.values()].map(({ done }) => done));
    this.#current?.stop({ now: false, keep: true });
    const force = this.#deps.clock.setTimer(graceMs, () => this.#current?.stop({ now: true, keep: true }));
    await this.#loop;
    force[Symbol.dispose]();
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#monitor.close();
  }

  async #prepare(
    runId: number,
    input: { sources: string[]; options: RunOptions; startWhenReady: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await prepareRun({ ...this.#deps, onRunChange: (id) => this.#monitor.runChanged(id) }, runId, input.sources, signal);
      await this.#move(runId, 'preparing', 'ready');
      if (input.startWhenReady) await this.start(runId, input.options);
    } catch (thrown) {
      const error = toNightshiftError(signal.aborted ? new NightshiftError('CANCELLED', {}, { cause: thrown }) : thrown);
      if (error.kind === 'bug')
        this.#deps.logger.error('preparation failed by our own fault', { runId, error: String(error.cause ?? error), stack: error.stack });
      await this.#failOpen(runId, error);
    }
  }

  /** The end of a run that never got to its tasks. */
  async #failOpen(runId: number, error: NightshiftError): Promise<void> {
    try {
      const status = await this.#deps.database.read('runStatus', { runId });
      if (status === 'preparing') await this.#move(runId, status, error.kind === 'cancelled' ? 'stopped' : 'failed', toWireError(error));
      else if (status === 'ready') await this.#move(runId, status, 'failed', toWireError(error));
    } catch (second) {
      this.#deps.logger.error('could not record a failed preparation', { runId, error: String(second) });
    }
  }

  #startLoop(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    this.#loop = this.#runQueued()
      .catch((error: unknown) => this.#deps.logger.error('the run queue stopped', { error: String(error) }))
      .finally(() => {
        this.#isLooping = false;
      });
  }

  async #runQueued(): Promise<void> {
    for (;;) {
      const runId = this.#isClosing ? null : await this.#deps.database.read('nextQueuedRun');
      if (runId === null) return;
      using _hold = this.#deps.power.acquire(`run ${runId}`);
      await this.#runOne(runId);
    }
  }

  async #runOne(runId: number): Promise<void> {
    const { database, logger } = this.#deps;
    const run = await this.get(runId);
    const options = RunOptionsSchema.parse(run.options);
    let model: ChosenModel;
    try {
      model = await this.#deps.chooseModel(options);
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
        onCheckpoint: () => writer.flush(),
      },
      { runId, options, datasetName: run.name, modelName: model.name, modelPath: model.path },
    );
    this.#current = execution;
    try {
      if (!(await this.#tryMove(runId, 'queued', 'running', null))) return;
      logger.info('run started', { runId, modes: options.modes, items: run.itemCount });
      const { status, error } = await execution.execute();
      await writer.flush();
      const now = await database.read('runStatus', { runId });
      if (now !== null) await this.#move(runId, now, await this.#allowedEnd(now, status), error);
      logger.info('run ended', { runId, status });
    } finally {
      this.#current = null;
      this.#monitor.runChanged(runId);
    }
  }

  /** A run asked to stop while its last file ended is finished all the same; a pause that came too late likewise. */
  async #allowedEnd(from: RunStatus, end: RunStatus): Promise<RunStatus> {
    if (RUN_TRANSITIONS[from].includes(end)) return end;
    return from === 'stopping' ? 'stopped' : 'interrupted';
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

  #executionOf(runId: number): RunExecution | null {
    return this.#current?.runId === runId ? this.#current : null;
  }

  async #move(runId: number, from: RunStatus, to: RunStatus, error?: WireError | null): Promise<void> {
    if (!(await this.#tryMove(runId, from, to, error))) {
      const now = await this.#deps.database.read('runStatus', { runId });
      throw conflict(runId, now ?? from, to);
    }
  }

  async #tryMove(runId: number, from: RunStatus, to: RunStatus, error?: WireError | null): Promise<boolean> {
    transition(RUN_TRANSITIONS, `run ${runId}`, from, to);
    const nowMs = this.#deps.clock.nowMs();
    const didMove = await this.#deps.database.write('moveRun', { runId, from, to, nowMs, ...(error === undefined ? {} : { error }) });
    if (didMove) this.#monitor.runChanged(runId);
    return didMove;
  }

  #isSampleSource(run: RunSummary): boolean {
    return run.sources.every((source) => source.startsWith(this.#deps.sampleFolder));
  }

  #requireOpen(): void {
    if (this.#isClosing) throw new NightshiftError('SHUTTING_DOWN');
  }
}

function modePlans(options: RunOptions, model: ChosenModel): ModePlan[] {
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
