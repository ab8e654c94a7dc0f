import { type ChildProcess, spawn } from 'node:child_process';
import type { GpuSample } from '#shared/contract/resources.ts';
import type { Clock, Logger } from '../core/ports.ts';
import { killTree } from './killTree.ts';
import { createLineSplitter, GPU_QUERY, parseGpuLine } from './nvidiaSmiOutput.ts';

const PROGRAM = 'nvidia-smi';
const ARGS = [`--query-gpu=${GPU_QUERY}`, '--format=csv,noheader,nounits', '-lms', '1000'];

/** Figures older than this are not shown, milliseconds. */
export const GPU_STALE_AFTER_MS = 5_000;
/** A first line may take 6 s on a server with many cards (netdata/netdata #14522); without one for this long the program hangs. */
export const GPU_HUNG_AFTER_MS = 30_000;
/** Cards of other makers are numbered after NVIDIA's, so they wait this long for the first line. */
const FIRST_LINE_MS = 10_000;
/** Pauses before the restarts of one bad time; after the last one it is left alone. */
export const GPU_RESTART_DELAYS_MS: readonly number[] = [1_000, 10_000, 60_000];
/** Working this long makes earlier failures forgotten. */
const FORGIVEN_AFTER_MS = 600_000;
/** Sixteen cards write about 1.5 kB a second; more than this in a second is no figures. */
const FLOOD_BYTES_PER_SEC = 262_144;
/** How long `close` waits for a child that was told to end before it is killed, and then for the system to collect it. */
const CLOSE_GRACE_MS = 1_000;

export interface NvidiaSmiOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Environment of the child; its PATH is where `nvidia-smi` is looked for. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Reads NVIDIA cards from one long-lived `nvidia-smi`, started at the first reading: one call a second would cost up to seconds each on a
 * machine with many cards, and has hung older ones. A program that is missing, hangs, floods or dies costs nothing but its figures.
 */
export class NvidiaSmi {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #env: NodeJS.ProcessEnv;
  readonly #gpus = new Map<number, { readonly sample: GpuSample; readonly atMs: number }>();
  #child: ChildProcess | null = null;
  #timer: Disposable | null = null;
  #hasStarted = false;
  #isClosed = false;
  #isMissing = false;
  #firstStartMs = 0;
  #failures = 0;
  #startedMs = 0;
  #lastLineMs = 0;
  #windowMs = 0;
  #windowBytes = 0;

  constructor({ clock, logger, env = process.env }: NvidiaSmiOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#env = env;
  }

  /** What is known now, by index, without waiting. Cards that were seen but are silent keep their name and have no figures. */
  read(): GpuSample[] {
    if (!this.#hasStarted && !this.#isClosed) this.#start();
    const nowMs = this.#clock.monotonicMs();
    return [...this.#gpus.values()]
      .map(({ sample, atMs }) => (nowMs - atMs > GPU_STALE_AFTER_MS ? withoutFigures(sample) : sample))
      .toSorted((left, right) => left.index - right.index);
  }

  /** Whether the number of cards is known: some were seen, there is no such program, or it has been silent for long. */
  get isSettled(): boolean {
    if (!this.#hasStarted) return false;
    return this.#gpus.size > 0 || this.#isMissing || this.#clock.monotonicMs() - this.#firstStartMs >= FIRST_LINE_MS;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    end(child, 'SIGTERM');
    if (await this.#endsInTime(ended)) return;
    end(child, 'SIGKILL');
    // A process that waits for a broken driver cannot be ended by anyone.
    await this.#endsInTime(ended);
  }

  #start(): void {
    if (!this.#hasStarted) this.#firstStartMs = this.#clock.monotonicMs();
    this.#hasStarted = true;
    this.#startedMs = this.#lastLineMs = this.#windowMs = this.#clock.monotonicMs();
    this.#windowBytes = 0;
    const child = spawn(PROGRAM, ARGS, {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'ignore'],
      // Out of the terminal's group, so that Ctrl-C does not end it before the run has. Its next line after our death ends it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#child = child;
    child.unref();
    const feed = createLineSplitter((line) => this.#take(line));
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      if (this.#child !== child) return;
      if (this.#isFlood(chunk.length)) this.#fail(child, 'it writes far more than figures');
      else feed(chunk);
    });
    child.stdout.on('error', () => undefined);
    child.on('error', (error) => {
      if (this.#child !== child) return;
      if (child.pid !== undefined) return this.#fail(child, error.message);
      // Not there or not allowed: that does not change by trying again.
      this.#child = null;
      this.#isMissing = true;
      this.#timer?.[Symbol.dispose]();
      this.#logger.info('no nvidia-smi: graphics cards are not watched', { detail: error.message });
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#fail(child, `it ended (${signal ?? `code ${code}`})`);
    });
    this.#watch(child);
  }

  #take(line: string): void {
    const sample = parseGpuLine(line);
    if (sample === null) return;
    this.#lastLineMs = this.#clock.monotonicMs();
    this.#gpus.set(sample.index, { sample, atMs: this.#lastLineMs });
  }

  #isFlood(bytes: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowMs > 1_000) {
      this.#windowMs = nowMs;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
    return this.#windowBytes > FLOOD_BYTES_PER_SEC;
  }

  #watch(child: ChildProcess): void {
    const leftMs = this.#lastLineMs + GPU_HUNG_AFTER_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.setTimer(leftMs, () => {
      if (this.#clock.monotonicMs() - this.#lastLineMs >= GPU_HUNG_AFTER_MS) this.#fail(child, 'it has stopped answering');
      else this.#watch(child);
    });
  }

  #fail(child: ChildProcess, reason: string): void {
    this.#timer?.[Symbol.dispose]();
    this.#child = null;
    // Its output is nothing to us any more; unread it could keep the pipe, and with it our process, alive.
    child.stdout?.destroy();
    end(child, 'SIGKILL');
    if (this.#lastLineMs - this.#startedMs >= FORGIVEN_AFTER_MS) this.#failures = 0;
    const delayMs = GPU_RESTART_DELAYS_MS[this.#failures];
    this.#failures += 1;
    if (delayMs === undefined) {
      this.#logger.warn('nvidia-smi failed too often: graphics cards are no longer watched', { reason });
      return;
    }
    this.#logger.info('nvidia-smi is started again', { reason, delayMs });
    this.#timer = this.#clock.setTimer(delayMs, () => this.#start());
  }

  async #endsInTime(ended: Promise<void>): Promise<boolean> {
    const limit = Promise.withResolvers<boolean>();
    const timeout = setTimeout(() => limit.resolve(false), CLOSE_GRACE_MS);
    try {
      return await Promise.race([ended.then(() => true), limit.promise]);
    } finally {
      clearTimeout(timeout);
    }
  }
}

function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') child.kill(signal);
  else killTree(child.pid, signal);
}

function withoutFigures(sample: GpuSample): GpuSample {
  return {
    index: sample.index,
    name: sample.name,
    utilizationPercent: null,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    temperatureC: null,
    powerW: null,
  };
}
