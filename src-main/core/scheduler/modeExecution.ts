import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import { type NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask, TaskOutcome } from '../persistence/operations/tasks.ts';
import type { Clock, Logger, Random } from '../ports.ts';
import type { AsrSession } from '../servers/adapters/asrAdapter.ts';
import { nextAdmission } from './admission.ts';
import { outcomeOfFailure } from './retryPolicy.ts';
import { profilesOf, usesRunningServer } from '../servers/runProfiles.ts';
import type { ServerPlace } from '../servers/serverNeed.ts';
import type { SpeechServers } from './speechServers.ts';
import { scoreTask, type TranscribeDeps, transcribeTask } from './transcribeTask.ts';

export interface ModeExecutionDeps extends TranscribeDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly servers: SpeechServers;
  readonly bootId: string;
  /** Called after the commit. */
  onOutcome(task: ClaimedTask, outcome: TaskOutcome): void;
  onChange(itemId: number): void;
}

export interface ModeJob {
  readonly runId: number;
  readonly mode: Mode;
  readonly options: RunOptions;
  readonly modelName: string;
  readonly modelPath: string;
}

/**
 * run: take and finish tasks · drain: finish what was started, take nothing new (pause, first Ctrl-C) · abort: end what was started,
 * too (stop now).
 */
export type Intent = 'run' | 'drain' | 'abort';

/** Tasks claimed ahead for each one running: the next is at hand when one ends, and a pause gives few back. */
const CLAIM_AHEAD = 2;
const MAX_CLAIM = 64;
/** Time within which the exit of a process is noticed after its connections broke. */
const EXIT_NOTICE_MS = 200;
/** Looking for tasks that became ready is cheap, but a timer far ahead must notice a changed wall clock. */
const MAX_WAIT_MS = 60_000;
/** A server that somebody else runs is given this often, this long, to come back. */
const ADOPT_TRIES = 5;
const ADOPT_PAUSE_MS = 2_000;

/**
 * One mode of one run: claims tasks, keeps as many running as the server, the user and the limits allow, and records each
 * outcome. Rows are the truth; this object only knows what is under way.
 */
export class ModeExecution {
  readonly #deps: ModeExecutionDeps;
  readonly #job: ModeJob;
  /** Ends what runs. */
  readonly #abort = new AbortController();
  /** Ends waiting for a server; a drain needs none. */
  readonly #noServer = new AbortController();
  readonly #profiles: readonly ServerProfile[];
  readonly #running = new Map<number, ClaimedTask>();
  readonly #commits = new Set<Promise<void>>();
  readonly #finished = Promise.withResolvers<WireError | null>();
  #buffer: ClaimedTask[] = [];
  #intent: Intent = 'run';
  #keepsAborted = true;
  #capacity = 1;
  #allowed = 1;
  #reason: RunSummary['workersReason'] = null;
  #isReady = false;
  #isClaiming = false;
  #isExhausted = false;
  #wake: Disposable | null = null;
  #brokenBy: NightshiftError | null = null;
  #isRecovering = false;
  #isEnding = false;

  constructor(deps: ModeExecutionDeps, job: ModeJob) {
    this.#deps = deps;
    this.#job = job;
    this.#profiles = profilesOf(job.options, job.mode);
  }

  get activeWorkers(): number {
    return this.#running.size;
  }

  get allowedWorkers(): number {
    return this.#isReady ? this.#allowed : 0;
  }

  get workersReason(): RunSummary['workersReason'] {
    return this.#reason;
  }

  /**
   * Resolves when nothing of the mode is under way and everything is committed: every task has an outcome, or the intent is no longer
   * to run. Value: why the mode had to be given up, null when it was not.
   */
  async execute(): Promise<WireError | null> {
    try {
      await this.#ensureServer();
    } catch (error) {
      const failure = toNightshiftError(error);
      if (this.#intent === 'run' || failure.kind !== 'cancelled') this.#brokenBy = failure;
    }
    this.#isReady = true;
    this.#pump();
    return await this.#finished.promise;
  }

  /**
   * A later intent is never weaker than an earlier one, except that `run` takes back a `drain`.
   * @param keep with `abort`: what was running goes back to the queue instead of being cancelled
   * @returns false when it comes too late: the mode is ending.
   */
  setIntent(intent: Intent, keep = true): boolean {
    if (this.#isEnding || this.#intent === 'abort') return false;
    // A wait for a server that a drain has ended cannot be taken up again.
    if (intent === 'run' && this.#noServer.signal.aborted) return false;
    this.#intent = intent;
    if (intent !== 'run' && (!this.#isReady || this.#isRecovering)) this.#noServer.abort();
    if (intent === 'abort') {
      this.#keepsAborted = keep;
      this.#noServer.abort();
      this.#abort.abort();
    }
    this.#pump();
    return true;
  }

  takeSample(sample: Sample): void {
    if (!this.#isReady) return;
    // A server that was still loading may have joined, or one may have gone.
    this.#capacity = this.#capacityNow();
    const { allowed, reason } = nextAdmission(this.#allowed, this.#capacity, sample, this.#job.options);
    this.#allowed = allowed;
    this.#reason = allowed < this.#capacity ? (reason ?? this.#reason) : null;
    this.#pump();
  }

  async #ensureServer(): Promise<void> {
    const { options, mode, modelPath } = this.#job;
    const { windowSec } = options;
    const ownership = usesRunningServer(options, mode) ? 'running' : 'own';
    await this.#deps.servers.ensureReady({ mode, profiles: this.#profiles, ownership, modelPath, windowSec }, this.#noServer.signal);
    this.#capacity = this.#capacityNow();
    this.#allowed = this.#capacity;
  }

  #capacityNow(): number {
    const { workers } = this.#job.options;
    // Counted for each server, as what a server says is.
    const most = workers === null ? Number.POSITIVE_INFINITY : workers * this.#profiles.length;
    return Math.max(1, Math.min(this.#deps.servers.capacity(this.#profiles), most));
  }

  // NOTE: synchronous, so that what is decided here cannot be overtaken.
  #pump(): void {
    if (this.#isEnding || !this.#isReady) return;
    const mayStart = this.#intent === 'run' && this.#brokenBy === null;
    // 1. Start what may run.
    while (mayStart && !this.#isRecovering && this.#running.size < this.#allowed) {
      const task = this.#buffer.shift();
      if (task === undefined) break;
      this.#running.set(task.taskId, task);
      void this.#runTask(task);
    }
    // 2. Have the next ones at hand.
    const wanted = this.#allowed * CLAIM_AHEAD;
    if (mayStart && !this.#isRecovering && !this.#isClaiming && !this.#isExhausted && this.#buffer.length < wanted) {
      this.#isClaiming = true;
      void this.#claim(Math.min(MAX_CLAIM, wanted * 2 - this.#buffer.length));
    }
    // 3. Nothing under way and nothing to come? A commit under way may still put a task back in the queue.
    if (this.#running.size > 0 || this.#commits.size > 0 || this.#isClaiming || this.#isRecovering) return;
    const isDone = this.#isExhausted && this.#buffer.length === 0 && this.#wake === null;
    if (!mayStart || isDone) void this.#end();
  }

  async #claim(count: number): Promise<void> {
    const { database, clock, random, bootId } = this.#deps;
    const { runId, mode } = this.#job;
    try {
      const claimed = await database.write('claimTasks', {
        runId,
        mode,
        count,
        nowMs: clock.nowMs(),
        bootId,
        leasePrefix: `${bootId}-${random.hex(6)}`,
      });
      this.#buffer.push(...claimed);
      if (claimed.length === 0) await this.#waitForReady();
    } catch (error) {
      this.#brokenBy ??= toNightshiftError(error);
    } finally {
      this.#isClaiming = false;
      this.#pump();
    }
  }

  async #waitForReady(): Promise<void> {
    const { database, clock } = this.#deps;
    const { runId, mode } = this.#job;
    this.#isExhausted = true;
    const readyMs = await database.read('nextReadyMs', { runId, mode });
    this.#clearWake();
    if (readyMs === null) return;
    const delayMs = Math.min(MAX_WAIT_MS, Math.max(1, readyMs - clock.nowMs()));
    this.#wake = clock.setTimer(delayMs, () => {
      this.#wake = null;
      this.#isExhausted = false;
      this.#pump();
    });
  }

  #clearWake(): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = null;
  }

  /** Never rejects: whatever happens, the task leaves `#running` and its outcome is on its way to its row. */
  async #runTask(task: ClaimedTask): Promise<void> {
    const outcome = await this.#attempt(task);
    this.#running.delete(task.taskId);
    const commit = this.#record(task, outcome).finally(() => {
      this.#commits.delete(commit);
      this.#pump();
    });
    this.#commits.add(commit);
    this.#pump();
  }

  async #attempt(task: ClaimedTask): Promise<TaskOutcome> {
    const { servers, logger } = this.#deps;
    const { options, modelName } = this.#job;
    const place = servers.nextPlace(this.#profiles);
    let session: AsrSession | null = null;
    try {
      this.#begin(task, place.instance);
      session = await place.open(this.#abort.signal);
      const done = await transcribeTask(this.#deps, task, options, modelName, session, this.#abort.signal);
      return { kind: 'done', ...done };
    } catch (error) {
      return await this.#failureOutcome(task, place, toNightshiftError(error));
    } finally {
      // Its place on the server must be free before the next task is started.
      await session?.close().catch((error: unknown) => logger.debug('session close failed', { error: String(error) }));
    }
  }

  /** Not waited for: writes keep their order, so the outcome finds the attempt. */
  #begin({ taskId, leaseToken, itemId }: ClaimedTask, serverInstance: string): void {
    const { database, clock } = this.#deps;
    void database.write('beginAttempt', { taskId, leaseToken, nowMs: clock.nowMs(), serverInstance }).then(
      () => this.#deps.onChange(itemId),
      (error: unknown) => {
        this.#brokenBy ??= toNightshiftError(error);
      },
    );
  }

  async #failureOutcome(task: ClaimedTask, place: ServerPlace, error: NightshiftError): Promise<TaskOutcome> {
    const { clock, logger } = this.#deps;
    if (this.#abort.signal.aborted) return { kind: this.#keepsAborted ? 'released' : 'cancelled' };
    if (error.kind === 'environment') {
      // Not the file's fault and the same for every other one: the mode is given up once.
      this.#brokenBy ??= error;
      return { kind: 'released' };
    }
    if (error.kind === 'bug')
      logger.error('task failed by our own fault', { path: task.path, error: String(error.cause ?? error), stack: error.stack });
    let isGone = false;
    if (error.kind === 'server' || error.kind === 'network') {
      // A broken connection can be noticed a moment before the exit of the process that caused it.
      if (!place.isGone()) await clock.sleep(EXIT_NOTICE_MS);
      isGone = place.isGone();
      if (isGone || error.code === 'CONNECTION_LOST' || error.code === 'SERVER_REFUSED') void this.#recover();
    }
    const outcome = outcomeOfFailure({ ...task, basePriority: this.#job.options.priority }, toWireError(error), isGone, clock.nowMs());
    return outcome.kind === 'failed' ? { ...outcome, counts: await this.#countsWithoutAnswer(task) } : outcome;
  }

  /** null when they cannot be counted now: `scoreOpenTasks` fills them in. */
  async #countsWithoutAnswer(task: ClaimedTask): Promise<WordCounts | null> {
    try {
      return await scoreTask(this.#deps.scorer, task, this.#job.options, null);
    } catch (error) {
      this.#deps.logger.warn('a failed file could not be scored', { path: task.path, error: String(error) });
      return null;
    }
  }

  /** The server is gone or does not answer: one restart for all workers; when it cannot come back the mode is given up. */
  async #recover(): Promise<void> {
    if (this.#isRecovering || this.#brokenBy !== null || this.#intent !== 'run') return;
    this.#isRecovering = true;
    const { clock } = this.#deps;
    const tries = this.#isSomebodyElses() ? ADOPT_TRIES : 1;
    for (let left = tries; left > 0; left -= 1) {
      try {
        await this.#ensureServer();
        break;
      } catch (error) {
        if (this.#noServer.signal.aborted) break;
        if (left === 1) this.#brokenBy ??= toNightshiftError(error);
        else await clock.sleep(ADOPT_PAUSE_MS, this.#noServer.signal).catch(() => undefined);
      }
    }
    this.#isRecovering = false;
    this.#isExhausted = false;
    this.#pump();
  }

  #isSomebodyElses(): boolean {
    return usesRunningServer(this.#job.options, this.#job.mode) || this.#profiles.some(({ start }) => start === null);
  }

  async #record(task: ClaimedTask, outcome: TaskOutcome): Promise<void> {
    const { database, clock, logger } = this.#deps;
    try {
      const { taskId, leaseToken } = task;
      const recorded = await database.write('finishTask', { taskId, leaseToken, nowMs: clock.nowMs(), outcome });
      if (recorded === 'late') logger.warn('an outcome came after its lease was lost and was put aside', { taskId });
      else this.#deps.onOutcome(task, outcome);
    } catch (error) {
      // The task stays claimed; the run is interrupted and gives it back when it goes on.
      this.#brokenBy ??= toNightshiftError(error);
    }
    if (outcome.kind === 'retry' || outcome.kind === 'requeue') {
      this.#clearWake();
      this.#isExhausted = false;
    }
  }

  async #end(): Promise<void> {
    this.#isEnding = true;
    this.#clearWake();
    const held = this.#buffer;
    this.#buffer = [];
    await Promise.all(held.map((task) => this.#record(task, { kind: 'released' })));
    this.#clearWake();
    this.#finished.resolve(this.#brokenBy === null ? null : toWireError(this.#brokenBy));
  }
}
