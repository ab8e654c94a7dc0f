import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { inModeOrder, type Mode, PAUSE_BETWEEN_MODES_MS } from '#shared/domain/mode.ts';
import type { PauseCause, RunStatus } from '#shared/domain/run.ts';
import { type NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { Admission, type MemoryPeaks } from './admission.ts';
import type { ModeExecution } from './modeExecution.ts';
import { ModeTurn, type ModeTurnDeps, type RunJob } from './modeTurn.ts';
import { NextServer } from './nextServer.ts';
import { scoreOpenTasks } from './scoreOpenTasks.ts';

export interface RunExecutionDeps extends ModeTurnDeps {
  /** What tasks were seen to need. */
  readonly peaks: MemoryPeaks;
  /** Cores that the machine's CPU use is a share of. */
  readonly cpuCount: number;
  /** Settles when no files are being added to the run any more; null when none are. */
  whenAdded(runId: number): Promise<void> | null;
}

/** How a run left the scheduler and why, when not everything could be done. `queued`: it made way for another run. */
export interface RunEnd {
  readonly status: Extract<RunStatus, 'finished' | 'paused' | 'stopped' | 'interrupted' | 'queued'>;
  /** Whose pause it is; null with any other status. */
  readonly pausedBy: PauseCause | null;
  readonly error: WireError | null;
}

/** What was asked of the run, in the order of force. yield: make way for a run that is to start at once. */
const LEVELS = ['run', 'yield', 'pause', 'pauseNow', 'drain', 'abort'] as const;
type Level = (typeof LEVELS)[number];

/**
 * One run from its first mode to its last, three seconds apart, or several at once where the user allows it; remembers nothing that is not in the
 * rows.
 */
export class RunExecution {
  readonly #deps: RunExecutionDeps;
  readonly #job: RunJob;
  readonly #stopped = new AbortController();
  #level: Level = 'run';
  #pausedBy: PauseCause = 'user';
  /** Whether what is not done stays queued. A cancel is not taken back by a later quit. */
  #keepsRest = true;
  readonly #admission: Admission;
  readonly #next: NextServer;
  readonly #turn: ModeTurn;
  /** At work, in the order of their start. */
  readonly #working = new Map<Mode, ModeExecution>();
  /** Modes that have their turn, at work or not yet. */
  readonly #taken = new Set<Mode>();
  /** Modes that nobody has taken, in their order. */
  readonly #waiting: Mode[];
  /** Paused alone. */
  readonly #held = new Set<Mode>();
  /** Resolved when something was asked, or there may be more to do. */
  #changed = Promise.withResolvers<void>();
  #isOver = false;

  constructor(deps: RunExecutionDeps, job: RunJob) {
    this.#deps = deps;
    this.#job = job;
    this.#admission = new Admission(job.options, deps.peaks, 100 / deps.cpuCount);
    this.#next = new NextServer(deps, job, this.#admission);
    this.#waiting = inModeOrder(job.options.modes);
    this.#turn = new ModeTurn(deps, job, {
      share: (mode) => ({ admission: this.#admission, onRoom: () => this.look(), onLastTasks: () => this.#warmNext(mode) }),
      onBegin: (mode, execution) => {
        this.#working.set(mode, execution);
        // What was asked while there was no mode to ask.
        this.#passOn(mode, execution);
      },
      onEnd: (mode) => this.#working.delete(mode),
      next: () => (this.#level === 'run' ? this.#nextWaiting() : undefined),
    });
  }

  get runId(): number {
    return this.#job.runId;
  }

  get live(): Pick<RunSummary, 'activeWorkers' | 'allowedWorkers' | 'workersReason' | 'workersFacts'> {
    const activeWorkers = [...this.#working.values()].reduce((sum, mode) => sum + mode.activeWorkers, 0);
    const { allowed, reason, facts } = this.#admission;
    return { activeWorkers, allowedWorkers: allowed, workersReason: reason, workersFacts: facts };
  }

  /** Audio of files under way whose text is final, seconds. */
  get activeAudioSec(): ReadonlyMap<Mode, number> {
    return new Map([...this.#working].map(([mode, execution]) => [mode, execution.activeAudioSec]));
  }

  takeSample(sample: Sample): void {
    this.#next.takeSample(sample);
    this.#admission.takeSample(sample);
    this.look();
  }

  /** Something changed that may let a file start. */
  look(): void {
    for (const mode of this.#working.values()) mode.look();
  }

  /** Nothing starts any more from this call on. @param how.now current files go back to the queue, too */
  pause(how: { readonly now: boolean; readonly cause: PauseCause }): void {
    if (!isPause(this.#level) || isOwn(this.#pausedBy)) this.#pausedBy = how.cause;
    this.#ask(how.now ? 'pauseNow' : 'pause');
  }

  /** Takes back a pause whose last files are under way. @returns false when it is too late: the run will be paused or has ended. */
  unpause(): boolean {
    if (!isPause(this.#level) || this.#isOver) return false;
    this.#level = 'run';
    this.#pausedBy = 'user';
    // A mode that is ending already is left open and taken up again.
    for (const [mode, execution] of this.#working) if (!this.#held.has(mode)) execution.setIntent('run');
    this.#tellChange();
    return true;
  }

  /** Current files finish, then the run goes back to the queue. */
  makeWay(): void {
    this.#ask('yield');
  }

  /** Pauses one mode, the others go on. @param now its current files go back to the queue, too */
  holdMode(mode: Mode, now: boolean): void {
    this.#held.add(mode);
    this.#working.get(mode)?.setIntent(now ? 'abort' : 'drain', true);
    this.#tellChange();
  }

  /** @returns false when it comes too late: how the run ends is decided. */
  releaseMode(mode: Mode): boolean {
    if (this.#isOver) return false;
    this.#held.delete(mode);
    if (this.#level === 'run') this.#working.get(mode)?.setIntent('run');
    this.#tellChange();
    void this.tasksReordered();
    return true;
  }

  /**
   * Tasks were added, held, released or put into another order: what is claimed ahead is claimed anew, and modes that had ended are taken up
   * again. Resolves when nothing claimed before is waiting to be started. Never rejects.
   */
  async tasksReordered(): Promise<void> {
    await Promise.all([...this.#working.values()].map((mode) => mode.reclaim()));
    try {
      await this.#takeUpModes();
      this.#tellChange();
    } catch (error) {
      // Nothing is lost: before the run ends it looks again.
      this.#deps.logger.warn('could not look for more to do', { runId: this.runId, error: String(error) });
    }
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
      for (const mode of await this.#deps.database.read('heldModes', { runId })) this.#held.add(mode);
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
      return error === null ? await this.#end(this.#level, this.#keepsRest) : { status: 'interrupted', pausedBy: null, error };
    } catch (thrown) {
      return { status: 'interrupted', pausedBy: null, error: toWireError(thrown) };
    }
  }

  /** Every mode once, and again while it is left open or gets more to do. The first error ends what is under way, and is thrown. */
  async #executeModes(): Promise<void> {
    const lanes = new Set<Promise<void>>();
    const failures: NightshiftError[] = [];
    for (;;) {
      const changed = this.#changed.promise;
      while (this.#level === 'run' && failures.length === 0 && lanes.size < this.#job.options.modesAtOnce) {
        const mode = this.#nextWaiting();
        if (mode === undefined) break;
        this.#waiting.splice(this.#waiting.indexOf(mode), 1);
        this.#taken.add(mode);
        const lane = this.#lane(mode)
          .catch((error: unknown) => {
            failures.push(toNightshiftError(error));
            for (const other of this.#working.values()) other.setIntent('drain');
          })
          .finally(() => {
            lanes.delete(lane);
            this.#taken.delete(mode);
          });
        lanes.add(lane);
      }
      if (lanes.size > 0) await Promise.race([...lanes, changed]);
      else if (this.#level !== 'run' || failures.length > 0) break;
      else if (!(await this.#findMore(changed))) break;
    }
    const [first] = failures;
    if (first !== undefined) throw first;
  }

  /** Before a run ends: files that are being added are waited for. @returns false when there is nothing more. */
  async #findMore(changed: Promise<void>): Promise<boolean> {
    const added = this.#deps.whenAdded(this.runId);
    if (added !== null) {
      await Promise.race([added, changed]);
      return true;
    }
    return (await this.#takeUpModes()) || this.#level !== 'run';
  }

  /** Modes that have tasks to be started wait for their turn. @returns whether one may have it */
  async #takeUpModes(): Promise<boolean> {
    const modes = await this.#deps.database.read('startableModes', { runId: this.runId });
    for (const mode of modes) if (!this.#taken.has(mode) && !this.#waiting.includes(mode)) this.#waiting.push(mode);
    this.#waiting.splice(0, this.#waiting.length, ...inModeOrder(this.#waiting));
    return this.#nextWaiting() !== undefined;
  }

  #nextWaiting(): Mode | undefined {
    return this.#waiting.find((mode) => !this.#held.has(mode));
  }

  /** One mode, and the time until the next one may begin in its place. */
  async #lane(mode: Mode): Promise<void> {
    const end = await this.#turn.take(mode);
    if (end === 'open') {
      this.#waiting.push(mode);
      this.#waiting.splice(0, this.#waiting.length, ...inModeOrder(this.#waiting));
    } else if (end === 'worked' && this.#nextWaiting() !== undefined && this.#level === 'run') await this.#waitBetweenModes();
  }

  #ask(level: Level): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#level)) return;
    this.#level = level;
    // A pause can be taken back; only a stop ends the wait between modes for good.
    if (level === 'drain' || level === 'abort') this.#stopped.abort();
    this.#next.drop();
    for (const [mode, execution] of this.#working) this.#passOn(mode, execution);
    this.#tellChange();
  }

  #passOn(mode: Mode, execution: ModeExecution): void {
    const isAbort = this.#level === 'abort' || this.#level === 'pauseNow';
    if (isAbort) execution.setIntent('abort', this.#keepsRest);
    else if (this.#level !== 'run' || this.#held.has(mode)) execution.setIntent('drain', this.#keepsRest);
  }

  #tellChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #end(level: Level, keepsRest: boolean): Promise<RunEnd> {
    const { database, clock } = this.#deps;
    const { runId } = this.#job;
    const as = (status: RunEnd['status'], pausedBy: PauseCause | null = null): RunEnd => ({ status, pausedBy, error: null });
    if (!keepsRest) {
      await database.write('endQueuedTasks', { runId, mode: null, status: 'cancelled', error: null, nowMs: clock.nowMs() });
      this.#deps.onManyChanged(runId);
      return as('stopped');
    }
    const { open, startable, held, behindMarker } = await database.read('openWork', { runId });
    if (open === 0) return as('finished');
    if (isPause(level)) return as('paused', this.#pausedBy);
    if (level === 'yield') return as('queued');
    // What may be started again since the last look goes on as soon as the queue comes back to it.
    if (level === 'run' && startable > 0) return as('queued');
    if (level === 'run' && behindMarker > 0) return as('paused', 'marker');
    if (level === 'run' && held > 0) return as('paused', 'user');
    return as('interrupted');
  }

  #warmNext(ending: Mode): void {
    const next = this.#nextWaiting();
    if (next !== undefined && this.#level === 'run') this.#next.warm(next, ending);
  }

  async #waitBetweenModes(): Promise<void> {
    try {
      await this.#deps.clock.sleep(PAUSE_BETWEEN_MODES_MS, this.#stopped.signal);
    } catch {
      // A stop ends the wait; the loop looks at what was asked next.
    }
  }
}

function isPause(level: Level): boolean {
  return level === 'pause' || level === 'pauseNow';
}

/** Pauses that Nightshift takes back itself give way to any other. */
function isOwn(cause: PauseCause): boolean {
  return cause === 'lowDisk' || cause === 'heat';
}
