import type { RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode, PAUSE_BETWEEN_MODES_MS } from '#shared/domain/mode.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import { NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { kindOf } from '#shared/errors/errorCodes.ts';
import { type Intent, ModeExecution, type ModeExecutionDeps } from './modeExecution.ts';
import { scoreOpenTasks } from './scoreOpenTasks.ts';

export interface RunJob {
  readonly runId: number;
  readonly options: RunOptions;
  readonly datasetName: string;
  readonly modelName: string;
  readonly modelPath: string;
}

export interface RunExecutionDeps extends ModeExecutionDeps {
  onStep(runId: number, step: RunStep): void;
  onRunChange(runId: number): void;
  /** The results file must be up to date now. */
  onCheckpoint(runId: number): Promise<void>;
}

/** How a run left the scheduler and why, when not everything could be done. */
export interface RunEnd {
  readonly status: Extract<RunStatus, 'finished' | 'paused' | 'stopped' | 'interrupted'>;
  readonly error: WireError | null;
}

/** What the user asked of the whole run, in the order of their force. */
type Request = 'none' | 'pause' | 'drainKeep' | 'drainCancel' | 'abortKeep' | 'abortCancel';
const FORCE: Readonly<Record<Request, number>> = { none: 0, pause: 1, drainKeep: 2, drainCancel: 2, abortKeep: 3, abortCancel: 3 };

/** One run from its first mode to its last, three seconds apart; remembers nothing that is not in the rows. */
export class RunExecution {
  readonly #deps: RunExecutionDeps;
  readonly #job: RunJob;
  readonly #interrupted = new AbortController();
  #request: Request = 'none';
  #mode: ModeExecution | null = null;

  constructor(deps: RunExecutionDeps, job: RunJob) {
    this.#deps = deps;
    this.#job = job;
  }

  get runId(): number {
    return this.#job.runId;
  }

  get live(): Pick<RunSummary, 'activeWorkers' | 'allowedWorkers' | 'workersReason'> {
    return {
      activeWorkers: this.#mode?.activeWorkers ?? 0,
      allowedWorkers: this.#mode?.allowedWorkers ?? 0,
      workersReason: this.#mode?.workersReason ?? null,
    };
  }

  takeSample(sample: Sample): void {
    this.#mode?.takeSample(sample);
  }

  pause(): void {
    this.#ask('pause');
  }

  /** Takes back a pause that is still draining. @returns false when it is too late. */
  unpause(): boolean {
    if (this.#request !== 'pause' || this.#interrupted.signal.aborted) return false;
    this.#request = 'none';
    this.#mode?.setIntent('run');
    return true;
  }

  stop({ now, keep }: { now: boolean; keep: boolean }): void {
    if (now) this.#ask(keep ? 'abortKeep' : 'abortCancel');
    else this.#ask(keep ? 'drainKeep' : 'drainCancel');
  }

  /** Runs to an end and leaves every row consistent with it. Never rejects. */
  async execute(): Promise<RunEnd> {
    const { runId, options } = this.#job;
    let error: WireError | null = null;
    try {
      await scoreOpenTasks(this.#deps, runId, options);
      const modes = inModeOrder(options.modes);
      for (const [index, mode] of modes.entries()) {
        if (this.#request !== 'none') break;
        const didWork = await this.#executeMode(mode, index + 1, modes);
        const next = modes[index + 1];
        if (didWork && next !== undefined && this.#request === 'none') await this.#waitBetweenModes();
      }
      if (this.#request === 'drainCancel' || this.#request === 'abortCancel') {
        await this.#deps.database.write('endQueuedTasks', {
          runId,
          mode: null,
          status: 'cancelled',
          error: null,
          nowMs: this.#deps.clock.nowMs(),
        });
      }
    } catch (thrown) {
      const failure = toNightshiftError(thrown);
      this.#deps.logger.error('run ended early', {
        runId,
        code: failure.code,
        error: String(failure.cause ?? failure),
        stack: failure.stack,
      });
      error = toWireError(failure);
    }
    return { status: await this.#endStatus(error), error };
  }

  #ask(request: Request): void {
    if (FORCE[request] < FORCE[this.#request]) return;
    this.#request = request;
    const intent: Intent = FORCE[request] === 3 ? 'abort' : 'drain';
    // A pause can be taken back while files finish; only a stop ends the wait between modes for good.
    if (request !== 'pause') this.#interrupted.abort();
    this.#mode?.setIntent(intent, request === 'abortKeep');
  }

  async #endStatus(error: WireError | null): Promise<RunEnd['status']> {
    if (error !== null) return 'interrupted';
    const left = await Promise.all(
      this.#job.options.modes.map((mode) => this.#deps.database.read('nextReadyMs', { runId: this.#job.runId, mode })),
    );
    const isAllDone = left.every((readyMs) => readyMs === null);
    switch (this.#request) {
      case 'none':
        return 'finished';
      case 'pause':
        return isAllDone ? 'finished' : 'paused';
      case 'drainKeep':
      case 'abortKeep':
        return isAllDone ? 'finished' : 'interrupted';
      case 'drainCancel':
      case 'abortCancel':
        return 'stopped';
    }
  }

  /** @returns whether there was something to do in this mode. */
  async #executeMode(mode: Mode, position: number, modes: readonly Mode[]): Promise<boolean> {
    const { database, clock } = this.#deps;
    const { runId, options, datasetName } = this.#job;
    const before = await this.#progress(mode);
    const wasEnded = before.status === 'done' || before.status === 'failed';
    if (wasEnded && before.queued === 0) return false;
    this.#deps.onStep(runId, {
      step: 'modeStarted',
      mode,
      position,
      of: modes.length,
      url: `ws://localhost:${options.ports[mode]}`,
      found: before.total,
      alreadyDone: before.skipped + before.done,
      remaining: before.queued,
      datasetName,
    });
    const hasWork = before.queued > 0;
    await this.#moveMode(mode, hasWork ? 'starting' : 'running');
    let failure: WireError | null = null;
    if (hasWork) {
      this.#deps.servers.forgive(mode);
      const execution = new ModeExecution(this.#deps, {
        runId,
        mode,
        options,
        modelName: this.#job.modelName,
        modelPath: this.#job.modelPath,
      });
      this.#mode = execution;
      await this.#moveMode(mode, 'running');
      failure = await execution.execute();
      this.#mode = null;
    }
    if (failure !== null) await this.#giveUpMode(mode, failure);
    const isOpen = failure === null && (await database.read('nextReadyMs', { runId, mode })) !== null;
    await this.#moveMode(mode, failure !== null ? 'failed' : isOpen ? 'waiting' : 'done', failure);
    await this.#deps.onCheckpoint(runId);
    if (isOpen) return true;
    const progress = await this.#progress(mode);
    const next = this.#request === 'none' ? modes[position] : undefined;
    this.#deps.onStep(runId, {
      step: 'modeFinished',
      mode,
      progress,
      next: next === undefined ? null : { mode: next, port: options.ports[next], waitMs: hasWork ? PAUSE_BETWEEN_MODES_MS : 0 },
    });
    this.#deps.logger.info('mode finished', { runId, mode, done: progress.done, failed: progress.failed, atMs: clock.nowMs() });
    return hasWork;
  }

  /** A mode whose server cannot be had: its files fail with the reason, the other modes go on (S0.24). */
  async #giveUpMode(mode: Mode, failure: WireError): Promise<void> {
    const { database, clock, logger } = this.#deps;
    const { runId, options } = this.#job;
    logger.warn('mode given up', { runId, mode, code: failure.code });
    const kind = kindOf(failure.code);
    // When rows cannot be written, or we are at fault, nothing may be decided about the files: the run is interrupted.
    if (kind === 'storage' || kind === 'bug') throw new NightshiftError(failure.code, failure.data);
    await database.write('endQueuedTasks', { runId, mode, status: 'failed', error: failure, nowMs: clock.nowMs() });
    await scoreOpenTasks(this.#deps, runId, options);
  }

  async #waitBetweenModes(): Promise<void> {
    try {
      await this.#deps.clock.sleep(PAUSE_BETWEEN_MODES_MS, this.#interrupted.signal);
    } catch {
      // A stop ends the wait; the loop looks at the request next.
    }
  }

  async #moveMode(mode: Mode, status: RunSummary['modes'][number]['status'], error: WireError | null = null): Promise<void> {
    const { database, clock } = this.#deps;
    await database.write('moveMode', { runId: this.#job.runId, mode, status, nowMs: clock.nowMs(), error });
    this.#deps.onRunChange(this.#job.runId);
  }

  async #progress(mode: Mode): Promise<RunSummary['modes'][number]> {
    const { database, clock } = this.#deps;
    const run = await database.read('storedRun', { runId: this.#job.runId, nowMs: clock.nowMs() });
    const progress = run?.modes.find((entry) => entry.mode === mode);
    if (progress === undefined) throw new NightshiftError('INVARIANT_BROKEN', { detail: `run ${this.#job.runId} has no mode ${mode}` });
    return progress;
  }
}
