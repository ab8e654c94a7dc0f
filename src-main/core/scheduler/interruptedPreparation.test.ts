import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

async function preparing(startWhenReady: boolean): Promise<number> {
  night.scanGate = new Promise(() => undefined);
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady });
  return id;
}

async function nextOwner(): Promise<Night> {
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  return next;
}

test('a run that was to start by itself does so though its owner was killed while it looked at the files', async () => {
  const id = await preparing(true);
  const next = await nextOwner();
  await next.controller.resumeInterrupted();
  const ended = await next.until(id, ({ status }) => status === 'finished' || status === 'ready');
  expect(ended).toMatchObject({ status: 'finished', totals: { done: 3 } });
});

test('a run whose list somebody wants to see first waits for that also behind a killed owner', async () => {
  const id = await preparing(false);
  const next = await nextOwner();
  await next.controller.resumeInterrupted();
  expect((await next.until(id, ({ status }) => status === 'finished' || status === 'ready')).status).toBe('ready');
});

test('put aside while its files are looked at, a run can go on and is not taken up by itself', async () => {
  const id = await preparing(true);
  expect((await night.controller.stop(id, { now: true, keep: true })).status).toBe('interrupted');
  expect(await bench.database.read('interruptedRuns')).toEqual([]);
  night.scanGate = Promise.resolve();
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});
