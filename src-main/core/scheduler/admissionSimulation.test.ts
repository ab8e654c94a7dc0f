import { expect, test } from 'vitest';
import { admissionPolicy, fixedPolicy, meanNight, simulateNight } from '#main/testing/admissionMachine.ts';

const SEEDS = 20;
const ours = meanNight(admissionPolicy, SEEDS);
/** Fixed numbers of workers are compared only where they stay under this, s in two hours. */
const MAX_OVER_SEC = 600;

test('reservation keeps the machine within its memory and does the work of the best number that a hand could pick', () => {
  const fixed = [6, 7, 8]
    .map((count) => meanNight(() => fixedPolicy(count), SEEDS))
    .filter(({ overLimitSec }) => overLimitSec < MAX_OVER_SEC * 1.01);
  expect(fixed.length).toBeGreaterThan(0);
  expect(ours.overLimitSec).toBeLessThanOrEqual(100);
  expect(ours.kills).toBeLessThanOrEqual(0.2);
  expect(ours.done).toBeGreaterThanOrEqual(0.95 * Math.max(...fixed.map(({ done }) => done)));
});

test('what the machine takes from others and gives back is used again a minute later', () => {
  const { doneBefore, doneAfter } = ours;
  expect(doneAfter).toBeGreaterThanOrEqual(0.9 * doneBefore);
});

test('the machine would be overrun without it, and a seed is a night', () => {
  expect(meanNight(() => fixedPolicy(12), 3).kills).toBeGreaterThan(20);
  expect(simulateNight(admissionPolicy(), 7)).toEqual(simulateNight(admissionPolicy(), 7));
});
