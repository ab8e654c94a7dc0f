import type { ClaimedTask } from '../persistence/operations/tasks.ts';
import type { Clock, Random } from '../ports.ts';
import type { Database } from '../persistence/database.ts';
import { AudioAhead, type AudioDeps } from './audioAhead.ts';
import type { ModeJob } from './modeExecution.ts';

/** Tasks claimed ahead for each one running: the next is at hand when one ends, and a pause gives few back. */
const CLAIM_AHEAD = 2;
const MAX_CLAIM = 64;
/** Files decoded ahead, for places that become free. */
const MAX_AUDIO_AHEAD = 8;
const AHEAD_DELAY_MS = 20;
/** Looking for tasks that became ready is cheap, but a timer far ahead must notice a changed wall clock. */
const MAX_WAIT_MS = 60_000;

interface ClaimDeps extends AudioDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly bootId: string;
}

export interface ClaimHooks {
  /** Ends decoding. */
  readonly signal: AbortSignal;
  /** Whether the machine has room for work ahead of its time. */
  mayDecode(): boolean;
  /** There may be something to start, or nothing more to come. */
  onChange(): void;
  /** Rows cannot be read or written. */
  onBroken(error: unknown): void;
  /** Writes that a task goes back to the queue. Never rejects. */
  release(task: ClaimedTask): Promise<void>;
}

export interface TaskAtHand {
  readonly task: ClaimedTask;
  readonly audio: AudioAhead;
}

/** The tasks of a mode that are claimed and not started, in the order of the queue, the first of them decoded as far as it costs little. */
export class ClaimedTasks {
  readonly #deps: ClaimDeps;
  readonly #job: ModeJob;
  readonly #hooks: ClaimHooks;
  /** By task and what is to be heard of it. */
  readonly #audio = new Map<string, AudioAhead>();
  #tasks: ClaimedTask[] = [];
  #claiming: Promise<void> | null = null;
  #givingBack: Promise<void> | null = null;
  /** The last claim found nothing. */
  #isExhausted = false;
  #wake: Disposable | null = null;
  #aheadTimer: Disposable | null = null;

  constructor(deps: ClaimDeps, job: ModeJob, hooks: ClaimHooks) {
    this.#deps = deps;
    this.#job = job;
    this.#hooks = hooks;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  /** Rows are on their way. */
  get isBusy(): boolean {
    return this.#claiming !== null || this.#givingBack !== null;
  }

  /** Nothing is here, and nothing in the queue becomes ready by itself. */
  get isDone(): boolean {
    return this.#isExhausted && this.isEmpty && this.#wake === null;
  }

  /** @param capacity files at once */
  fill(capacity: number): void {
    const { queueSize } = this.#job.options;
    const wanted = Math.min(capacity * CLAIM_AHEAD, queueSize);
    if (!this.isBusy && !this.#isExhausted && this.#tasks.length < wanted) {
      const count = Math.min(MAX_CLAIM, Math.min(wanted * 2, queueSize) - this.#tasks.length);
      this.#claiming = this.#claim(count).finally(() => {
        this.#claiming = null;
        this.#hooks.onChange();
      });
    }
    // What was just started is sent first.
    this.#aheadTimer ??= this.#deps.clock.setTimer(AHEAD_DELAY_MS, () => {
      this.#aheadTimer = null;
      if (this.#hooks.mayDecode()) this.#decodeAhead(capacity);
    });
  }

  /** The next of the queue; null when none is at hand. */
  take(): TaskAtHand | null {
    const task = this.#tasks.shift();
    if (task === undefined) return null;
    const audio = this.#audio.get(keyOf(task)) ?? this.#audioOf(task);
    this.#audio.delete(keyOf(task));
    return { task, audio };
  }

  /** It was not tried after all, and is where it was. */
  putBack(task: ClaimedTask): void {
    this.#tasks = [task, ...this.#tasks].toSorted((a, b) => a.rank - b.rank || a.taskId - b.taskId);
  }

  /** The queue has changed: there may be more in it than the last claim found. */
  expectMore(): void {
    this.#clearWake();
    this.#isExhausted = false;
  }

  /**
   * Gives back what is not started, so that it is claimed anew in the order that the queue has then. What is decoded of a task that comes back is
   * used.
   */
  async giveBack(): Promise<void> {
    this.#givingBack ??= this.#releaseAll().finally(() => {
      this.#givingBack = null;
      this.#hooks.onChange();
    });
    await this.#givingBack;
  }

  /** Nothing is to be started now. */
  dropAudio(): void {
    this.#aheadTimer?.[Symbol.dispose]();
    this.#aheadTimer = null;
    for (const audio of this.#audio.values()) audio.cancel();
    this.#audio.clear();
  }

  /** Gives everything back for good. */
  async end(): Promise<void> {
    this.dropAudio();
    await this.#releaseAll();
    this.#clearWake();
  }

  async #releaseAll(): Promise<void> {
    const held = this.#tasks;
    this.#tasks = [];
    await this.#claiming;
    held.push(...this.#tasks);
    this.#tasks = [];
    this.expectMore();
    await Promise.all(held.map((task) => this.#hooks.release(task)));
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
      this.#tasks.push(...claimed);
      this.#dropAudioOfOthers();
      if (claimed.length === 0) await this.#waitForReady();
    } catch (error) {
      this.#hooks.onBroken(error);
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
      this.expectMore();
      this.#hooks.onChange();
    });
  }

  #clearWake(): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = null;
  }

  #decodeAhead(capacity: number): void {
    for (const task of this.#tasks.slice(0, Math.min(MAX_AUDIO_AHEAD, capacity))) {
      if (!this.#audio.has(keyOf(task))) this.#audio.set(keyOf(task), this.#audioOf(task));
    }
  }

  /** Of tasks that were given back and did not come again. */
  #dropAudioOfOthers(): void {
    const wanted = new Set(this.#tasks.map(keyOf));
    for (const [key, audio] of this.#audio) {
      if (wanted.has(key)) continue;
      audio.cancel();
      this.#audio.delete(key);
    }
  }

  #audioOf(task: ClaimedTask): AudioAhead {
    return new AudioAhead(this.#deps, task, this.#hooks.signal);
  }
}

function keyOf({ taskId, resultKey }: ClaimedTask): string {
  return `${taskId} ${resultKey}`;
}
