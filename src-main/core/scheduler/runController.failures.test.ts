import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

test('an outcome that cannot be committed interrupts the run; resumed, it finishes everything', async () => {
  night.database.fail('finishTask', new NightshiftError('DISK_FULL'), { where: ({ outcome }) => outcome.kind === 'done' });
  const id = await night.started();
  const broken = await night.until(id, ({ status }) => status === 'interrupted');
  expect(broken.error?.code).toBe('DISK_FULL');
  expect(broken.totals.failed).toBe(0);
  await night.controller.resume(id);
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run).toMatchObject({ error: null, totals: { done: 3, failed: 0, queued: 0, active: 0 } });
});

test('a run whose end cannot be written, too, can go on once there is room', async () => {
  const id = await night.ready();
  const { options } = await night.controller.get(id);
  night.database.fail('finishTask', new NightshiftError('DISK_FULL'), { times: Infinity });
  night.database.fail('moveMode', new NightshiftError('DISK_FULL'), { times: Infinity, where: ({ status }) => status !== 'running' });
  night.database.fail('moveRun', new NightshiftError('DISK_FULL'), { times: Infinity });
  await night.controller.start(id, options);
  await bench.clock.advanceUntil(() => night.controller.currentRunId !== null);
  await bench.clock.advanceUntil(() => night.controller.currentRunId === null);
  night.database.unhook();
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3, failed: 0 });
});

test('a run whose end cannot be written does not keep the next one waiting, and can go on', async () => {
  night.database.fail('moveRun', new NightshiftError('DISK_FULL'), { where: ({ to }) => to === 'finished' });
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const next = await night.started({ modes: ['chunked'] });
  night.scriptAll('streaming', ['ok']);
  night.release();
  expect((await night.until(next, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
  expect((await night.controller.get(id)).status).toBe('interrupted');
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('a failed file that cannot be scored fails all the same, and the run ends', async () => {
  const score = night.scorer.score.bind(night.scorer);
  vi.spyOn(night.scorer, 'score').mockImplementation(async (request) => {
    if (request.hypothesis === null) throw new NightshiftError('INTERNAL', { detail: 'the thread ended' });
    return await score(request);
  });
  night.scripts.set('streaming:b.wav', ['MEDIA_CORRUPT']);
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  expect(run.modes[0]?.counts?.referenceWords).toBe(4);
});

test('an answer that cannot be scored fails that file alone', async () => {
  const score = night.scorer.score.bind(night.scorer);
  let isFirst = true;
  vi.spyOn(night.scorer, 'score').mockImplementation(async (request) => {
    if (!isFirst) return await score(request);
    isFirst = false;
    throw new NightshiftError('INTERNAL', { detail: 'the thread ended' });
  });
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
});

test('files of an earlier run that cannot be scored do not keep a run from its files', async () => {
  await night.until(await night.started(), ({ status }) => status === 'finished');
  const score = night.scorer.score.bind(night.scorer);
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav'];
  let isFirst = true;
  vi.spyOn(night.scorer, 'score').mockImplementation(async (request) => {
    if (!isFirst) return await score(request);
    isFirst = false;
    throw new NightshiftError('INTERNAL', { detail: 'the thread ended' });
  });
  const run = await night.until(await night.started(), ({ status }) => status !== 'queued' && status !== 'running');
  expect(run).toMatchObject({ status: 'finished', totals: { done: 1, skipped: 3 } });
  expect(run.modes[0]?.counts?.referenceWords).toBe(6);
});

test('files that were only at hand when their owner died are not charged with it', async () => {
  night.capacity = 1;
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav'];
  night.scripts.set('streaming:a.wav', ['hold']);
  const id = await night.started();
  let owner = night;
  // Four owners die over the same file.
  for (let boot = 2; boot <= 5; boot += 1) {
    await bench.clock.advanceUntil(() => owner.held === 1);
    await owner.until(id, ({ totals }) => totals.active === 1);
    const { capacity, scripts } = owner;
    owner = bench.begin(`boot-${boot}`);
    owner.capacity = capacity;
    if (boot < 5) for (const [key, script] of scripts) owner.scripts.set(key, script);
    // As many losses as a file may have that has none yet.
    else owner.scripts.set('streaming:b.wav', ['DECODER_CRASHED', 'DECODER_CRASHED', 'DECODER_CRASHED', 'ok']);
    const recovered = await bench.database.write('recoverOtherBoots', { bootId: `boot-${boot}`, nowMs: bench.clock.nowMs() });
    expect(recovered.givenUp).toBe(boot === 5 ? 1 : 0);
    expect(recovered.requeued).toBeGreaterThan(0);
    await owner.controller.resume(id);
  }
  await owner.until(id, ({ status }) => status === 'finished');
  const rows = await bench.database.read('resultRows', { runId: id, mode: 'streaming' });
  expect(rows.map(({ fileId, status, errorCode, attempts }) => [fileId, status, errorCode, attempts])).toEqual([
    ['a.wav', 'failed', 'TASK_LOST_TOO_OFTEN', 4],
    ['b.wav', 'done', null, 4],
    ['c.wav', 'done', null, 1],
    ['d.wav', 'done', null, 1],
  ]);
});

test('files that end, wait again or are cancelled together are announced, so that no list shows them as they were', async () => {
  const isTold = (): boolean => night.events.some((event) => event.name === 'items.changed' && event.payload.more);
  const forget = (): void => void night.events.splice(0);
  night.brokenModes.set('streaming', 'SERVER_BROKEN');
  const id = await night.started();
  await night.until(id, ({ status }) => status === 'finished');
  await bench.clock.advanceUntil(isTold);
  forget();
  await night.controller.resume(id);
  await bench.clock.advanceUntil(isTold);
  await night.until(id, ({ status }) => status === 'finished');
  night.brokenModes.clear();
  night.scriptAll('streaming', ['hold']);
  const first = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const waiting = await night.started({ modes: ['chunked'] });
  forget();
  await night.controller.stop(waiting, { now: false, keep: false });
  await bench.clock.advanceUntil(isTold);
  night.scriptAll('streaming', ['ok']);
  night.release();
  await night.until(first, ({ status }) => status === 'finished');
});
