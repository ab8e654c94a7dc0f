import { expect, test } from 'vitest';
import { createFakeRandom } from '#main/testing/fakeRandom.ts';
import { RestartPolicy } from './restartPolicy.ts';

const MINUTE_MS = 60_000;

test('five restarts, each after about twice the time of the last, then none', () => {
  const policy = new RestartPolicy({ ...createFakeRandom(), ratio: () => 0.5 });
  expect(Array.from({ length: 6 }, (_, i) => policy.exited(i * 1_000))).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, null]);
  expect(policy.count(6_000)).toBe(6);
});

test('an exit ten minutes ago counts no more', () => {
  const policy = new RestartPolicy({ ...createFakeRandom(), ratio: () => 0.5 });
  for (let i = 0; i < 5; i += 1) policy.exited(i * MINUTE_MS);
  expect(policy.exited(9 * MINUTE_MS)).toBeNull();
  expect(policy.exited(19 * MINUTE_MS + 1)).toBe(1_000);
});

test('jitter stays within a fifth', () => {
  const random = createFakeRandom(7);
  for (let i = 0; i < 200; i += 1) {
    const delayMs = new RestartPolicy(random).exited(0);
    expect(delayMs).toBeGreaterThanOrEqual(800);
    expect(delayMs).toBeLessThanOrEqual(1_200);
  }
});

test('when the user acts all is forgiven', () => {
  const policy = new RestartPolicy({ ...createFakeRandom(), ratio: () => 0.5 });
  for (let i = 0; i < 6; i += 1) policy.exited(0);
  policy.forgive();
  expect(policy.count(0)).toBe(0);
  expect(policy.exited(0)).toBe(1_000);
});
