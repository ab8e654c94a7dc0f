import { describe, expect, test } from 'vitest';
import type { Sample } from '#shared/contract/resources.ts';
import { idleSample } from '#main/testing/night.ts';
import { Admission } from './admission.ts';
import { LearnedPeaks } from './learnedPeaks.ts';

const BYTES_PER_MB = 1024 * 1024;

interface Bench {
  readonly admission: Admission;
  readonly own: LearnedPeaks;
  readonly machine: LearnedPeaks;
  /** Starts as many as may be started. @returns how many are under way */
  fill(): number;
  end(count: number): void;
  read(change: Partial<Sample>): void;
}

/** 10 cores, CPU limit 90 %, memory limit 2,048 MB; every task has 256 MB reserved until something is learnt. */
function bench(capacity: number): Bench {
  const own = new LearnedPeaks('own');
  const machine = new LearnedPeaks('machine');
  const admission = new Admission({ cpuLimitPercent: 90, memoryLimitMb: 2_048 }, { own, machine }, 10);
  admission.join('streaming', capacity);
  const running: number[] = [];
  let next = 1;
  return {
    admission,
    own,
    machine,
    fill: () => {
      while (admission.mayStart('streaming')) {
        running.push(next);
        admission.started(next++, 'streaming');
      }
      return running.length;
    },
    end: (count) => {
      for (const id of running.splice(0, count)) admission.ended(id);
    },
    read: (change) => admission.takeSample(idleSample(change)),
  };
}

const mb = (count: number): number => count * BYTES_PER_MB;

describe('memory', () => {
  test('no more is started than has its memory reserved, before anything was read', () => {
    const { admission, fill } = bench(20);
    expect(fill()).toBe(8);
    expect(admission).toMatchObject({ allowed: 8, reason: 'memoryLimit' });
    expect(admission.facts).toEqual({ possible: 20, forecastMb: 9 * 256, limitMb: 2_048, cpuPercent: null, cpuLimitPercent: 90 });
  });

  test('what tasks were seen to need lets more of them in, one a second', () => {
    const { admission, own, fill, read } = bench(20);
    own.restore([{ memory: 'own', type: 'transcribe', mode: 'streaming', peaksMb: Array.from({ length: 50 }, () => 64) }]);
    fill();
    const allowed = [];
    for (let second = 0; second < 14; second += 1) {
      read({ ownRssBytes: mb(300) });
      allowed.push(admission.allowed);
      fill();
    }
    expect(allowed).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 20, 20]);
    expect(admission.reason).toBeNull();
  });

  test('a task that has not grown yet still has its growth reserved', () => {
    const { fill, read, end } = bench(20);
    read({ ownRssBytes: mb(1_000) });
    expect(fill()).toBe(4);
    end(2);
    read({ ownRssBytes: mb(1_100) });
    // 1,100 in use, 2 × (256 − 25) to come, and 256 for a newcomer; with two it would be 2,074.
    expect(fill()).toBe(3);
  });

  test('growth is learnt as the part of each, and outlives the run', () => {
    const { own, machine, fill, read, end } = bench(4);
    for (let round = 0; round < 5; round += 1) {
      read({ ownRssBytes: mb(200), servers: [{ id: 'a', rssBytes: mb(1_000), cpuPercent: null }] });
      fill();
      read({ ownRssBytes: mb(600), servers: [{ id: 'a', rssBytes: mb(1_800), cpuPercent: null }] });
      end(4);
    }
    read({ ownRssBytes: mb(200) });
    const streaming = { type: 'transcribe', mode: 'streaming' } as const;
    expect(own.expected(streaming)).toEqual({ meanMb: 100, newcomerMb: 100 });
    expect(machine.expected(streaming)).toEqual({ meanMb: 300, newcomerMb: 300 });
    expect(own.takeChanged()).toMatchObject([{ memory: 'own', mode: 'streaming', peaksMb: Array.from({ length: 20 }, () => 100) }]);
    expect(own.takeChanged()).toEqual([]);
  });

  test('a server that comes is nobody’s growth', () => {
    const { machine, fill, read, end } = bench(5);
    read({});
    fill();
    read({ servers: [{ id: 'a', rssBytes: mb(4_000), cpuPercent: null }] });
    end(5);
    read({ servers: [{ id: 'a', rssBytes: mb(4_000), cpuPercent: null }] });
    expect(machine.expected({ type: 'transcribe', mode: 'streaming' }).meanMb).toBe(16);
  });

  test('whatever fills the machine, servers or others, nothing is started above 85 % of its memory', () => {
    const { admission, fill, read } = bench(4);
    read({ memoryUsedBytes: mb(8_200), memoryTotalBytes: mb(10_000) });
    expect(fill()).toBe(1);
    expect(admission.reason).toBe('machineMemory');
    expect(admission.facts).toMatchObject({ possible: 4, limitMb: 8_500 });
    for (let second = 0; second < 3; second += 1) read({ memoryUsedBytes: mb(5_000), memoryTotalBytes: mb(10_000) });
    expect(admission).toMatchObject({ allowed: 4, reason: null });
  });
});

describe('CPU', () => {
  test('a busy machine gets less by not starting, never under one, and the reason is named', () => {
    const { admission, fill, end, read } = bench(3);
    expect(fill()).toBe(3);
    for (let second = 0; second < 20; second += 1) {
      read({ cpuPercent: 99 });
      fill();
    }
    expect(admission.reason).toBe('cpuLimit');
    expect(admission.facts).toMatchObject({ possible: 3, forecastMb: null, cpuLimitPercent: 90 });
    end(3);
    for (let second = 0; second < 20; second += 1) read({ cpuPercent: 99 });
    expect(admission.allowed).toBe(1);
    expect(fill()).toBe(1);
  });

  test('a peak of one second holds nothing back', () => {
    const { admission, fill, read } = bench(2);
    fill();
    for (let second = 0; second < 9; second += 1) read({ cpuPercent: 30 });
    read({ cpuPercent: 100 });
    expect(admission).toMatchObject({ allowed: 2, reason: null });
  });

  test('afterwards it is one more a second, and the reason stays until all are back', () => {
    const { admission, fill, end, read } = bench(4);
    fill();
    for (let second = 0; second < 20; second += 1) read({ cpuPercent: 100 });
    end(4);
    for (let second = 0; second < 20; second += 1) read({ cpuPercent: 100 });
    expect(admission.allowed).toBe(1);
    const allowed = [];
    while (admission.reason !== null && allowed.length < 30) {
      read({ cpuPercent: 0 });
      allowed.push(admission.allowed);
    }
    expect(allowed.slice(-3)).toEqual([2, 3, 4]);
  });

  test('a machine that does not say its CPU use, and a limit of 100 %, throttle nothing', () => {
    const { admission, read } = bench(2);
    read({ cpuPercent: null });
    expect(admission.allowed).toBe(2);
    const peaks = { own: new LearnedPeaks('own'), machine: new LearnedPeaks('machine') };
    const free = new Admission({ cpuLimitPercent: 100, memoryLimitMb: 2_048 }, peaks, 50);
    free.join('streaming', 2);
    free.started(1, 'streaming');
    for (let second = 0; second < 9; second += 1) free.takeSample(idleSample({ cpuPercent: 100 }));
    expect(free).toMatchObject({ allowed: 2, reason: null });
  });
});

describe('modes', () => {
  test('share what is allowed, and another one that joins gets no more while a limit holds', () => {
    const { admission, fill, end, read } = bench(2);
    admission.join('chunked', 2);
    expect(admission.allowed).toBe(4);
    expect(fill()).toBe(4);
    end(4);
    for (let reading = 0; reading < 20; reading += 1) read({ cpuPercent: 100 });
    expect(admission.allowed).toBe(1);
    admission.join('original', 2);
    expect(admission).toMatchObject({ allowed: 1, reason: 'cpuLimit' });
  });

  test('with the last mode gone nothing may start, and the next one begins anew', () => {
    const { admission, read } = bench(2);
    admission.leave('streaming');
    expect(admission).toMatchObject({ allowed: 0, reason: null, facts: null });
    expect(admission.mayStart('streaming')).toBe(false);
    read({ cpuPercent: 10 });
    expect(admission.allowed).toBe(0);
    admission.join('chunked', 4);
    expect(admission.allowed).toBe(4);
  });

  test('servers that turn out to take fewer are no limit of the machine', () => {
    const { admission } = bench(8);
    admission.join('streaming', 2);
    expect(admission).toMatchObject({ allowed: 2, reason: null });
    admission.join('streaming', 3);
    expect(admission.allowed).toBe(3);
  });
});
