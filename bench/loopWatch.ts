import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopFacts {
  /** CPU of this thread from one turn of its timers to the next: what other processes took does not count. */
  readonly longestHoldMs: number;
  readonly p99HoldMs: number;
  readonly holdsOver20Ms: number;
  /** CPU of this thread, all in all. */
  readonly cpuMs: number;
  /** By the clock, with what other processes took. */
  readonly p99DelayMs: number;
  readonly longestDelayMs: number;
}

export interface LoopWatch {
  end(): LoopFacts;
}

/** Watches how long this thread's event loop is held, from a timer that comes round every millisecond. */
export function watchLoop(): LoopWatch {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const first = process.threadCpuUsage();
  const holds: number[] = [];
  let last = first;
  const look = (): void => {
    const now = process.threadCpuUsage();
    holds.push((now.user + now.system - last.user - last.system) / 1_000);
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    end() {
      look();
      clearInterval(timer);
      delay.disable();
      const sorted = holds.toSorted((left, right) => left - right);
      return {
        longestHoldMs: sorted.at(-1) ?? 0,
        p99HoldMs: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
        holdsOver20Ms: sorted.filter((ms) => ms > 20).length,
        cpuMs: (last.user + last.system - first.user - first.system) / 1_000,
        // The histogram counts from the resolution on.
        p99DelayMs: delay.percentile(99) / 1e6 - 1,
        longestDelayMs: delay.max / 1e6 - 1,
      };
    },
  };
}
