import { expect, test } from 'vitest';
import { suggestedWorkers } from './workers.ts';

test('leaves a core or two free and gives each worker 2 GB', () => {
  const sixtyFour = 64 * 1024 ** 3;
  expect([1, 2, 4, 8, 16].map((cores) => suggestedWorkers(cores, sixtyFour))).toEqual([1, 1, 3, 6, 14]);
  expect(suggestedWorkers(16, 8 * 1024 ** 3)).toBe(4);
  expect(suggestedWorkers(16, 1024 ** 3)).toBe(1);
});
