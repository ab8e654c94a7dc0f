import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock } from '../core/ports.ts';
import { sleepOn } from '../platform/sleep.ts';

interface FakeTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** 2026-01-01T00:00Z: any fixed moment, so that stored times are the same in every test run. */
const START_MS = Date.UTC(2026, 0, 1);
/** Event loop turns without a new timer after which code under test counts as waiting. */
const QUIET_TURNS = 5;

/**
 * Clock that moves only when a test says so. Due timers run in the order of their times, those of one moment in the order they were
 * set, and between two timers everything that was waiting on promises goes on first. A timer that throws fails the `advance` it ran in.
 */
export class FakeClock implements Clock {
  #elapsedMs = 0;
  #startMs: number;
  #order = 0;
  readonly #timers = new Set<FakeTimer>();

  constructor(startMs: number = START_MS) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  readonly setTimer = (delayMs: number, fn: () => void): Disposable => {
    const timer: FakeTimer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  };

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this.setTimer, delayMs, signal);
  }

  /** Timers that have neither fired nor been disposed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; null when none is set. */
  get nextTimerInMs(): number | null {
    const next = this.#next();
    return next === null ? null : next.dueMs - this.#elapsedMs;
  }

  /** Moves the wall clock only, as a changed system time or a sleeping machine does. */
  jumpWallClock(byMs: number): void {
    this.#startMs += byMs;
  }

  /** Moves by `ms`, running every timer that becomes due on the way, also those set meanwhile. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await this.whenIdle();
    for (let timer = this.#next(); timer !== null && timer.dueMs <= untilMs; timer = this.#next()) {
      this.#fire(timer);
      await this.whenIdle();
    }
    this.#elapsedMs = untilMs;
  }

  /**
   * Moves from timer to timer until `condition` holds. Where nothing is due it waits for real work (a file, a thread) to go on.
   * @throws INVARIANT_BROKEN when it does not hold within `limitMs` of fake time.
   */
  async advanceUntil(condition: () => boolean, limitMs = 86_400_000): Promise<void> {
    const untilMs = this.#elapsedMs + limitMs;
    await this.whenIdle();
    while (!condition()) {
      const timer = this.#next();
      if (timer !== null && timer.dueMs > untilMs) {
        throw new NightshiftError('INVARIANT_BROKEN', { detail: `condition did not hold within ${limitMs} ms of fake time` });
      }
      if (timer !== null) this.#fire(timer);
      await this.whenIdle();
    }
  }

  /** Resolves when code that was waiting on promises has gone as far as it can and sets no more timers. Time stands still. */
  async whenIdle(): Promise<void> {
    let seen = this.#order;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise(setImmediate);
      if (seen !== this.#order) quiet = 0;
      seen = this.#order;
    }
  }

  #next(): FakeTimer | null {
    let next: FakeTimer | null = null;
    for (const timer of this.#timers) {
      if (next === null || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #fire(timer: FakeTimer): void {
    this.#timers.delete(timer);
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
    timer.fn();
  }
}
