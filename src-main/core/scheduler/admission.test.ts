import { expect, test } from 'vitest';
import type { Sample } from '#shared/contract/resources.ts';
import { nextAdmission } from './admission.ts';

const LIMITS = { cpuLimitPercent: 90, memoryLimitMb: 2_048 };

function sample(cpuPercent: number | null, ownMb: number): Sample {
  return {
    atMs: 0,
    cpuPercent,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    ownRssBytes: ownMb * 1024 * 1024,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
  };
}

test('one worker fewer for each reading above a limit, never under one, and the reason is named', () => {
  expect(nextAdmission(4, 4, sample(95, 100), LIMITS)).toEqual({ allowed: 3, reason: 'cpuLimit' });
  expect(nextAdmission(4, 4, sample(10, 3_000), LIMITS)).toEqual({ allowed: 3, reason: 'memoryLimit' });
  expect(nextAdmission(1, 4, sample(99, 9_000), LIMITS)).toEqual({ allowed: 1, reason: 'memoryLimit' });
});

test('one worker more for each calm reading, never above the capacity', () => {
  expect(nextAdmission(1, 4, sample(50, 100), LIMITS)).toEqual({ allowed: 2, reason: null });
  expect(nextAdmission(4, 4, sample(90, 2_048), LIMITS)).toEqual({ allowed: 4, reason: null });
  expect(nextAdmission(4, 2, sample(50, 100), LIMITS)).toEqual({ allowed: 2, reason: null });
});

test('a machine that does not say its CPU use is not throttled for it', () => {
  expect(nextAdmission(1, 2, sample(null, 100), LIMITS)).toEqual({ allowed: 2, reason: null });
});
