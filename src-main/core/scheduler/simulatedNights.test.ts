import { expect, test } from 'vitest';
import { simulateNight } from '#main/testing/simulation/simulatedNight.ts';

/** `npm run bench:nights` passes thousands. */
const NIGHTS = 20;
/** Nights that once went wrong: 3 when a file was held back in the instant it began. */
const KEPT_SEEDS: readonly number[] = [3];

test('a night ends with one outcome for each file, whatever servers, power and user do', async () => {
  const seeds = [...KEPT_SEEDS, ...Array.from({ length: NIGHTS }, (_, index) => 100 + index)];
  const sums = { tries: 0, kills: 0, failed: 0 };
  for (const seed of seeds) {
    const report = await simulateNight(seed);
    sums.tries += report.tries;
    sums.kills += report.kills;
    sums.failed += report.failed;
  }
  // What the seeds dealt must be worth the name.
  expect(sums.tries).toBeGreaterThan(NIGHTS * 100);
  expect(sums.kills).toBeGreaterThan(NIGHTS);
  expect(sums.failed).toBeGreaterThan(0);
}, 180_000);

test('a seed is the same night every time', async () => {
  expect(await simulateNight(5)).toEqual(await simulateNight(5));
});
