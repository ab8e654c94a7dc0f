import type { Clock } from '../core/ports.ts';
import { sleepOn } from './sleep.ts';

/** Longest delay `setTimeout` takes, milliseconds; above it Node fires at once (nodejs.org/api/timers.html). */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The system's clock. Timers keep the process alive until they fire or are disposed. */
export function createClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer,
    sleep: (delayMs, signal) => sleepOn(setTimer, delayMs, signal),
  };
}

function setTimer(delayMs: number, fn: () => void): Disposable {
  const dueMs = performance.now() + delayMs;
  const arm = (leftMs: number): NodeJS.Timeout =>
    leftMs > MAX_TIMEOUT_MS
      ? setTimeout(() => {
          timeout = arm(dueMs - performance.now());
        }, MAX_TIMEOUT_MS)
      : setTimeout(fn, Math.max(0, leftMs));
  let timeout = arm(delayMs);
  return { [Symbol.dispose]: () => clearTimeout(timeout) };
}
