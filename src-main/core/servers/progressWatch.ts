import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { audioSecOf } from './adapters/shared/samples.ts';

/** Files after which a server's own speed says how long it may take. */
const MEASURED_FILES = 3;
/** Of the last so many files the slowest counts. */
const REMEMBERED_FILES = 20;
/** A file may take so many times as long as the slowest one of its length … */
const PATIENCE = 4;
/** … but never less than the audio lasts: servers of S0 pretend real time. */
const LEAST_PER_AUDIO = 1;
/** Shorter files measure the connection more than the server. */
const LEAST_MEASURED_SEC = 1;
/** A timer that fires so late slept with the machine: the server slept, too, and gets its time again. */
const LATE_MS = 5_000;

export interface ProgressLimits {
  /** Shortest time without movement that counts. */
  readonly silenceLeastMs: number;
  /** Seconds for each second of audio, until the speed of the server is known. */
  readonly silencePerAudio: number;
}

/** How fast one server has been, over all of its processes. */
export class ServerPace {
  readonly #ratios: number[] = [];

  record(audioSec: number, processingSec: number): void {
    if (audioSec < LEAST_MEASURED_SEC) return;
    this.#ratios.push(processingSec / audioSec);
    if (this.#ratios.length > REMEMBERED_FILES) this.#ratios.shift();
  }

  /** Seconds that a second of audio may take. @param unmeasured what holds until three files were measured */
  perAudio(unmeasured: number): number {
    if (this.#ratios.length < MEASURED_FILES) return unmeasured;
    return Math.max(LEAST_PER_AUDIO, PATIENCE * Math.max(...this.#ratios));
  }
}

export interface HangFacts {
  /** How long nothing moved. */
  readonly timeoutMs: number;
  /** Audio that the server had and gave no text for, seconds. */
  readonly owedAudioSec: number;
}

export interface ProgressWatchOptions {
  readonly clock: Clock;
  readonly limits: ProgressLimits;
  readonly pace: ServerPace;
  /** Half of the time is over, or something moved after all. */
  readonly onSuspect: (isSuspect: boolean) => void;
  /** The whole time is over and no other file moves: the server hangs. */
  readonly onHang: (facts: HangFacts) => void;
}

/** One file on its way through a server. */
export interface FileProgress {
  /** Aborted when it is given up; the reason is the error. */
  readonly signal: AbortSignal;
  /** The blocks of the file: each that is taken is audio that moved, and while the server waits for one it owes nothing. */
  follow(blocks: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /** The server took audio or said something. */
  moved(): void;
  end(): void;
}

class WatchedFile {
  sentBytes = 0;
  movedMs: number;
  /** Files that were under way when this one moved last: a server that works on them first has not stopped. */
  ahead: readonly WatchedFile[] = [];
  isWaitingForUs = false;
  readonly given = new AbortController();

  constructor(nowMs: number) {
    this.movedMs = nowMs;
  }
}

/**
 * Decides by movement of audio, never by an unanswered question, whether a server hangs: it does when audio that it was given stays without any sign for a time
 * derived from the length of that audio (and of what it has to do first) and from its own measured speed. Servers of S0 answer nothing while they decode.
 */
export class ProgressWatch implements Disposable {
  readonly #options: ProgressWatchOptions;
  readonly #files = new Set<WatchedFile>();
  #timer: Disposable | null = null;
  #dueMs = 0;
  #isSuspect = false;
  #hasHung = false;

  constructor(options: ProgressWatchOptions) {
    this.#options = options;
  }

  begin(): FileProgress {
    const file = new WatchedFile(this.#nowMs());
    file.ahead = [...this.#files];
    this.#files.add(file);
    this.#schedule();
    return {
      signal: file.given.signal,
      follow: (blocks) => this.#follow(file, blocks),
      moved: () => this.#moved(file),
      end: () => {
        this.#files.delete(file);
        // Or each file would keep those before it in memory.
        file.ahead = [];
        this.#schedule();
      },
    };
  }

  /** Ends every file that is under way with this error. */
  giveUp(error: NightshiftError): void {
    for (const file of this.#files) file.given.abort(error);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#files.clear();
  }

  async *#follow(file: WatchedFile, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    file.isWaitingForUs = true;
    try {
      for await (const block of blocks) {
        file.isWaitingForUs = false;
        file.sentBytes += block.length;
        this.#moved(file);
        yield block;
        file.isWaitingForUs = true;
        this.#moved(file);
      }
    } finally {
      file.isWaitingForUs = false;
      this.#moved(file);
    }
  }

  #moved(file: WatchedFile): void {
    if (!this.#files.has(file)) return;
    file.movedMs = this.#nowMs();
    file.ahead = [...this.#files].filter((other) => other !== file);
    // The timer stands where the oldest movement put it; it is set anew when it fires, not at every frame.
    if (this.#isSuspect || this.#timer === null) this.#schedule();
  }

  /** Looks at every file now and sets the timer for the next look. */
  #schedule(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    if (this.#hasHung) return;
    const nowMs = this.#nowMs();
    let nextMs = Infinity;
    let isSuspect = false;
    for (const file of this.#files) {
      if (file.isWaitingForUs) file.movedMs = nowMs;
      const limitMs = this.#limitMs(file);
      const silentMs = nowMs - file.movedMs;
      if (silentMs >= limitMs) {
        this.#hangs(file, limitMs);
        // The others are looked at when this one has ended.
        return;
      }
      const isLate = silentMs >= limitMs / 2;
      isSuspect ||= isLate;
      nextMs = Math.min(nextMs, (isLate ? limitMs : limitMs / 2) - silentMs);
    }
    if (isSuspect !== this.#isSuspect) {
      this.#isSuspect = isSuspect;
      this.#options.onSuspect(isSuspect);
    }
    if (nextMs === Infinity) return;
    this.#dueMs = nowMs + nextMs;
    this.#timer = this.#options.clock.setTimer(nextMs, () => this.#fired());
  }

  #fired(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#dueMs > LATE_MS) for (const file of this.#files) file.movedMs = nowMs;
    this.#schedule();
  }

  #limitMs(file: WatchedFile): number {
    const { limits, pace } = this.#options;
    return Math.max(limits.silenceLeastMs, this.#owedSec(file) * 1_000 * pace.perAudio(limits.silencePerAudio));
  }

  #owedSec(file: WatchedFile): number {
    return audioSecOf(file.ahead.reduce((bytes, other) => bytes + other.sentBytes, file.sentBytes));
  }

  #hangs(file: WatchedFile, limitMs: number): void {
    const timeoutMs = Math.round(limitMs);
    // Others that moved since say that the server lives: only this file is stuck.
    if ([...this.#files].some((other) => other.movedMs > file.movedMs + limitMs / 2)) {
      this.#files.delete(file);
      file.given.abort(new NightshiftError('SERVER_SILENT', { timeoutMs, timeoutSec: Math.round(limitMs / 1_000) }));
      this.#schedule();
      return;
    }
    this.#hasHung = true;
    this.#options.onHang({ timeoutMs, owedAudioSec: this.#owedSec(file) });
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
