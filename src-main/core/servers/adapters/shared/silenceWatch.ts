import type { Clock } from '#main/core/ports.ts';

export interface SilenceLimits {
  /** At least so long, milliseconds … */
  readonly silenceLeastMs: number;
  /** … and so many seconds for each second of audio sent. */
  readonly silencePerAudio: number;
}

/**
 * Tells when a server whose move it is neither took audio nor said anything for a time that grows with the audio sent. While we wait for
 * audio ourselves the server owes nothing.
 */
export class SilenceWatch implements Disposable {
  /** Set while the next move is the server's. */
  isServersTurn = false;
  readonly #clock: Clock;
  readonly #limits: SilenceLimits;
  readonly #sentAudioSec: () => number;
  readonly #onSilent: (limitMs: number) => void;
  readonly #onMoved: (() => void) | null;
  #progressMs: number;
  #timer: Disposable | null = null;

  /** @param onMoved told of all progress by somebody who decides about silence; there is no limit here then */
  constructor(
    clock: Clock,
    limits: SilenceLimits,
    sentAudioSec: () => number,
    onSilent: (limitMs: number) => void,
    onMoved: (() => void) | null = null,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#sentAudioSec = sentAudioSec;
    this.#onSilent = onSilent;
    this.#onMoved = onMoved;
    this.#progressMs = clock.monotonicMs();
    if (onMoved === null) this.#look();
  }

  progress(): void {
    this.#onMoved?.();
    this.#progressMs = this.#clock.monotonicMs();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #look(): void {
    const { silenceLeastMs, silencePerAudio } = this.#limits;
    const limitMs = Math.max(silenceLeastMs, this.#sentAudioSec() * 1_000 * silencePerAudio);
    if (!this.isServersTurn) this.progress();
    const leftMs = this.#progressMs + limitMs - this.#clock.monotonicMs();
    if (leftMs <= 0) this.#onSilent(limitMs);
    else this.#timer = this.#clock.setTimer(leftMs, () => this.#look());
  }
}
