import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareRoutes } from '#shared/contract/compare.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { MODES } from '#shared/domain/mode.ts';
import { openWriter } from '#main/core/persistence/connection.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { smallNight } from '#main/testing/reportRows.ts';
import { createCompareService, type CompareService } from './compareService.ts';

let folder: string;
let runId: number;
let service: CompareService;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-compare-'));
  const path = join(folder, 'nightshift.db');
  const connection = openWriter(path);
  runId = plantRun(connection, smallNight(), RunOptionsSchema.parse({ modes: [...MODES] }));
  connection.close();
  service = createCompareService(path);
});

afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

test('the thread answers each question, and says why it cannot', async () => {
  const systems = MODES.map((mode) => ({ runId, mode }));
  const open = compareRoutes['compare.open'].input.parse({ systems });
  const [comparison, page, refused, trend] = await Promise.allSettled([
    service.ask('compare.open', open),
    service.ask('compare.items', compareRoutes['compare.items'].input.parse({ systems, limit: 5 })),
    service.ask('compare.open', { ...open, systems: [{ runId: 99, mode: 'original' }] }),
    service.ask('compare.trend', { runId, normalizer: null }),
  ]);
  expect(comparison).toMatchObject({ status: 'fulfilled', value: { files: 16 } });
  expect(page).toMatchObject({ status: 'fulfilled', value: { total: 16 } });
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'RUN_NOT_FOUND', data: { runId: 99 } } });
  expect(trend).toMatchObject({ status: 'fulfilled', value: { points: [{ runId, overlapRatio: 1 }] } });
});

test('what waits when it is closed is cancelled, and so is what comes later', async () => {
  const [waiting] = await Promise.allSettled([service.ask('compare.trend', { runId, normalizer: null }), service.close()]);
  expect(waiting).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
  await expect(service.ask('compare.trend', { runId, normalizer: null })).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a thread that cannot open the database says so, and the next question starts another one', async () => {
  const broken = createCompareService(join(folder, 'nothing.db'));
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(broken.ask('compare.trend', { runId, normalizer: null })).rejects.toMatchObject({ code: 'INTERNAL' });
  }
  await broken.close();
});
