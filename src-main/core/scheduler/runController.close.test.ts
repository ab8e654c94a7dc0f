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

const GRACE_MS = 10_000;

/** Closes the owner and lets the next one take the run up again. */
async function goesOnWithNextOwner(id: number): Promise<Night> {
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  expect((await next.controller.get(id)).status).toBe('interrupted');
  await next.controller.resume(id);
  return next;
}

test('closed while the model of the next run is looked at, nothing of it begins', async () => {
  const id = await night.ready();
  const found = night.database.hold('nextQueuedRun', 'after');
  await night.controller.start(id, RunOptionsSchema.parse({}));
  await bench.clock.advanceUntil(() => found.isReached);
  const gate = Promise.withResolvers<void>();
  night.modelGate = gate.promise;
  found.release();
  await bench.clock.advance(100);
  const closing = night.controller.close(GRACE_MS);
  gate.resolve();
  await closing;
  expect(night.tries).toEqual([]);
  const next = await goesOnWithNextOwner(id);
  expect((await next.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('closed while a run enters, it is interrupted before its first file', async () => {
  const entered = night.database.hold('enterRun', 'after');
  const id = await night.started();
  await bench.clock.advanceUntil(() => entered.isReached);
  const closing = night.controller.close(GRACE_MS);
  entered.release();
  await closing;
  expect(night.tries).toEqual([]);
  expect((await bench.database.read('storedRun', { runId: id, nowMs: bench.clock.nowMs() }))?.status).toBe('interrupted');
  const next = await goesOnWithNextOwner(id);
  expect((await next.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('what the user cancelled is cancelled, also when the owner is closed meanwhile', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: false, keep: false });
  const closing = night.controller.close(GRACE_MS);
  night.release();
  await closing;
  const run = await bench.database.read('storedRun', { runId: id, nowMs: bench.clock.nowMs() });
  expect(run).toMatchObject({ status: 'stopped', totals: { done: 2, cancelled: 1, queued: 0 } });
});

test('what the user cancelled stays so when the owner is killed meanwhile, and is not offered again', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: false, keep: false });
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  await next.controller.open();
  expect(await next.controller.get(id)).toMatchObject({ status: 'stopped', totals: { cancelled: 3, queued: 0, active: 0 } });
  expect(await bench.database.read('interruptedRuns')).toEqual([]);
});

test('what the user stopped for another time can go on when the owner is killed meanwhile', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: false, keep: true });
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  expect(await next.controller.get(id)).toMatchObject({ status: 'interrupted', totals: { queued: 3 } });
  expect(await bench.database.read('interruptedRuns')).toEqual([]);
});

test('after the grace files under way go back to the queue, and the owner closes', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  let isClosed = false;
  const closing = night.controller.close(GRACE_MS).then(() => {
    isClosed = true;
  });
  await bench.clock.advance(GRACE_MS - 1);
  expect(isClosed).toBe(false);
  await bench.clock.advanceUntil(() => isClosed);
  await closing;
  const run = await bench.database.read('storedRun', { runId: id, nowMs: bench.clock.nowMs() });
  expect(run).toMatchObject({ status: 'interrupted', totals: { done: 0, failed: 0, queued: 3, active: 0 } });
});

test('a preparation interrupted by closing begins again with the next owner', async () => {
  night.scanGate = new Promise(() => undefined);
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: false });
  await night.controller.close(GRACE_MS);
  const next = await goesOnWithNextOwner(id);
  expect((await next.until(id, ({ status }) => status === 'ready')).itemCount).toBe(3);
  await next.controller.start(id, RunOptionsSchema.parse({}));
  expect((await next.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('a preparation cut off by the death of its owner begins again, each file once', async () => {
  const inspected = night.database.hold('recordInspections', 'after');
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: false });
  await bench.clock.advanceUntil(() => inspected.isReached);
  const next = await goesOnWithNextOwner(id);
  expect((await next.until(id, ({ status }) => status === 'ready')).itemCount).toBe(3);
});

test('once closing has begun nothing new is taken', async () => {
  const id = await night.ready();
  await night.controller.close(GRACE_MS);
  await expect(night.controller.start(id, RunOptionsSchema.parse({}))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  await expect(night.controller.resume(id)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});
