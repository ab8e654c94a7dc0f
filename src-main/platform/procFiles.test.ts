import { describe, expect, it } from 'vitest';
import { cpuPercentBetween, parseChildren, parseCpuTimes, parseMemory, parseRssBytes } from './procFiles.ts';

describe('parseCpuTimes', () => {
  it('adds the cores up, with waiting as idle and guests counted once', () => {
    const stat = 'cpu  100 20 30 800 40 5 3 2 60 10\ncpu0 50 10 15 400 20 2 1 1 30 5\nintr 123 0 0\n';
    expect(parseCpuTimes(stat)).toEqual({ busy: 160, total: 1000 });
  });

  it('reads kernels with fewer columns and refuses what is no such file', () => {
    expect(parseCpuTimes('cpu  1 2 3 4\n')).toEqual({ busy: 6, total: 10 });
    for (const text of ['', 'cpu0 1 2 3 4\n', 'cpu  1 2\n', 'cpu  a b c d\n']) expect(parseCpuTimes(text)).toBeNull();
  });
});

describe('cpuPercentBetween', () => {
  it('is the busy share of what has passed', () => {
    expect(cpuPercentBetween({ busy: 100, total: 1000 }, { busy: 150, total: 1200 })).toBe(25);
    expect(cpuPercentBetween({ busy: 0, total: 0 }, { busy: 100, total: 100 })).toBe(100);
  });

  it('is at most 100 and unknown where the counters make no sense', () => {
    expect(cpuPercentBetween({ busy: 0, total: 0 }, { busy: 110, total: 100 })).toBe(100);
    expect(cpuPercentBetween({ busy: 5, total: 100 }, { busy: 5, total: 100 })).toBeNull();
    expect(cpuPercentBetween({ busy: 50, total: 100 }, { busy: 40, total: 200 })).toBeNull();
  });
});

describe('parseMemory', () => {
  it('takes available, not free, memory as what is left', () => {
    const text = 'MemTotal:       16384000 kB\nMemFree:          100000 kB\nMemAvailable:    8192000 kB\nBuffers:  1 kB\n';
    expect(parseMemory(text)).toEqual({ usedBytes: 8_192_000 * 1024, totalBytes: 16_384_000 * 1024 });
  });

  it('is unknown without both figures', () => {
    expect(parseMemory('MemTotal: 5 kB\nMemFree: 2 kB\n')).toBeNull();
    expect(parseMemory('')).toBeNull();
  });
});

it('reads the resident size, which an ended process does not have', () => {
  expect(parseRssBytes('Name:\tnode\nVmPeak:\t  999 kB\nVmRSS:\t   51236 kB\n')).toBe(51_236 * 1024);
  expect(parseRssBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBeNull();
});

it('reads lists of children', () => {
  expect(parseChildren('12 345 ')).toEqual([12, 345]);
  expect(parseChildren('')).toEqual([]);
});
