import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/ports.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets `ms` pass: by waiting or by moving the clock. */
  pass(ms: number): Promise<void>;
}

/** What every Clock does; run against the system's and the fake one. */
export function describeClock(name: string, create: () => ClockUnderTest): void {
  describe(`Clock: ${name}`, () => {
    it('runs timers in the order of their times, and those of one moment in the order they were set', async () => {
      const { clock, pass } = create();
      const ran: string[] = [];
      clock.setTimer(30, () => ran.push('late'));
      clock.setTimer(5, () => ran.push('early'));
      clock.setTimer(5, () => ran.push('early too'));
      await pass(60);
      expect(ran).toEqual(['early', 'early too', 'late']);
    });

    it('moves both readings forward by what has passed', async () => {
      const { clock, pass } = create();
      const [wallMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
      await pass(20);
      expect(clock.nowMs()).toBeGreaterThan(wallMs);
      expect(clock.monotonicMs()).toBeGreaterThan(monotonicMs);
    });

    it('never runs a disposed timer, and disposing twice or after it ran is harmless', async () => {
      const { clock, pass } = create();
      const ran: string[] = [];
      const cancelled = clock.setTimer(5, () => ran.push('cancelled'));
      const done = clock.setTimer(5, () => ran.push('done'));
      cancelled[Symbol.dispose]();
      cancelled[Symbol.dispose]();
      await pass(30);
      done[Symbol.dispose]();
      expect(ran).toEqual(['done']);
    });

    it('does not fire a timer of more than 2^31 ms at once', async () => {
      const { clock, pass } = create();
      let fired = false;
      const timer = clock.setTimer(2 ** 31 + 1_000, () => {
        fired = true;
      });
      await pass(20);
      expect(fired).toBe(false);
      timer[Symbol.dispose]();
    });

    it('treats a negative delay as none', async () => {
      const { clock, pass } = create();
      let fired = false;
      clock.setTimer(-5, () => {
        fired = true;
      });
      await pass(10);
      expect(fired).toBe(true);
    });

    it('sleeps until the time has come', async () => {
      const { clock, pass } = create();
      let awake = false;
      const sleeping = clock.sleep(10).then(() => {
        awake = true;
      });
      expect(awake).toBe(false);
      await pass(40);
      await sleeping;
      expect(awake).toBe(true);
    });

    it('ends a sleep with CANCELLED when its signal aborts, at once when it was aborted before', async () => {
      const { clock } = create();
      const controller = new AbortController();
      const sleeping = clock.sleep(60_000, controller.signal);
      controller.abort();
      await expect(sleeping).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(clock.sleep(60_000, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    it('leaves no listener on a signal that outlives many sleeps', async () => {
      const { clock, pass } = create();
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      };
      const sleeps = Array.from({ length: 20 }, () => clock.sleep(1, signal));
      expect(listeners).toBe(20);
      await pass(20);
      await Promise.all(sleeps);
      expect(listeners).toBe(0);
    });
  });
}
