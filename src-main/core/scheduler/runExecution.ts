import type { RunStep } from '#shared/contract/events.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { ModeProgress, RunOptions, RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode, PAUSE_BETWEEN_MODES_MS } from '#shared/domain/mode.ts';
import type { RunStatus } from '#shared/domain/run.ts';
import { profileUrl } from '#shared/domain/profileDefaults.ts';
import { kindOf } from '#shared/errors/errorCodes.ts';
import { NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { profilesOf } from '../servers/runProfiles.ts';
import { Admission } from './admission.ts';
import { ModeExecution, type ModeExecutionDeps } from './modeExecution.ts';
import { NextServer } from './nextServer.ts';
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
  /** Rows of items changed together, without an `onChange` for each. */
  onManyChanged(runId: number): void;
  /** The results file must be up to date now. */
  onCheckpoint(runId: number): Promise<void>;
}

/** How a run left the scheduler and why, when not everything could be done. */
export interface RunEnd {
  readonly status: Extract<RunStatus, 'finished' | 'paused' | 'stopped' | 'interrupted'>;
  readonly error: WireError | null;
}

/** What was asked of the run, in the order of force. */
const LEVELS = ['run', 'pause', 'drain', 'abort'] as const;
type Level = (typeof LEVELS)[number];

/** What became of one mode: `open` has tasks left, because somebody asked to stop. */
type ModeEnd = 'nothingToDo' | 'open' | 'worked';

/**
 * One run from its first mode to its last, three seconds apart, or several at once where the user allows it; remembers nothing that is not in the
 * rows.
 */
export class RunExecution {
  readonly #deps: RunExecutionDeps;
  readonly #job: RunJob;
  readonly #stopped = new AbortController();
  #level: Level = 'run';
  /** Whether what is not done stays queued. A cancel is not taken back by a later quit. */
  #keepsRest = true;
  readonly #admission: Admission;
  readonly #next: NextServer;
  /** At work, in the order of their start. */
  readonly #working = new Set<ModeExecution>();
  /** Modes that nobody has taken, in their order. */
  readonly #waiting: Mode[];
  /** Resolved when a pause is taken back. */
  #unpaused = Promise.withResolvers<void>();
  #isOver = false;

  constructor(deps: RunExecutionDeps, job: RunJob) {
    this.#deps = deps;
    this.#job = job;
    this.#admission = new Admission(job.options);
    this.#next = new NextServer(deps, job, this.#admission);
    this.#waiting = inModeOrder(job.options.modes);
  }

  get runId(): number {
    return this.#job.runId;
  }

  get live(): Pick<RunSummary, 'activeWorkers' | 'allowedWorkers' | 'workersReason'> {
    const activeWorkers = [...this.#working].reduce((sum, mode) => sum + mode.activeWorkers, 0);
    return { activeWorkers, allowedWorkers: this.#admission.allowed, workersReason: this.#admission.reason };
  }

  takeSample(sample: Sample): void {
    this.#next.takeSample(sample);
    this.#admission.takeSample(sample);
    this.#look();
  }

  pause(): void {
    this.#ask('pause');
  }

  /** Takes back a pause that is still draining. @returns false when it is too late: the run will be paused or has ended. */
  unpause(): boolean {
    if (this.#level !== 'pause' || this.#isOver) return false;
    this.#level = 'run';
    // A mode that is ending already is left open and taken up again.
    for (const mode of this.#working) mode.setIntent('run');
    this.#unpaused.resolve();
    this.#unpaused = Promise.withResolvers();
    return true;
  }

  /** @returns false when it comes too late: how the run ends is decided. */
  stop({ now, keep }: { now: boolean; keep: boolean }): boolean {
    if (this.#isOver) return false;
    if (!keep) this.#keepsRest = false;
    this.#ask(now ? 'abort' : 'drain');
    return true;
  }

  /** Runs to an end and leaves every row consistent with it. Never rejects. */
  async execute(): Promise<RunEnd> {
    const { runId, options } = this.#job;
    let error: WireError | null = null;
    try {
      await scoreOpenTasks(this.#deps, runId, options);
      await this.#executeModes();
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
    // From here on nothing that is asked changes the end; what it is based on is read once.
    this.#isOver = true;
    this.#next.end();
    try {
      return { status: error === null ? await this.#endStatus(this.#level, this.#keepsRest) : 'interrupted', error };
    } catch (thrown) {
      return { status: 'interrupted', error: toWireError(thrown) };
    }
  }

  /** Every mode once, and again while it is left open by a pause that was taken back. The first error ends what is under way, and is thrown. */
  async #executeModes(): Promise<void> {
    const lanes = new Set<Promise<void>>();
    const failures: NightshiftError[] = [];
    for (;;) {
      while (this.#level === 'run' && failures.length === 0 && lanes.size < this.#job.options.modesAtOnce) {
        const mode = this.#waiting.shift();
        if (mode === undefined) break;
        const lane = this.#lane(mode)
          .catch((error: unknown) => {
            failures.push(toNightshiftError(error));
            for (const other of this.#working) other.setIntent('drain');
          })
          .finally(() => lanes.delete(lane));
        lanes.add(lane);
      }
      if (lanes.size === 0) break;
      await Promise.race([...lanes, this.#unpaused.promise]);
    }
    const [first] = failures;
    if (first !== undefined) throw first;
  }

  /** One mode, and the time until the next one may begin in its place. */
  async #lane(mode: Mode): Promise<void> {
    const end = await this.#executeMode(mode);
    if (end === 'open') {
      this.#waiting.push(mode);
      this.#waiting.splice(0, this.#waiting.length, ...inModeOrder(this.#waiting));
    } else if (end === 'worked' && this.#waiting.length > 0 && this.#level === 'run') await this.#waitBetweenModes();
  }

  #look(): void {
    for (const mode of this.#working) mode.look();
  }

  #ask(level: Level): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#level)) return;
    this.#level = level;
    // A pause can be taken back; only a stop ends the wait between modes for good.
    if (level !== 'pause') this.#stopped.abort();
    this.#next.drop();
    for (const mode of this.#working) this.#passOn(mode);
  }

  #passOn(mode: ModeExecution): void {
    if (this.#level === 'run') return;
    mode.setIntent(this.#level === 'abort' ? 'abort' : 'drain', this.#keepsRest);
  }

  async #endStatus(level: Level, keepsRest: boolean): Promise<RunEnd['status']> {
    const { database, clock } = this.#deps;
    const { runId } = this.#job;
    if (!keepsRest) {
      await database.write('endQueuedTasks', { runId, mode: null, status: 'cancelled', error: null, nowMs: clock.nowMs() });
      this.#deps.onManyChanged(runId);
      return 'stopped';
    }
    if ((await database.read('openTaskCount', { runId })) === 0) return 'finished';
    return level === 'pause' ? 'paused' : 'interrupted';
  }

  async #executeMode(mode: Mode): Promise<ModeEnd> {
    const { database } = this.#deps;
    const { runId, options, datasetName } = this.#job;
    const modes = inModeOrder(options.modes);
    const before = await this.#progress(mode);
    const hasWork = before.queued > 0;
    if (!hasWork && (before.status === 'done' || before.status === 'failed')) return 'nothingToDo';
    this.#deps.onStep(runId, {
      step: 'modeStarted',
      mode,
      position: modes.indexOf(mode) + 1,
      of: modes.length,
      url: profilesOf(options, mode).map(profileUrl).join(', '),
      found: before.total,
      alreadyDone: before.skipped + before.done,
      remaining: before.queued,
      datasetName,
    });
    const failure = hasWork ? await this.#work(mode) : null;
    if (failure !== null) await this.#giveUpMode(mode, failure);
    const isOpen = failure === null && (await database.read('nextReadyMs', { runId, mode })) !== null;
    await this.#moveMode(mode, failure !== null ? 'failed' : isOpen ? 'waiting' : 'done', failure);
    await this.#deps.onCheckpoint(runId);
    if (isOpen) return 'open';
    const progress = await this.#progress(mode);
    const next = this.#level === 'run' ? this.#waiting[0] : undefined;
    this.#deps.onStep(runId, {
      step: 'modeFinished',
      mode,
      progress,
      next: next === undefined ? null : { mode: next, port: this.#portOf(next), waitMs: hasWork ? PAUSE_BETWEEN_MODES_MS : 0 },
    });
    this.#deps.logger.info('mode finished', { runId, mode, done: progress.done, failed: progress.failed });
    return hasWork ? 'worked' : 'nothingToDo';
  }

  /** @returns why the mode had to be given up; null when it was not */
  async #work(mode: Mode): Promise<WireError | null> {
    const { runId, options, modelName, modelPath } = this.#job;
    await this.#moveMode(mode, 'running');
    this.#deps.servers.forgive(profilesOf(options, mode));
    const share = { admission: this.#admission, onRoom: () => this.#look(), onLastTasks: () => this.#warmNext(mode) };
    const execution = new ModeExecution(this.#deps, { runId, mode, options, modelName, modelPath }, share);
    this.#working.add(execution);
    // What was asked while there was no mode to ask.
    this.#passOn(execution);
    try {
      return await execution.execute();
    } finally {
      this.#working.delete(execution);
    }
  }

  #warmNext(ending: Mode): void {
    const [next] = this.#waiting;
    if (next !== undefined && this.#level === 'run') this.#next.warm(next, ending);
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
    this.#deps.onManyChanged(runId);
    await scoreOpenTasks(this.#deps, runId, options);
  }

  #portOf(mode: Mode): number {
    const { options } = this.#job;
    return profilesOf(options, mode)[0]?.port ?? options.ports[mode];
  }

  async #waitBetweenModes(): Promise<void> {
    try {
      await this.#deps.clock.sleep(PAUSE_BETWEEN_MODES_MS, this.#stopped.signal);
    } catch {
      // A stop ends the wait; the loop looks at what was asked next.
    }
  }

  async #moveMode(mode: Mode, status: ModeProgress['status'], error: WireError | null = null): Promise<void> {
    const { database, clock } = this.#deps;
    await database.write('moveMode', { runId: this.#job.runId, mode, status, nowMs: clock.nowMs(), error });
    this.#deps.onRunChange(this.#job.runId);
  }

  async #progress(mode: Mode): Promise<ModeProgress> {
    const { database, clock } = this.#deps;
    const run = await database.read('storedRun', { runId: this.#job.runId, nowMs: clock.nowMs() });
    const progress = run?.modes.find((entry) => entry.mode === mode);
    if (progress === undefined) throw new NightshiftError('INVARIANT_BROKEN', { detail: `run ${this.#job.runId} has no mode ${mode}` });
    return progress;
  }
}
