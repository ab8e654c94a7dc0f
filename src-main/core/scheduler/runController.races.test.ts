import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

test('of two starts at once one is refused, and the run has the choices of the other', async () => {
  const id = await night.ready();
  const starts = await Promise.allSettled(
    ['en', 'ko'].map((language) => night.controller.start(id, RunOptionsSchema.parse({ language, modes: ['streaming'] }))),
  );
  expect(starts.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = starts.find((start) => start.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ total: 3, done: 3 });
  const other = run.options.language === 'en' ? 'ko' : 'en';
  const skippedWith = async (language: string): Promise<number> =>
    (await night.until(await night.started({ language }), ({ status }) => status === 'finished')).totals.skipped;
  expect(await skippedWith(run.options.language ?? '')).toBe(3);
  expect(await skippedWith(other)).toBe(0);
});

test('a stop before a start is committed wins; nothing was planned', async () => {
  const id = await night.ready();
  const starting = night.database.hold('startRun', 'before');
  const start = night.controller.start(id, RunOptionsSchema.parse({}));
  await bench.clock.advanceUntil(() => starting.isReached);
  expect((await night.controller.stop(id, { now: true, keep: false })).status).toBe('stopped');
  starting.release();
  await expect(start).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT', data: { status: 'stopped' } });
  expect(await night.controller.get(id)).toMatchObject({ status: 'stopped', totals: { total: 0 } });
});

test('of two starts at once the second is refused, and a start that fails leaves nothing of its plan', async () => {
  const id = await night.ready();
  night.database.fail('startRun', new NightshiftError('DISK_FULL'));
  const planning = night.database.hold('planPart', 'after');
  const first = night.controller.start(id, RunOptionsSchema.parse({ priority: 3 }));
  await bench.clock.advanceUntil(() => planning.isReached);
  await expect(night.controller.start(id, RunOptionsSchema.parse({}))).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  planning.release();
  await expect(first).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(await night.database.read('openTaskCount', { runId: id })).toBe(0);
  await night.controller.start(id, RunOptionsSchema.parse({}));
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ total: 3, done: 3 });
});

test('a stop after a start is committed and before it is known cancels all of it', async () => {
  const id = await night.ready();
  const started = night.database.hold('startRun', 'after');
  const start = night.controller.start(id, RunOptionsSchema.parse({}));
  await bench.clock.advanceUntil(() => started.isReached);
  expect((await night.controller.stop(id, { now: true, keep: false })).status).toBe('stopped');
  started.release();
  await start;
  await bench.clock.advance(1_000);
  expect(await night.controller.get(id)).toMatchObject({ status: 'stopped', totals: { total: 3, cancelled: 3, queued: 0 } });
  expect(night.tries).toEqual([]);
});

test.each(['pause', 'stop'] as const)('a %s in the instant a run ends changes nothing, and the next run begins', async (wanted) => {
  const id = await night.ready();
  const ending = night.database.hold('moveRun', 'before', ({ to }) => to === 'finished');
  const asking = night.database.hold('moveRun', 'after', ({ to }) => to === 'pausing' || to === 'stopping');
  await night.controller.start(id, RunOptionsSchema.parse({}));
  const next = await night.started({ modes: ['chunked'] });
  await bench.clock.advanceUntil(() => ending.isReached);
  const asked = wanted === 'pause' ? night.controller.pause(id) : night.controller.stop(id, { now: true, keep: false });
  await bench.clock.advanceUntil(() => asking.isReached);
  ending.release();
  asking.release();
  await asked;
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3, cancelled: 0 });
  await night.until(next, ({ status }) => status === 'finished');
});

test('a cancel in the instant a run becomes paused is not lost', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const ending = night.database.hold('moveRun', 'before', ({ to }) => to === 'paused');
  const stopping = night.database.hold('moveRun', 'after', ({ to }) => to === 'stopping');
  await night.controller.pause(id);
  night.release();
  await bench.clock.advanceUntil(() => ending.isReached);
  const stopped = night.controller.stop(id, { now: true, keep: false });
  await bench.clock.advanceUntil(() => stopping.isReached);
  ending.release();
  stopping.release();
  expect(await stopped).toMatchObject({ status: 'stopped', totals: { done: 2, cancelled: 3, queued: 0 } });
});

test('a pause that comes while an earlier one is being taken back is not lost', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.pause(id);
  const takingBack = night.database.hold('moveRun', 'before', ({ to }) => to === 'running');
  const resumed = night.controller.resume(id);
  await bench.clock.advanceUntil(() => takingBack.isReached);
  await night.controller.pause(id);
  takingBack.release();
  await resumed;
  night.scriptAll('streaming', ['ok']);
  night.release();
  const run = await night.until(id, ({ status }) => !['running', 'pausing'].includes(status));
  expect(run.totals).toMatchObject({ done: 2, queued: 3 });
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 5 });
});

test('a run that goes on while it is removed stays, and whoever removes it is told', async () => {
  night.fileNames = ['a.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 1);
  await night.controller.stop(id, { now: true, keep: true });
  await night.until(id, ({ status }) => status === 'interrupted');
  const removing = night.database.hold('discardRun', 'before');
  const removed = night.controller.remove(id);
  await bench.clock.advanceUntil(() => removing.isReached);
  await night.controller.resume(id);
  removing.release();
  await expect(removed).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  await bench.clock.advanceUntil(() => night.held === 1);
  night.release();
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ total: 1, done: 1 });
  await night.controller.remove(id);
  await expect(night.controller.get(id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});

test('a run queued while the queue finds nothing more is not forgotten', async () => {
  const first = await night.started();
  const second = await night.ready({ modes: ['chunked'] });
  await night.until(first, ({ status }) => status === 'running' || status === 'finished');
  const lookingForMore = night.database.hold('nextQueuedRun', 'after');
  await bench.clock.advanceUntil(() => lookingForMore.isReached);
  await night.controller.start(second, RunOptionsSchema.parse({ modes: ['chunked'] }));
  lookingForMore.release();
  expect((await night.until(second, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('two queued runs over the same files transcribe them once', async () => {
  night.scripts.set('streaming:a.wav', ['hold']).set('streaming:b.wav', ['hold']);
  const first = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const second = await night.started();
  expect((await night.controller.get(second)).totals).toMatchObject({ queued: 3 });
  night.release();
  expect((await night.until(second, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 0, skipped: 3 });
  expect((await night.controller.get(first)).totals).toMatchObject({ done: 3 });
  expect(night.tries).toHaveLength(3);
});

test('a preparing run that would start by itself is stopped for good', async () => {
  night.scanGate = new Promise(() => undefined);
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: true });
  expect((await night.controller.stop(id, { now: true, keep: false })).status).toBe('stopped');
  await bench.clock.advance(1_000);
  expect((await night.controller.get(id)).status).toBe('stopped');
});

test('a run that starts by itself while it is stopped is stopped, too', async () => {
  const starting = night.database.hold('startRun', 'before');
  const asked = night.database.hold('runStatus', 'after');
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: true });
  await bench.clock.advanceUntil(() => starting.isReached);
  const stop = night.controller.stop(id, { now: true, keep: false });
  await bench.clock.advanceUntil(() => asked.isReached);
  asked.release();
  starting.release();
  await stop;
  expect((await night.until(id, ({ status }) => status === 'stopped')).totals).toMatchObject({ queued: 0, active: 0 });
});

test('a run that becomes ready and starts by itself after the stop looked at it is stopped, too', async () => {
  const scanned = Promise.withResolvers<void>();
  night.scanGate = scanned.promise;
  const { id } = await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: true });
  const looked = night.database.hold('runStatus', 'after');
  const starting = night.database.hold('startRun', 'before');
  const stop = night.controller.stop(id, { now: true, keep: false });
  await bench.clock.advanceUntil(() => looked.isReached);
  scanned.resolve();
  await bench.clock.advanceUntil(() => starting.isReached);
  looked.release();
  await bench.clock.whenIdle();
  starting.release();
  await stop;
  expect((await night.until(id, ({ status }) => status === 'stopped')).totals).toMatchObject({ queued: 0, active: 0 });
});
