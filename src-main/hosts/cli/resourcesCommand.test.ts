import { expect, test } from 'vitest';
import type { RunHistory } from '#shared/contract/resources.ts';
import { tableLines } from './resourcesCommand.ts';

const HISTORY: RunHistory = {
  ...{ fromMs: 0, toMs: 20_000, firstMs: 0, lastMs: 20_000, bucketMs: 10_000, atMs: [0, 10_000] },
  ...{ marks: [], isAllMarks: true, failures: [{ atMs: 10_000, count: 3 }] },
  series: [
    { figure: 'cpuPercent', subject: '', name: null, min: [1, 2], mean: [41.6, 50], max: [97, 60] },
    { figure: 'ownRssBytes', subject: '', name: null, min: [0, 0], mean: [0, 0], max: [2 ** 30, 2 ** 29] },
    { figure: 'gpuUtilizationPercent', subject: '0', name: 'Card', min: [null, 5], mean: [null, 5], max: [null, 5] },
  ],
};

test('a table has a line for each stretch, and a dash where nothing was measured', () => {
  const cells = tableLines(HISTORY).map((line) => line.split(/ {2,}/).slice(1));
  expect(cells).toEqual([
    ['CPU mean/max', 'memory GB', 'own GB', 'servers GB', 'GPU mean/max', 'GPU memory GB', 'failed files'],
    ['42 / 97 %', '–', '1.00', '–', '–', '–', '0'],
    ['50 / 60 %', '–', '0.50', '–', '5 / 5 %', '–', '3'],
  ]);
  expect(tableLines({ ...HISTORY, atMs: [], series: [] })).toEqual([]);
});
