import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { ChildProcessHandle, Clock, Logger } from '../ports.ts';
import { type DecoderReply, type DecoderRequest, FrameReader } from './decoderProtocol.ts';

/** One job as its process sees it. */
export interface JobListener {
  onReply(reply: DecoderReply, payload: Buffer): void;
  /** The process ended or was ended; nothing follows. */
  onLost(error: NightshiftError): void;
  /** Whether the decoder owes this job something, so that silence counts. */
  isWaiting(): boolean;
}

type JobRequest = Exclude<DecoderRequest, { type: 'credit' | 'cancel' }>;
type StripJob<T> = T extends unknown ? Omit<T, 'job'> : never;

/** Last output kept for the log when a decoder dies. */
const STDERR_TAIL_CHARS = 4_000;
/** A decoder that got its closed stdin leaves at once; this is for one that is stuck inside the library. */
const CLOSE_GRACE_MS = 2_000;
const CHECKS_PER_HANG = 8;

interface LiveJob {
  readonly listener: JobListener;
  lastSignMs: number;
}

/**
 * The life of one decoder process: sends requests, hands replies to their jobs, and when it dies, speaks nonsense or stays
 * silent for `hangMs` although a job waits, ends it and tells every job in flight.
 */
export class DecoderProcess {
  readonly #child: ChildProcessHandle;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hangMs: number;
  readonly #jobs = new Map<number, LiveJob>();
  readonly #onIdle: () => void;
  #nextJob = 1;
  #startedJobs = 0;
  #stderrTail = '';
  #watch: Disposable | null = null;
  #isOver = false;
  #isEnding = false;

  constructor(child: ChildProcessHandle, options: { clock: Clock; logger: Logger; hangMs: number; onIdle: () => void }) {
    this.#child = child;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ decoderPid: child.pid });
    this.#hangMs = options.hangMs;
    this.#onIdle = options.onIdle;
    const reader = new FrameReader((reply, payload) => {
      this.#dispatch(reply, payload);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(new NightshiftError('DECODER_CRASHED', { detail: 'unreadable output' }, { cause: error }));
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString('utf8')).slice(-STDERR_TAIL_CHARS);
    });
    void child.exited.then(({ code, signal }) => {
      const detail = signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
      if (!this.#isEnding) this.#logger.warn('Decoder ended unasked', { code, signal, stderr: this.#stderrTail });
      this.#fail(this.#isEnding ? new NightshiftError('SHUTTING_DOWN') : new NightshiftError('DECODER_CRASHED', { detail }));
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** False once it died or is being ended. */
  get isUsable(): boolean {
    return !this.#isOver && !this.#isEnding;
  }

  get activeJobs(): number {
    return this.#jobs.size;
  }

  /** Jobs ever given to it. */
  get startedJobs(): number {
    return this.#startedJobs;
  }

  start(request: StripJob<JobRequest>, listener: JobListener): number {
    const job = this.#nextJob;
    this.#nextJob += 1;
    this.#startedJobs += 1;
    this.#jobs.set(job, { listener, lastSignMs: this.#clock.monotonicMs() });
    this.#send({ ...request, job });
    this.#startWatch();
    return job;
  }

  grant(job: number, blocks: number): void {
    const live = this.#jobs.get(job);
    if (live === undefined) return;
    // Only from now on does the decoder owe anything.
    live.lastSignMs = this.#clock.monotonicMs();
    this.#send({ type: 'credit', job, blocks });
  }

  /** The job's listener hears nothing more. */
  cancel(job: number): void {
    if (!this.#jobs.has(job)) return;
    this.#send({ type: 'cancel', job });
    this.#finish(job);
  }

  async end(graceMs = CLOSE_GRACE_MS): Promise<void> {
    this.#isEnding = true;
    await this.#child.terminate(graceMs);
  }

  #send(request: DecoderRequest): void {
    if (!this.#isOver) this.#child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  #dispatch(reply: DecoderReply, payload: Buffer): void {
    const live = this.#jobs.get(reply.job);
    if (live === undefined) return;
    live.lastSignMs = this.#clock.monotonicMs();
    const isLast = reply.type !== 'alive' && reply.type !== 'block';
    if (isLast) this.#finish(reply.job);
    live.listener.onReply(reply, payload);
  }

  #finish(job: number): void {
    this.#jobs.delete(job);
    if (this.#jobs.size > 0) return;
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
    this.#onIdle();
  }

  #startWatch(): void {
    this.#watch ??= this.#clock.setTimer(Math.ceil(this.#hangMs / CHECKS_PER_HANG), () => {
      this.#watch = null;
      this.#checkHang();
      if (this.#jobs.size > 0) this.#startWatch();
    });
  }

  #checkHang(): void {
    const nowMs = this.#clock.monotonicMs();
    const hung = [...this.#jobs].filter(([, { listener, lastSignMs }]) => listener.isWaiting() && nowMs - lastSignMs >= this.#hangMs);
    if (hung.length === 0) return;
    this.#logger.warn('Decoder hangs and is ended', { jobs: hung.length, hangMs: this.#hangMs });
    for (const [job, { listener }] of hung) {
      this.#jobs.delete(job);
      listener.onLost(new NightshiftError('DECODER_HUNG', { timeoutMs: this.#hangMs }));
    }
    // The others did nothing wrong; they are tried again elsewhere.
    this.#fail(new NightshiftError('DECODER_CRASHED', { detail: 'ended because of another file' }));
  }

  /** Ends the process and every job in flight. */
  #fail(error: NightshiftError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
    void this.#child.terminate(0);
    const lost = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const { listener } of lost) listener.onLost(error);
    this.#onIdle();
  }
}
