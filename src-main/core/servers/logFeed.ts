import type { Clock } from '../ports.ts';
import type { ServerLines } from './outputLog.ts';

export interface FurtherLines {
  readonly lines: string[];
  /** Where to go on. */
  readonly next: number;
}

/** The lines of a server with a number, so that whoever looks on can say which ones it has seen. */
export class LogFeed {
  readonly #lines: ServerLines;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(lines: ServerLines, clock: Clock) {
    this.#lines = lines;
    this.#clock = clock;
    lines.follow(() => {
      this.#count += 1;
      for (const wake of this.#waiting) wake();
    });
  }

  /** Lines since this owner began. */
  get count(): number {
    return this.#count;
  }

  /** The lines after `after`, at most the last `most`; waits up to `waitMs` when there is none yet. */
  async since(after: number, most: number, waitMs: number): Promise<FurtherLines> {
    // An owner that began anew counts from the start.
    const seen = Math.min(after, this.#count);
    if (seen === this.#count && waitMs > 0) await this.#nextLine(waitMs);
    return { lines: this.#lines.tail(Math.min(this.#count - seen, most)), next: this.#count };
  }

  #nextLine(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        timer[Symbol.dispose]();
        this.#waiting.delete(settle);
        resolve();
      };
      const timer = this.#clock.setTimer(waitMs, settle);
      this.#waiting.add(settle);
    });
  }
}
