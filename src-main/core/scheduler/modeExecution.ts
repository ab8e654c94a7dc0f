import type { Sample } from '#shared/contract/resources.ts';
import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { type NightshiftError, toNightshiftError, toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask, TaskOutcome } from '../persistence/operations/tasks.ts';
import type { Clock, Logger, Random } from '../ports.ts';
import type { AsrSession } from '../servers/asrAdapter.ts';
import { nextAdmission } from './admission.ts';
import { outcomeOfFailure } from './retryPolicy.ts';
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

/**
 * One mode of one run: claims tasks, keeps as many running as the server, the user and the limits allow, and records each
 * outcome. Rows are the truth; this object only knows what is under way.
 */
export class ModeExecution {
  readonly #deps: ModeExecutionDeps;
  readonly #job: ModeJob;
  readonly #abort = new AbortController();
  readonly #running = new Map<number, ClaimedTask>();
  readonly #commits = new Set<Promise<void>>();
  readonly #finished = Promise.withResolvers<WireError | null>();
  #buffer: ClaimedTask[] = [];
  #intent: Intent = 'run';
  #abortedKeep = true;
  #capacity = 1;
  #allowed = 1;
  #reason: RunSummary['workersReason'] = null;
  #isClaiming = false;
  #isExhausted = false;
  #wake: Disposable | null = null;
  #brokenBy: NightshiftError | null = null;
  #recovering: Promise<void> | null = null;
  #isEnding = false;

  constructor(deps: ModeExecutionDeps, job: ModeJob) {
    this.#deps = deps;
    this.#job = job;
  }

  get activeWorkers(): number {
    return this.#running.size;
  }

  get allowedWorkers(): number {
    return this.#allowed;
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
      if (this.#intent !== 'run' && failure.kind === 'cancelled') return null;
      return toWireError(failure);
    }
    this.#pump();
    return await this.#finished.promise;
  }

  /** A later intent is never weaker than an earlier one, except that `run` takes back a `drain`. */
  setIntent(intent: Intent, keep = true): void {
    if (this.#intent === 'abort') return;
    this.#intent = intent;
    if (intent === 'abort') {
      this.#abortedKeep = keep;
      this.#abort.abort();
    }
    this.#pump();
  }

  takeSample(sample: Sample): void {
    const { allowed, reason } = nextAdmission(this.#allowed, this.#capacity, sample, this.#job.options);
    this.#allowed = allowed;
    this.#reason = allowed < this.#capacity ? (reason ?? this.#reason) : null;
    this.#pump();
  }

  async #ensureServer(): Promise<void> {
    const { options, mode, modelPath } = this.#job;
    const hello = await this.#deps.servers.ensureReady(
      { mode, port: options.ports[mode], ownership: options.servers, modelPath, windowSec: options.windowSec },
      this.#abort.signal,
    );
    this.#capacity = Math.max(1, Math.min(hello.capacity, options.workers ?? Number.POSITIVE_INFINITY));
    this.#allowed = this.#capacity;
  }

  // NOTE: synchronous, so that what is decided here cannot be overtaken.
  #pump(): void {
    if (this.#isEnding) return;
    // 1. Start what may run.
    while (this.#intent === 'run' && this.#brokenBy === null && this.#recovering === null && this.#running.size < this.#allowed) {
      const task = this.#buffer.shift();
      if (task === undefined) break;
      this.#running.set(task.taskId, task);
      this.#deps.onChange(task.itemId);
      void this.#runTask(task);
    }
    // 2. Have the next ones at hand.
    const wanted = this.#allowed * CLAIM_AHEAD;
    if (this.#intent === 'run' && this.#brokenBy === null && !this.#isClaiming && !this.#isExhausted && this.#buffer.length < wanted) {
      this.#isClaiming = true;
      void this.#claim(Math.min(MAX_CLAIM, wanted * 2 - this.#buffer.length));
    }
    // 3. Nothing left to do?
    if (this.#running.size > 0 || this.#isClaiming || this.#recovering !== null) return;
    const isOver =
      this.#intent !== 'run' || this.#brokenBy !== null || (this.#isExhausted && this.#buffer.length === 0 && this.#wake === null);
    if (isOver) void this.#end();
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
    this.#isExhausted = true;
    const readyMs = await database.read('nextReadyMs', { runId: this.#job.runId, mode: this.#job.mode });
    if (readyMs === null) return;
    const delayMs = Math.min(MAX_WAIT_MS, Math.max(1, readyMs - clock.nowMs()));
    this.#wake = clock.setTimer(delayMs, () => {
      this.#wake = null;
      this.#isExhausted = false;
      this.#pump();
    });
  }

  async #runTask(task: ClaimedTask): Promise<void> {
    let session: AsrSession | null = null;
    let outcome: TaskOutcome;
    const instance = this.#deps.servers.instanceOf(this.#job.mode);
    try {
      session = await this.#deps.servers.openSession(this.#job.mode, this.#abort.signal);
      const done = await transcribeTask(this.#deps, task, this.#job.options, this.#job.modelName, session, this.#abort.signal);
      outcome = { kind: 'done', ...done };
    } catch (error) {
      outcome = await this.#failureOutcome(task, toNightshiftError(error));
    }
    // Its place on the server must be free before the next task is started.
    await session?.close().catch((error: unknown) => this.#deps.logger.debug('session close failed', { error: String(error) }));
    this.#running.delete(task.taskId);
    const commit = this.#record(task, outcome, instance);
    this.#commits.add(commit);
    void commit.finally(() => {
      this.#commits.delete(commit);
      this.#pump();
    });
    this.#pump();
  }

  async #failureOutcome(task: ClaimedTask, error: NightshiftError): Promise<TaskOutcome> {
    if (this.#abort.signal.aborted) return { kind: this.#abortedKeep ? 'released' : 'cancelled' };
    const isServerSide = error.kind === 'server' || error.kind === 'network';
    const isLoss = isServerSide && (await this.#isServerGone());
    if (error.kind === 'bug')
      this.#deps.logger.error('task failed by our own fault', { path: task.path, error: String(error.cause ?? error), stack: error.stack });
    const outcome = outcomeOfFailure(
      { ...task, basePriority: this.#job.options.priority },
      toWireError(error),
      isLoss,
      this.#deps.clock.nowMs(),
    );
    if (isLoss) this.#recover();
    if (outcome.kind !== 'failed') return outcome;
    return { ...outcome, counts: await scoreTask(this.#deps.scorer, task, this.#job.options, null) };
  }

  /** A broken connection can be noticed a moment before the exit of the process that caused it. */
  async #isServerGone(): Promise<boolean> {
    const { servers, clock } = this.#deps;
    if (!servers.isGone(this.#job.mode)) await clock.sleep(EXIT_NOTICE_MS);
    return servers.isGone(this.#job.mode);
  }

  /** The server died: one restart for all workers; when it cannot come back the mode is given up. */
  #recover(): void {
    if (this.#recovering !== null || this.#brokenBy !== null) return;
    this.#recovering = this.#ensureServer()
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#brokenBy = toNightshiftError(error);
      })
      .finally(() => {
        this.#recovering = null;
        this.#isExhausted = false;
        this.#pump();
      });
  }

  async #record(task: ClaimedTask, outcome: TaskOutcome, serverInstance: string | null): Promise<void> {
    const { database, clock, logger } = this.#deps;
    try {
      const { taskId, leaseToken } = task;
      const recorded = await database.write('finishTask', { taskId, leaseToken, nowMs: clock.nowMs(), serverInstance, outcome });
      if (recorded === 'late') logger.warn('an outcome came after its lease was lost and was put aside', { taskId });
      else this.#deps.onOutcome(task, outcome);
    } catch (error) {
      this.#brokenBy ??= toNightshiftError(error);
    }
    if (outcome.kind === 'retry' || outcome.kind === 'requeue') {
      this.#wake?.[Symbol.dispose]();
      this.#wake = null;
      this.#isExhausted = false;
    }
  }

  async #end(): Promise<void> {
    if (this.#isEnding) return;
    // A commit under way may put a task back in the queue: it decides whether this is the end.
    if (this.#commits.size > 0) return;
    this.#isEnding = true;
    this.#wake?.[Symbol.dispose]();
    const held = this.#buffer;
    this.#buffer = [];
    await Promise.all(held.map((task) => this.#record(task, { kind: 'released' }, null)));
    this.#finished.resolve(this.#brokenBy === null ? null : toWireError(this.#brokenBy));
  }
}
