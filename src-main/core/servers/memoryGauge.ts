import type { Clock } from '#main/core/ports.ts';

/** Least time between two looks. */
const EVERY_MS = 1_000;

/** Resident memory of one server's process tree: looked at once a second while it is watched, otherwise when somebody asks. */
export class MemoryGauge {
  readonly #clock: Clock;
  #ask: (() => Promise<number | null>) | null = null;
  #bytes: number | null = null;
  #atMs = -Infinity;
  #isAsking = false;
  #timer: Disposable | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As last seen, bytes; null while nothing runs and where the system does not say. */
  get bytes(): number | null {
    return this.#bytes;
  }

  /** Another process, or (null) none. */
  measure(ask: (() => Promise<number | null>) | null): void {
    this.#ask = ask;
    this.#bytes = null;
    this.#atMs = -Infinity;
  }

  /** Looks again unless that was less than a second ago. */
  async refresh(): Promise<void> {
    const ask = this.#ask;
    if (ask === null || this.#isAsking || this.#clock.monotonicMs() - this.#atMs < EVERY_MS) return;
    this.#isAsking = true;
    const bytes = await ask();
    this.#isAsking = false;
    if (this.#ask !== ask) return;
    this.#bytes = bytes;
    this.#atMs = this.#clock.monotonicMs();
  }

  /** Looks every second as long as `isWanted` says so. @param onSeen with each new value */
  watch(isWanted: () => boolean, onSeen: (bytes: number | null) => void): void {
    if (this.#timer !== null) return;
    const look = async (): Promise<void> => {
      this.#timer = null;
      if (!isWanted()) return;
      const before = this.#bytes;
      await this.refresh();
      if (this.#bytes !== before) onSeen(this.#bytes);
      if (isWanted()) this.watch(isWanted, onSeen);
    };
    this.#timer = this.#clock.setTimer(EVERY_MS, () => void look());
  }
}
