import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { WordCounts } from '#shared/domain/scores.ts';
import { type NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask, DoneResult, TaskOutcome } from '../persistence/operations/tasks.ts';
import type { Clock, Logger, Random } from '../ports.ts';
import type { Scorer } from '../scoring/scorer.ts';
import type { AsrSession } from '../servers/adapters/asrAdapter.ts';
import type { ServerPlace } from '../servers/serverNeed.ts';
import type { Admission } from './admission.ts';
import { AudioAhead, type AudioDeps } from './audioAhead.ts';
import { ModeServers } from './modeServers.ts';
import { type FailureOutcome, outcomeOfFailure } from './retryPolicy.ts';
import type { SpeechServers } from './speechServers.ts';
import { scoreTask, transcribeTask } from './transcribeTask.ts';

export interface ModeExecutionDeps extends AudioDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly servers: SpeechServers;
  readonly scorer: Scorer;
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

/** What a mode shares with the others of its run. */
export interface ModeShare {
  readonly admission: Admission;
  /** A task has ended: another mode may start one. */
  onRoom(): void;
  /** Nothing is left to be started; called once. */
  onLastTasks(): void;
}

/**
 * run: take and finish tasks · drain: finish what was started, take nothing new (pause, first Ctrl-C) · abort: end what was started,
 * too (stop now).
 */
export type Intent = 'run' | 'drain' | 'abort';

/** What an attempt came to; `noRoom` is no attempt: the server was full. */
type Attempt = { readonly kind: 'heard'; readonly result: DoneResult } | { readonly kind: 'noRoom' } | FailureOutcome;

/** Tasks claimed ahead for each one running: the next is at hand when one ends, and a pause gives few back. */
const CLAIM_AHEAD = 2;
const MAX_CLAIM = 64;
/** Files decoded ahead, for places that become free. */
const MAX_AUDIO_AHEAD = 8;
const AHEAD_DELAY_MS = 20;
/** Time within which the exit of a process is noticed after its connections broke. */
const EXIT_NOTICE_MS = 200;
/** Looking for tasks that became ready is cheap, but a timer far ahead must notice a changed wall clock. */
const MAX_WAIT_MS = 60_000;
/** Servers that are full with what is not ours do not say when they have room. */
const FULL_PAUSE_MS = 1_000;

/**
 * One mode of one run: claims tasks, keeps as many running as the servers, the user and the limits allow, and records each
 * outcome. Rows are the truth; this object only knows what is under way.
 */
export class ModeExecution {
  readonly #deps: ModeExecutionDeps;
  readonly #job: ModeJob;
  readonly #share: ModeShare;
  readonly #servers: ModeServers;
  /** Ends what runs. */
  readonly #abort = new AbortController();
  /** Ends waiting for a server; a drain needs none. */
  readonly #noServer = new AbortController();
  readonly #running = new Map<number, ClaimedTask>();
  /** Of tasks in the buffer. */
  readonly #audioAhead = new Map<number, AudioAhead>();
  readonly #commits = new Set<Promise<void>>();
  readonly #finished = Promise.withResolvers<WireError | null>();
  #buffer: ClaimedTask[] = [];
  #intent: Intent = 'run';
  #keepsAborted = true;
  #isReady = false;
  #isClaiming = false;
  #isExhausted = false;
  #wake: Disposable | null = null;
  #roomTimer: Disposable | null = null;
  #aheadTimer: Disposable | null = null;
  #brokenBy: NightshiftError | null = null;
  #isRecovering = false;
  #hasToldLast = false;
  #isEnding = false;

  constructor(deps: ModeExecutionDeps, job: ModeJob, share: ModeShare) {
    this.#deps = deps;
    this.#job = job;
    this.#share = share;
    this.#servers = new ModeServers(deps.servers, deps.clock, job);
  }

  get activeWorkers(): number {
    return this.#running.size;
  }

  /**
   * Resolves when nothing of the mode is under way and everything is committed: every task has an outcome, or the intent is no longer
   * to run. Value: why the mode had to be given up, null when it was not.
   */
  async execute(): Promise<WireError | null> {
    try {
      await this.#servers.ensureReady(this.#noServer.signal);
    } catch (error) {
      const failure = toNightshiftError(error);
      if (this.#intent === 'run' || failure.kind !== 'cancelled') this.#brokenBy = failure;
    }
    this.#isReady = true;
    this.look();
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
    this.look();
    return true;
  }

  /**
   * Starts what may be started now. Called when something changed that may make room.
   * NOTE: synchronous, so that what is decided here cannot be overtaken.
   */
  look(): void {
    if (this.#isEnding || !this.#isReady) return;
    const mayStart = this.#intent === 'run' && this.#brokenBy === null;
    this.#clearRoomTimer();
    if (!mayStart) this.#dropAudio();
    else if (!this.#isRecovering) {
      const { capacity } = this.#servers;
      this.#share.admission.join(this.#job.mode, capacity);
      this.#startTasks(capacity);
      this.#haveAtHand(capacity);
    }
    // Nothing under way and nothing to come? A commit under way may still put a task back in the queue.
    const isDone = this.#isExhausted && this.#buffer.length === 0 && this.#wake === null;
    if (mayStart && isDone) this.#tellLast();
    if (this.#running.size > 0 || this.#commits.size > 0 || this.#isClaiming || this.#isRecovering) return;
    if (!mayStart || isDone) void this.#end();
  }

  #startTasks(capacity: number): void {
    const { admission } = this.#share;
    while (this.#buffer.length > 0 && this.#running.size < capacity && admission.mayStart) {
      const { room } = this.#servers;
      if (room.kind === 'gone') void this.#recover();
      if (room.kind === 'waiting') this.#lookIn(room.forMs);
      if (room.kind === 'full' && this.#running.size === 0) this.#lookIn(FULL_PAUSE_MS);
      if (room.kind !== 'free') return;
      const task = this.#buffer.shift();
      if (task === undefined) return;
      this.#running.set(task.taskId, task);
      admission.started();
      void this.#runTask(task);
    }
  }

  /** The next tasks claimed, and the first of them decoded as far as it costs little. */
  #haveAtHand(capacity: number): void {
    const wanted = capacity * CLAIM_AHEAD;
    if (!this.#isRecovering && !this.#isClaiming && !this.#isExhausted && this.#buffer.length < wanted) {
      this.#isClaiming = true;
      void this.#claim(Math.min(MAX_CLAIM, wanted * 2 - this.#buffer.length));
    }
    // What was just started is sent first.
    this.#aheadTimer ??= this.#deps.clock.setTimer(AHEAD_DELAY_MS, () => {
      this.#aheadTimer = null;
      this.#decodeAhead();
    });
  }

  #decodeAhead(): void {
    // A machine that is short of something has no spare work done.
    if (this.#intent !== 'run' || this.#brokenBy !== null || this.#share.admission.reason !== null) return;
    const { capacity } = this.#servers;
    for (const task of this.#buffer.slice(0, Math.min(MAX_AUDIO_AHEAD, capacity))) {
      if (!this.#audioAhead.has(task.taskId)) this.#audioAhead.set(task.taskId, this.#audioOf(task));
    }
  }

  #audioOf(task: ClaimedTask): AudioAhead {
    return new AudioAhead(this.#deps, task, this.#abort.signal);
  }

  #dropAudio(): void {
    this.#aheadTimer?.[Symbol.dispose]();
    this.#aheadTimer = null;
    for (const audio of this.#audioAhead.values()) audio.cancel();
    this.#audioAhead.clear();
  }

  #tellLast(): void {
    if (this.#hasToldLast) return;
    this.#hasToldLast = true;
    this.#share.onLastTasks();
  }

  #lookIn(delayMs: number): void {
    this.#roomTimer = this.#deps.clock.setTimer(delayMs, () => {
      this.#roomTimer = null;
      this.look();
    });
  }

  #clearRoomTimer(): void {
    this.#roomTimer?.[Symbol.dispose]();
    this.#roomTimer = null;
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
      this.look();
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
      this.look();
    });
  }

  #clearWake(): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = null;
  }

  /** Never rejects: whatever happens, the task leaves `#running` and its outcome is on its way to its row. */
  async #runTask(task: ClaimedTask): Promise<void> {
    const audio = this.#audioAhead.get(task.taskId) ?? this.#audioOf(task);
    this.#audioAhead.delete(task.taskId);
    const place = this.#servers.nextPlace();
    const attempt = await this.#attempt(task, place, audio);
    audio.cancel();
    // Its place is free: the next task does not wait for scoring and commit.
    this.#running.delete(task.taskId);
    this.#share.admission.ended();
    const started = Promise.withResolvers<void>();
    // Withdrawn before it can begin again: writes keep their order.
    const putBack = attempt.kind === 'noRoom' ? this.#putBack(task) : Promise.resolve();
    const commit = started.promise
      .then(() => (attempt.kind === 'noRoom' ? putBack : this.#settle(task, place, attempt)))
      .finally(() => {
        this.#commits.delete(commit);
        this.look();
      });
    this.#commits.add(commit);
    this.look();
    started.resolve();
    this.#share.onRoom();
  }

  async #attempt(task: ClaimedTask, place: ServerPlace, audio: AudioAhead): Promise<Attempt> {
    const { options, modelName } = this.#job;
    const { signal } = this.#abort;
    let session: AsrSession | null = null;
    try {
      this.#begin(task, place.instance);
      session = await place.open(signal);
      return { kind: 'heard', result: await transcribeTask(task, options, modelName, audio, session, signal) };
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      if (error.code === 'SERVER_BUSY' && !signal.aborted) return { kind: 'noRoom' };
      return await this.#failureOutcome(task, place, error);
    } finally {
      // Its place on the server must be free before the next task is started.
      await session?.close().catch((error: unknown) => this.#deps.logger.debug('session close failed', { error: String(error) }));
    }
  }

  /** Never rejects. */
  async #settle(task: ClaimedTask, place: ServerPlace, attempt: Exclude<Attempt, { kind: 'noRoom' }>): Promise<void> {
    if (attempt.kind === 'heard') await this.#record(task, await this.#scored(task, place, attempt.result));
    else await this.#record(task, attempt);
  }

  async #scored(task: ClaimedTask, place: ServerPlace, result: DoneResult): Promise<TaskOutcome> {
    try {
      return { kind: 'done', result, counts: await scoreTask(this.#deps.scorer, task, this.#job.options, result.hypothesis) };
    } catch (error) {
      return await this.#failureOutcome(task, place, toNightshiftError(error));
    }
  }

  /** Waiting is not failing: the task is the next of its class again, as if it had not been tried. */
  async #putBack(task: ClaimedTask): Promise<void> {
    const { taskId, leaseToken, itemId } = task;
    this.#buffer = [task, ...this.#buffer].toSorted((a, b) => a.priority - b.priority || a.taskId - b.taskId);
    try {
      await this.#deps.database.write('withdrawAttempt', { taskId, leaseToken });
      this.#deps.onChange(itemId);
    } catch (error) {
      this.#brokenBy ??= toNightshiftError(error);
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

  async #failureOutcome(task: ClaimedTask, place: ServerPlace, error: NightshiftError): Promise<FailureOutcome> {
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
    try {
      await this.#servers.recover(this.#noServer.signal);
    } catch (error) {
      if (!this.#noServer.signal.aborted) this.#brokenBy ??= toNightshiftError(error);
    }
    this.#isRecovering = false;
    this.#isExhausted = false;
    this.look();
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
    this.#clearRoomTimer();
    this.#dropAudio();
    this.#share.admission.leave(this.#job.mode);
    const held = this.#buffer;
    this.#buffer = [];
    await Promise.all(held.map((task) => this.#record(task, { kind: 'released' })));
    this.#clearWake();
    this.#finished.resolve(this.#brokenBy === null ? null : toWireError(this.#brokenBy));
  }
}
