import type { Random } from '#main/core/ports.ts';
import { RESTART_BUDGET } from '#shared/domain/server.ts';

/** Unasked exits within this time count together; an older one is forgiven. */
const WINDOW_MS = 10 * 60_000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
/** Delays vary by this share up and down, so that several servers do not load their models in step. */
const JITTER_RATIO = 0.2;

/** When a server that ended by itself starts again: after 1, 2, 4 … 60 s, at most five times in ten minutes. */
export class RestartPolicy {
  readonly #random: Random;
  #exitsMs: number[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Records an exit.
   * @param nowMs monotonic
   * @returns how long to wait before the restart, milliseconds; null when the budget is spent
   */
  exited(nowMs: number): number | null {
    this.#exitsMs.push(nowMs);
    const count = this.count(nowMs);
    if (count > RESTART_BUDGET) return null;
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (count - 1));
    return Math.round(delayMs * (1 - JITTER_RATIO + 2 * JITTER_RATIO * this.#random.ratio()));
  }

  /** Unasked exits in the current window. */
  count(nowMs: number): number {
    this.#exitsMs = this.#exitsMs.filter((exitMs) => nowMs - exitMs < WINDOW_MS);
    return this.#exitsMs.length;
  }

  /** The user acted: all exits so far count no more. */
  forgive(): void {
    this.#exitsMs = [];
  }
}
