import type { RunStep } from '#shared/contract/events.ts';
import type { ModeProgress, RunOptions } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode, PAUSE_BETWEEN_MODES_MS } from '#shared/domain/mode.ts';
import { profileUrl } from '#shared/domain/profileDefaults.ts';
import { kindOf } from '#shared/errors/errorCodes.ts';
import { NightshiftError, type WireError } from '#shared/errors/nightshiftError.ts';
import { profilesOf } from '../servers/runProfiles.ts';
import { ModeExecution, type ModeExecutionDeps, type ModeShare } from './modeExecution.ts';
import { scoreOpenTasks } from './scoreOpenTasks.ts';

export interface RunJob {
  readonly runId: number;
  readonly options: RunOptions;
  readonly datasetName: string;
  readonly modelName: string;
  readonly modelPath: string;
}

export interface ModeTurnDeps extends ModeExecutionDeps {
  onStep(runId: number, step: RunStep): void;
  onRunChange(runId: number): void;
  /** Rows of items changed together, without an `onChange` for each. */
  onManyChanged(runId: number): void;
  /** The results file must be up to date now. */
  onCheckpoint(runId: number): Promise<void>;
}

/** What its run does with a mode while it has its turn. */
export interface TurnOfRun {
  share(mode: Mode): ModeShare;
  onBegin(mode: Mode, execution: ModeExecution): void;
  onEnd(mode: Mode): void;
  /** The mode that comes after this one; undefined when none does. */
  next(): Mode | undefined;
}

/**
 * What became of the turn: `open` has tasks that may be started, because somebody asked to stop; `left` has only such as the user holds back or
 * as lie behind the marker.
 */
export type TurnEnd = 'nothingToDo' | 'open' | 'left' | 'worked';

/** One mode of a run from its banner to its end: what is told about it, and what becomes of its files when it cannot run at all. */
export class ModeTurn {
  readonly #deps: ModeTurnDeps;
  readonly #job: RunJob;
  readonly #run: TurnOfRun;

  constructor(deps: ModeTurnDeps, job: RunJob, run: TurnOfRun) {
    this.#deps = deps;
    this.#job = job;
    this.#run = run;
  }

  async take(mode: Mode): Promise<TurnEnd> {
    const { runId } = this.#job;
    const before = await this.#progress(mode);
    const hasWork = before.queued > 0;
    if (!hasWork && (before.status === 'done' || before.status === 'failed')) return 'nothingToDo';
    if (hasWork && !(await this.#isStartable(mode))) return 'left';
    this.#tellStart(mode, before);
    const failure = hasWork ? await this.#work(mode) : null;
    if (failure !== null) await this.#giveUp(mode, failure);
    const isOpen = failure === null && (await this.#isStartable(mode));
    const isLeft = failure === null && (isOpen || (await this.#progress(mode)).queued > 0);
    await this.#move(mode, failure !== null ? 'failed' : isLeft ? 'waiting' : 'done', failure);
    await this.#deps.onCheckpoint(runId);
    if (isLeft) return isOpen ? 'open' : 'left';
    const progress = await this.#progress(mode);
    const next = this.#run.next();
    this.#deps.onStep(runId, {
      step: 'modeFinished',
      mode,
      progress,
      next: next === undefined ? null : { mode: next, port: this.#portOf(next), waitMs: hasWork ? PAUSE_BETWEEN_MODES_MS : 0 },
    });
    this.#deps.logger.info('mode finished', { runId, mode, done: progress.done, failed: progress.failed });
    return hasWork ? 'worked' : 'nothingToDo';
  }

  #tellStart(mode: Mode, before: ModeProgress): void {
    const { runId, options, datasetName } = this.#job;
    const modes = inModeOrder(options.modes);
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
  }

  /** @returns why the mode had to be given up; null when it was not */
  async #work(mode: Mode): Promise<WireError | null> {
    const { runId, options, modelName, modelPath } = this.#job;
    await this.#move(mode, 'running');
    this.#deps.servers.forgive(profilesOf(options, mode));
    const execution = new ModeExecution(this.#deps, { runId, mode, options, modelName, modelPath }, this.#run.share(mode));
    this.#run.onBegin(mode, execution);
    try {
      return await execution.execute();
    } finally {
      this.#run.onEnd(mode);
    }
  }

  /** A mode whose server cannot be had: its files fail with the reason, the other modes go on (S0.24). */
  async #giveUp(mode: Mode, failure: WireError): Promise<void> {
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

  async #isStartable(mode: Mode): Promise<boolean> {
    const { runId } = this.#job;
    return (await this.#deps.database.read('nextReadyMs', { runId, mode })) !== null;
  }

  async #move(mode: Mode, status: ModeProgress['status'], error: WireError | null = null): Promise<void> {
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
