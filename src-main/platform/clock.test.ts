import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeClock } from '../testing/clock.suite.ts';
import { FakeClock } from '../testing/fakeClock.ts';
import { createClock } from './clock.ts';

describeClock('of the system', () => ({ clock: createClock(), pass: (ms) => wait(ms) }));
describeClock('fake', () => {
  const clock = new FakeClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

describe('timers over 2^31 − 1 ms', () => {
  afterEach(() => void vi.useRealTimers());

  it('fire once, at their time, in pieces that setTimeout can take', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const delays: number[] = [];
    const original = globalThis.setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((fn: () => void, delayMs: number) => {
      delays.push(delayMs);
      return original(fn, delayMs);
    }) as typeof setTimeout);
    let fired = 0;
    const delayMs = 3 * 2 ** 31;
    createClock().setTimer(delayMs, () => {
      fired += 1;
    });
    vi.advanceTimersByTime(delayMs - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    expect(Math.max(...delays)).toBeLessThan(2 ** 31);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('can be disposed after the first piece', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    let fired = 0;
    const timer = createClock().setTimer(2 ** 32, () => {
      fired += 1;
    });
    vi.advanceTimersByTime(2 ** 31 + 5);
    timer[Symbol.dispose]();
    vi.advanceTimersByTime(2 ** 33);
    expect(fired).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
