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
import type { AudioAhead, AudioDeps } from './audioAhead.ts';
import { ClaimedTasks, type TaskAtHand } from './claimedTasks.ts';
import { ModeServers } from './modeServers.ts';
import { type FailureOutcome, outcomeOfFailure } from './retryPolicy.ts';
import type { SpeechServers } from './speechServers.ts';
import { TaskProgress } from './taskProgress.ts';
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

/** What an attempt came to; `noRoom` is no attempt: the server was full, nor is `takenBack`: the queue was changed a moment before it. */
type Attempt =
  | { readonly kind: 'heard'; readonly result: DoneResult }
  | { readonly kind: 'noRoom' }
  | { readonly kind: 'takenBack' }
  | FailureOutcome;

/** Time within which the exit of a process is noticed after its connections broke. */
const EXIT_NOTICE_MS = 200;
/** Servers that are full with what is not ours do not say when they have room. */
const FULL_PAUSE_MS = 1_000;

/**
 * One mode of one run: keeps as many tasks running as the servers, the user and the limits allow, and records each outcome. Rows are the truth; this object only knows what is under way.
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
  readonly #claimed: ClaimedTasks;
  readonly #running = new Set<TaskProgress>();
  readonly #commits = new Set<Promise<void>>();
  readonly #finished = Promise.withResolvers<WireError | null>();
  #intent: Intent = 'run';
  #keepsAborted = true;
  #isReady = false;
  #roomTimer: Disposable | null = null;
  #brokenBy: NightshiftError | null = null;
  #isRecovering = false;
  #hasToldLast = false;
  #isEnding = false;

  constructor(deps: ModeExecutionDeps, job: ModeJob, share: ModeShare) {
    this.#deps = deps;
    this.#job = job;
    this.#share = share;
    this.#servers = new ModeServers(deps.servers, deps.clock, job);
    this.#claimed = new ClaimedTasks(deps, job, {
      signal: this.#abort.signal,
      // A machine that is short of something has no spare work done.
      mayDecode: () => this.#intent === 'run' && this.#brokenBy === null && share.admission.reason === null,
      onChange: () => this.look(),
      onBroken: (error) => {
        this.#brokenBy ??= toNightshiftError(error);
      },
      release: (task) => this.#record(task, { kind: 'released' }),
    });
  }

  get activeWorkers(): number {
    return this.#running.size;
  }

  /** Audio of running tasks whose text is final, seconds; of servers that do not say so, nothing. */
  get activeAudioSec(): number {
    return [...this.#running].reduce((sum, { finalSec }) => sum + finalSec, 0);
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
   * The order of the queue has changed: what is claimed and not started goes back, and is claimed anew as the queue is then. What runs goes on.
   * @returns when it is back in its rows
   */
  async reclaim(): Promise<void> {
    // What ends gives everything back.
    if (!this.#isEnding) await this.#claimed.giveBack();
  }

  /**
   * Starts what may be started now. Called when something changed that may make room.
   * NOTE: synchronous, so that what is decided here cannot be overtaken.
   */
  look(): void {
    if (this.#isEnding || !this.#isReady) return;
    const mayStart = this.#intent === 'run' && this.#brokenBy === null;
    this.#clearRoomTimer();
    if (!mayStart) this.#claimed.dropAudio();
    else if (!this.#isRecovering) {
      const { capacity } = this.#servers;
      this.#share.admission.join(this.#job.mode, capacity);
      this.#startTasks(capacity);
      if (!this.#isRecovering) this.#claimed.fill(capacity);
    }
    // Nothing under way and nothing to come? A commit under way may still put a task back in the queue.
    const { isDone } = this.#claimed;
    if (mayStart && isDone) this.#tellLast();
    if (this.#running.size > 0 || this.#commits.size > 0 || this.#claimed.isBusy || this.#isRecovering) return;
    if (!mayStart || isDone) void this.#end();
  }

  #startTasks(capacity: number): void {
    const { admission } = this.#share;
    while (!this.#claimed.isEmpty && this.#running.size < capacity && admission.mayStart(this.#job.mode)) {
      const { room } = this.#servers;
      if (room.kind === 'gone') void this.#recover();
      if (room.kind === 'waiting') this.#lookIn(room.forMs);
      if (room.kind === 'full' && this.#running.size === 0) this.#lookIn(FULL_PAUSE_MS);
      if (room.kind !== 'free') return;
      const next = this.#claimed.take();
      if (next === null) return;
      admission.started(next.task.taskId, this.#job.mode);
      void this.#runTask(next);
    }
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

  /** Never rejects: whatever happens, the task leaves `#running` and its outcome is on its way to its row. */
  async #runTask({ task, audio }: TaskAtHand): Promise<void> {
    const progress = new TaskProgress(this.#deps, task);
    this.#running.add(progress);
    const place = this.#servers.nextPlace();
    const attempt = await this.#attempt(task, place, audio, progress);
    audio.cancel();
    // Its place is free: the next task does not wait for scoring and commit.
    this.#running.delete(progress);
    this.#share.admission.ended(task.taskId);
    const started = Promise.withResolvers<void>();
    // Withdrawn before it can begin again: writes keep their order.
    const putBack = attempt.kind === 'noRoom' ? this.#putBack(task) : Promise.resolve();
    if (attempt.kind === 'takenBack') this.#claimed.expectMore();
    const commit = started.promise
      .then(() => (attempt.kind === 'noRoom' || attempt.kind === 'takenBack' ? putBack : this.#settle(task, place, attempt)))
      .finally(() => {
        this.#commits.delete(commit);
        this.look();
      });
    this.#commits.add(commit);
    this.look();
    started.resolve();
    this.#share.onRoom();
  }

  async #attempt(task: ClaimedTask, place: ServerPlace, audio: AudioAhead, progress: TaskProgress): Promise<Attempt> {
    const { options, modelName } = this.#job;
    const takenBack = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, takenBack.signal]);
    let session: AsrSession | null = null;
    const begun = this.#begin(task, place.instance, takenBack);
    try {
      session = await place.open(signal);
      const result = await transcribeTask(task, options, modelName, audio, session, progress, signal);
      await begun;
      return takenBack.signal.aborted ? { kind: 'takenBack' } : { kind: 'heard', result };
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      await begun;
      if (takenBack.signal.aborted) return { kind: 'takenBack' };
      progress.keep();
      if (error.code === 'SERVER_BUSY' && !signal.aborted) return { kind: 'noRoom' };
      // Losses are those at one place of the file: one that gets further does not kill what works on it.
      return await this.#failureOutcome(progress.hasAdvanced ? { ...task, losses: 0 } : task, place, error);
    } finally {
      // Its place on the server must be free before the next task is started.
      await session?.close().catch((error: unknown) => this.#deps.logger.debug('session close failed', { error: String(error) }));
    }
  }

  /** Never rejects. */
  async #settle(task: ClaimedTask, place: ServerPlace, attempt: Exclude<Attempt, { kind: 'noRoom' | 'takenBack' }>): Promise<void> {
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
    this.#claimed.putBack(task);
    try {
      await this.#deps.database.write('withdrawAttempt', { taskId, leaseToken });
      this.#deps.onChange(itemId);
    } catch (error) {
      this.#brokenBy ??= toNightshiftError(error);
    }
  }

  /** The server does not wait for it: writes keep their order, so the outcome finds the attempt. Aborts `takenBack` when the lease is gone. Never rejects. */
  async #begin({ taskId, leaseToken, itemId }: ClaimedTask, serverInstance: string, takenBack: AbortController): Promise<void> {
    const { database, clock } = this.#deps;
    try {
      const isHeld = await database.write('beginAttempt', { taskId, leaseToken, nowMs: clock.nowMs(), serverInstance });
      if (!isHeld) takenBack.abort();
      this.#deps.onChange(itemId);
    } catch (error) {
      this.#brokenBy ??= toNightshiftError(error);
    }
  }

  async #failureOutcome(task: ClaimedTask, place: ServerPlace, error: NightshiftError): Promise<FailureOutcome> {
    const { clock, logger } = this.#deps;
    if (this.#abort.signal.aborted) return { kind: this.#keepsAborted ? 'released' : 'cancelled' };
    if (error.code === 'SERVER_REJECTED' && this.#servers.leaveOut(place.serverId)) {
      logger.warn('a server refuses every file and is left out', {
        serverId: place.serverId,
        mode: task.mode,
        detail: error.data['detail'] ?? '',
      });
      return { kind: 'requeue', error: toWireError(error), notBeforeMs: 0, isLoss: false };
    }
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
    const outcome = outcomeOfFailure(task, toWireError(error), isGone, clock.nowMs());
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
    this.#claimed.expectMore();
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
    if (outcome.kind === 'retry' || outcome.kind === 'requeue') this.#claimed.expectMore();
  }

  async #end(): Promise<void> {
    this.#isEnding = true;
    this.#clearRoomTimer();
    this.#share.admission.leave(this.#job.mode);
    await this.#claimed.end();
    this.#finished.resolve(this.#brokenBy === null ? null : toWireError(this.#brokenBy));
  }
}
