import { CLEAR_AFTER_MS, RAISE_AFTER_MS } from '#shared/domain/alert.ts';

/** Where a value stands against its pair of thresholds. */
export type Verdict = 'beyond' | 'between' | 'within';

/** Longest time that one reading stands for, so that a machine that slept has not been hot all the while. */
const READING_STANDS_MS = 15_000;

/**
 * One thing that may go beyond its threshold: begins an episode when it stayed beyond for long enough, and ends it when it stayed within. Time without a
 * reading counts for neither.
 */
export class EpisodeGauge {
  #isRaised: boolean;
  /** How long it has stood on the side that would change the state. */
  #heldMs = 0;
  #isHolding = false;
  #lastMs: number | null = null;

  constructor(isRaised = false) {
    this.#isRaised = isRaised;
  }

  get isRaised(): boolean {
    return this.#isRaised;
  }

  /** @param verdict null: there is no reading @param monotonicMs does not go back */
  take(verdict: Verdict | null, monotonicMs: number): 'raised' | 'cleared' | null {
    const passedMs = this.#lastMs === null ? 0 : Math.min(monotonicMs - this.#lastMs, READING_STANDS_MS);
    this.#lastMs = monotonicMs;
    if (verdict === null) {
      this.#isHolding = false;
      return null;
    }
    if (verdict !== (this.#isRaised ? 'within' : 'beyond')) {
      this.#heldMs = 0;
      this.#isHolding = false;
      return null;
    }
    if (this.#isHolding) this.#heldMs += passedMs;
    this.#isHolding = true;
    if (this.#heldMs < (this.#isRaised ? CLEAR_AFTER_MS : RAISE_AFTER_MS)) return null;
    this.#isRaised = !this.#isRaised;
    this.#heldMs = 0;
    this.#isHolding = false;
    return this.#isRaised ? 'raised' : 'cleared';
  }
}

/** For a value that is bad when it is high. */
export function verdictOf(value: number, raise: number, clear: number): Verdict {
  return value >= raise ? 'beyond' : value <= clear ? 'within' : 'between';
}
