import { describe, expect, it } from 'vitest';
import { FakeClock } from './fakeClock.ts';

describe('FakeClock', () => {
  it('passes eight hours of polling in the order it would happen', async () => {
    const clock = new FakeClock();
    const hours: number[] = [];
    const start = clock.nowMs();
    const poll = async (): Promise<void> => {
      while (hours.length < 8) {
        await clock.sleep(3_600_000);
        hours.push((clock.nowMs() - start) / 3_600_000);
      }
    };
    const polling = poll();
    await clock.advance(8 * 3_600_000);
    await polling;
    expect(hours).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('shows a timer its own time, not the end of the advance', async () => {
    const clock = new FakeClock();
    let seenMs = -1;
    clock.setTimer(40, () => {
      seenMs = clock.monotonicMs();
    });
    expect(clock.nextTimerInMs).toBe(40);
    await clock.advance(100);
    expect(seenMs).toBe(40);
    expect(clock.monotonicMs()).toBe(100);
    expect(clock.nextTimerInMs).toBeNull();
  });

  it('advances to the moment a condition holds, and says so when it never does', async () => {
    const clock = new FakeClock();
    let beats = 0;
    const beat = (): void => {
      beats += 1;
      clock.setTimer(1_000, beat);
    };
    beat();
    await clock.advanceUntil(() => beats === 4);
    expect(clock.monotonicMs()).toBe(3_000);
    await expect(clock.advanceUntil(() => false, 10_000)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
  });

  it('moves the wall clock alone when the system time jumps', () => {
    const clock = new FakeClock(1_000);
    clock.jumpWallClock(-400);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([600, 0]);
  });

  it('fails the advance in which a timer throws', async () => {
    const clock = new FakeClock();
    clock.setTimer(1, () => {
      throw new Error('planted');
    });
    await expect(clock.advance(2)).rejects.toThrow('planted');
  });
});
