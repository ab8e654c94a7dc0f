import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '#shared/testing/eventually.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { type Night, NightBench } from '#main/testing/night.ts';
import { EventBus } from '../events.ts';
import { QueueService } from './queueService.ts';

let bench: NightBench;
let night: Night;
let queue: QueueService;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
  night.fileNames = Array.from({ length: 10 }, (_, index) => `${index}.wav`);
  night.capacity = 1;
  queue = new QueueService({
    database: night.database,
    clock: bench.clock,
    logger: silentLogger,
    events: new EventBus(() => undefined),
    runs: night.controller,
  });
});

afterEach(() => bench.close());

/** A run whose first file is under way and stays so, with others claimed ahead. */
async function heldRun(): Promise<number> {
  night.scripts.set('streaming:0.wav', ['hold']);
  const runId = await night.started();
  await bench.clock.advanceUntil(() => night.tries.length === 1);
  return runId;
}

async function items(runId: number, ...fileIds: string[]): Promise<number[]> {
  const rows = await night.database.read('listItems', { runId, afterId: 0, count: 100, filter: 'all', search: '' });
  return fileIds.map((fileId) => rows.items.find((row) => row.fileId === fileId)?.id ?? 0);
}

test('a change while a run goes on holds for the next file: moved, held, removed, claimed ahead or not', async () => {
  const runId = await heldRun();
  expect(await queue.placeItems(runId, await items(runId, '9.wav'), 'next')).toBe(1);
  expect(await queue.holdItems(runId, await items(runId, '1.wav'), true)).toBe(1);
  expect(await queue.removeItems(runId, await items(runId, '2.wav', '8.wav'))).toBe(2);
  // What is under way is left as it is.
  expect(await queue.removeItems(runId, await items(runId, '0.wav'))).toBe(0);
  night.release();
  const run = await night.until(runId, ({ status }) => status === 'paused');
  expect(night.tries.map((key) => key.replace('streaming:', ''))).toEqual(['0.wav', '9.wav', '3.wav', '4.wav', '5.wav', '6.wav', '7.wav']);
  expect(run).toMatchObject({ pausedBy: 'user', totals: { total: 10, done: 7, cancelled: 2, queued: 1 } });
  await queue.holdItems(runId, await items(runId, '1.wav'), false);
  await night.controller.resume(runId);
  expect((await night.until(runId, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 8, cancelled: 2 });
  expect(new Set(night.tries).size).toBe(night.tries.length);
});

test('the run pauses after the marked file, and goes on behind it when it is resumed', async () => {
  const runId = await heldRun();
  const [marked = 0] = await items(runId, '3.wav');
  await queue.stopAfterItem(runId, marked);
  night.release();
  const run = await night.until(runId, ({ status }) => status === 'paused');
  expect(run).toMatchObject({ pausedBy: 'marker', totals: { done: 4, queued: 6 } });
  await night.controller.resume(runId);
  expect((await night.until(runId, ({ status }) => status === 'finished')).totals.done).toBe(10);
});

test('a paused queue starts no run, and goes on when it is resumed', async () => {
  await queue.setPaused(true);
  const runId = await night.started();
  await bench.clock.advance(60_000);
  expect((await night.controller.get(runId)).status).toBe('queued');
  await queue.setPaused(false);
  await night.until(runId, ({ status }) => status === 'finished');
});

test('a run that becomes immediate takes its turn, and the one under way goes on after it', async () => {
  const first = await heldRun();
  const second = await night.started({ modes: ['chunked'] });
  await queue.editRun(second, 0);
  night.release();
  await night.until(second, ({ status }) => status === 'finished');
  expect((await night.controller.get(first)).totals.done).toBeLessThan(10);
  expect((await night.until(first, ({ status }) => status === 'finished')).totals.done).toBe(10);
  expect(new Set(night.tries).size).toBe(night.tries.length);
});

test('an immediate run that was put behind others does not make them go round in circles', async () => {
  const first = await heldRun();
  const second = await night.started({ modes: ['chunked'] });
  const third = await night.started({ modes: ['original'] });
  await queue.placeRun(second, 'last');
  await night.database.write('editRun', { runId: third, priority: 0, nowMs: 0 });
  await queue.placeRun(third, 'last');
  night.release();
  for (const runId of [first, second, third]) await night.until(runId, ({ status }) => status === 'finished');
  await eventually(async () => expect((await queue.state()).runIds).toEqual([]));
});

test('a file that was taken out comes back, also when the rest of its mode is done', async () => {
  night.fileNames = ['0.wav', '1.wav'];
  night.scripts.set('chunked:0.wav', ['hold']);
  night.scripts.set('streaming:0.wav', ['hold']);
  const runId = await night.started({ modes: ['streaming', 'chunked'] });
  await bench.clock.advanceUntil(() => night.held === 1);
  await queue.removeItems(runId, await items(runId, '1.wav'));
  night.release('streaming');
  await night.until(runId, ({ modes }) => modes[0]?.status === 'done');
  await bench.clock.advanceUntil(() => night.held === 1);
  const { undo } = await queue.state();
  await queue.undo(undo?.id ?? 0);
  night.release();
  const run = await night.until(runId, ({ status }) => status === 'finished');
  expect(run.modes.map(({ done, cancelled }) => ({ done, cancelled }))).toEqual([
    { done: 2, cancelled: 0 },
    { done: 2, cancelled: 0 },
  ]);
});

test('what was held back stays so when its run is stopped and begun again', async () => {
  const runId = await heldRun();
  await queue.holdItems(runId, await items(runId, '1.wav'), true);
  await night.controller.stop(runId, { now: true, keep: false });
  await night.until(runId, ({ status }) => status === 'stopped');
  night.scripts.clear();
  await night.controller.resume(runId);
  const run = await night.until(runId, ({ status }) => status === 'paused' || status === 'finished');
  expect(run).toMatchObject({ status: 'paused', totals: { done: 9, queued: 1 }, modes: [{ held: 1 }] });
});

test('after a crash the run that was under way goes on first, not the one that was begun last', async () => {
  const first = await heldRun();
  const second = await night.started({ modes: ['chunked'] });
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  const queueOfNext = new QueueService({
    database: next.database,
    clock: bench.clock,
    logger: silentLogger,
    events: new EventBus(() => undefined),
    runs: next.controller,
  });
  await queueOfNext.resumeInterrupted();
  for (const runId of [first, second]) await next.until(runId, ({ status }) => status === 'finished');
  expect(next.tries[0]).toMatch('streaming');
});

test('a run that ends while the queue is asked to stop after it is no marker for another time', async () => {
  const runId = await heldRun();
  const asked = night.database.hold('setStopAfterRun', 'before');
  const refused = queue.stopAfterRun(runId).catch((error: unknown) => error);
  await bench.clock.advanceUntil(() => asked.isReached);
  night.release();
  await night.until(runId, ({ status }) => status === 'finished');
  asked.release();
  expect(await refused).toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  expect(await queue.state()).toMatchObject({ isPaused: false, stopAfterRunId: null });
});
