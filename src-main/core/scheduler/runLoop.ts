import type { RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import { type RunOptions, RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { ACTIVE_RUN_STATUSES, RUN_TRANSITIONS, type RunStatus } from '#shared/domain/run.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { NightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { RunModel } from '../persistence/operations/runs.ts';
import type { ClaimedTask, TaskOutcome } from '../persistence/operations/tasks.ts';
import type { PowerHold } from '../ports.ts';
import type { ResultsWriter } from '../results/resultsWriter.ts';
import { type RunEnd, RunExecution, type RunExecutionDeps } from './runExecution.ts';
import type { LiveFacts, RunMonitor, UnderWay } from './runMonitor.ts';
import type { RunRows } from './runRows.ts';

/** The model a run will use, as far as the queue has to know it. */
export interface ChosenModel extends RunModel {
  readonly vocabularyWords: number | null;
}

export interface RunLoopDeps extends Omit<
  RunExecutionDeps,
  'onStep' | 'onRunChange' | 'onManyChanged' | 'onCheckpoint' | 'onOutcome' | 'onChange'
> {
  readonly events: EventBus;
  readonly power: PowerHold;
  readonly rows: RunRows;
  readonly monitor: RunMonitor;
  /** @throws MODEL_MISSING, MODEL_INVALID */
  chooseModel(options: RunOptions): Promise<ChosenModel>;
  createResultsWriter(runId: number, path: string, onWritten: () => void): ResultsWriter;
  /** Why files that were to be added to the run are not, and wait for it to be resumed; null when nothing went wrong. */
  additionFailure(runId: number): WireError | null;
}

interface Current {
  readonly execution: RunExecution;
  /** Settles when the run has left the scheduler and its status says so. */
  readonly done: Promise<void>;
}

/** Carries out queued runs, one at a time, in the order of the queue; one that is to start at once makes the one under way go back to the queue. */
export class RunLoop {
  readonly #deps: RunLoopDeps;
  readonly #writers = new Map<number, ResultsWriter>();
  #current: Current | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isLooping = false;
  /** A run was queued while the loop was about to end. */
  #isWanted = false;
  #isClosing = false;

  constructor(deps: RunLoopDeps) {
    this.#deps = deps;
  }

  get current(): RunExecution | null {
    return this.#current?.execution ?? null;
  }

  /** null when another run or none is carried out. */
  executionOf(runId: number): RunExecution | null {
    return this.current?.runId === runId ? this.current : null;
  }

  /** Resolves when the run is no longer carried out, however long the one behind it takes. */
  async whenLeft(runId: number): Promise<void> {
    if (this.#current?.execution.runId === runId) await this.#current.done;
  }

  takeSample(sample: Sample): void {
    if (this.current === null) return;
    this.current.takeSample(sample);
    this.#deps.monitor.runChanged(this.current.runId);
  }

  live(runId: number): LiveFacts & UnderWay {
    const execution = this.executionOf(runId);
    const live = execution?.live ?? { activeWorkers: 0, allowedWorkers: 0, workersReason: null, workersFacts: null };
    const failure = this.#writers.get(runId)?.lastError ?? null;
    const activeAudioSec = execution?.activeAudioSec ?? new Map<Mode, number>();
    return { ...live, activeAudioSec, resultsError: failure === null ? null : toWireError(failure) };
  }

  /** Something waits in the queue, or its order changed. */
  wake(): void {
    this.#isWanted = true;
    void this.#makeWay();
    if (this.#isLooping) return;
    this.#isLooping = true;
    this.#loop = this.#runQueued();
  }

  /** Lets current files finish for at most `graceMs`, keeps the rest queued, and writes everything out. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.current?.stop({ now: false, keep: true });
    using _force = this.#deps.clock.setTimer(graceMs, () => this.current?.stop({ now: true, keep: true }));
    await this.#loop;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
  }

  writerOf(runId: number, path: string): ResultsWriter {
    const known = this.#writers.get(runId);
    if (known !== undefined) return known;
    const writer = this.#deps.createResultsWriter(runId, path, () => this.#deps.monitor.runChanged(runId));
    this.#writers.set(runId, writer);
    return writer;
  }

  async forget(runId: number): Promise<void> {
    await this.#writers.get(runId)?.close();
    this.#writers.delete(runId);
  }

  /** A run of priority 0 does not wait for another one's night. */
  async #makeWay(): Promise<void> {
    const { database, logger } = this.#deps;
    const execution = this.current;
    if (execution === null) return;
    const { runId } = execution;
    try {
      if (!(await database.read('isPreempted', { runId }))) return;
      logger.info('run makes way for one that is to start at once', { runId });
      execution.makeWay();
    } catch (error) {
      // It has its turn at the end of this run.
      logger.warn('could not look for a run that is to start at once', { runId, error: String(error) });
    }
  }

  /** Never rejects; a run that goes wrong does not keep the next one from starting. */
  async #runQueued(): Promise<void> {
    const { database, power, logger, rows } = this.#deps;
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
        await rows.status(runId).catch(() => undefined);
      }
    }
    this.#isLooping = false;
  }

  async #runOne(runId: number): Promise<void> {
    const { logger, database, clock, monitor, rows } = this.#deps;
    const run = await this.#summary(runId);
    // The time passed while nobody could look at it.
    if (run.pauseAtMs !== null && run.pauseAtMs <= clock.nowMs()) {
      await rows.move(runId, 'queued', 'paused', { pausedBy: 'plannedTime' });
      return;
    }
    const options = RunOptionsSchema.parse(run.options);
    let model: RunModel;
    try {
      model = await this.#frozenModel(runId, options);
    } catch (thrown) {
      await rows.move(runId, 'queued', 'interrupted', { error: toWireError(thrown) });
      return;
    }
    const writer = this.writerOf(runId, run.resultsPath);
    const execution = new RunExecution(
      {
        ...this.#deps,
        onOutcome: (task, outcome) => this.#tell(runId, task, outcome, writer),
        onChange: (itemId) => monitor.itemChanged(runId, itemId),
        onStep: (id, step) => this.#emitStep(id, step),
        onRunChange: (id) => monitor.runChanged(id),
        onManyChanged: (id) => monitor.manyItemsChanged(id),
        onCheckpoint: () => writer.flush(),
      },
      { runId, options, datasetName: run.name, modelName: model.name, modelPath: model.path },
    );
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#current = { execution, done };
    try {
      if (this.#isClosing || !(await database.write('enterRun', { runId, nowMs: clock.nowMs() }))) return;
      // Closing may have begun while the row was written, and so may a run that is to start at once.
      if (this.#isClosing) execution.stop({ now: false, keep: true });
      else await this.#makeWay();
      monitor.runChanged(runId);
      logger.info('run started', { runId, modes: options.modes, items: run.itemCount });
      const end = await execution.execute();
      await writer.flush();
      const status = await this.#recordEnd(runId, end);
      logger.info('run ended', { runId, status });
    } finally {
      this.#current = null;
      resolve();
      monitor.runChanged(runId);
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
  async #recordEnd(runId: number, end: RunEnd): Promise<RunStatus | null> {
    let { status, error } = end;
    for (let last: RunStatus | null = null; ;) {
      const from = await this.#deps.database.read('runStatus', { runId });
      if (from === null || !ACTIVE_RUN_STATUSES.includes(from)) return from;
      // Refused: files are being added to it since the last look, or could not be.
      if (status === 'finished' && last === from) {
        error = this.#deps.additionFailure(runId);
        status = error === null ? 'queued' : 'interrupted';
      }
      last = from;
      // Asked to pause when it had already made way: it is paused in its place.
      const wanted = from === 'pausing' && status === 'queued' ? 'paused' : status;
      const to = RUN_TRANSITIONS[from].includes(wanted) ? wanted : 'interrupted';
      // A pause that is in the row already has its cause.
      const pausedBy = from === 'running' ? end.pausedBy : null;
      if (await this.#deps.rows.move(runId, from, to, { error, pausedBy })) return to;
    }
  }

  #tell(runId: number, task: ClaimedTask, outcome: TaskOutcome, writer: ResultsWriter): void {
    const { mode, itemId, fileId } = task;
    writer.touch();
    this.#deps.monitor.itemChanged(runId, itemId);
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
        const attempt = task.failedAttempts + 1;
        this.#emitStep(runId, { step: 'taskRetrying', mode, itemId, fileId, attempt, delayMs, error: outcome.error });
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

  async #summary(runId: number): Promise<RunSummary> {
    const summary = await this.#deps.monitor.summary(runId);
    if (summary === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
    return summary;
  }
}
