import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Night, NightBench } from '#main/testing/night.ts';
import { eventually } from '#shared/testing/eventually.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

async function attempts(runId: number): Promise<number[]> {
  const rows = await bench.database.read('resultRows', { runId, mode: 'streaming' });
  return rows.map((row) => row.attempts);
}

test('busy is waiting: however often a server says it, no attempt counts, and the file is the next of its class', async () => {
  night.capacity = 1;
  night.scripts.set('streaming:a.wav', ['SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'ok']);
  const run = await night.until(await night.started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
  expect(night.tries.map((key) => key.slice('streaming:'.length))).toEqual([...Array<string>(6).fill('a.wav'), 'b.wav', 'c.wav']);
  expect(await attempts(run.id)).toEqual([1, 1, 1]);
  expect(night.steps().filter(({ step }) => step === 'taskRetrying')).toEqual([]);
});

test('a server gets no new work until the time it said', async () => {
  night.capacity = 1;
  night.retryAfterMs = 5_000;
  night.scripts.set('streaming:a.wav', ['SERVER_BUSY', 'ok']);
  const id = await night.started();
  const startMs = bench.clock.monotonicMs();
  await bench.clock.advanceUntil(() => night.tries.length >= 2);
  expect(bench.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(5_000);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test.each([
  ['pause', 'paused', { queued: 3, cancelled: 0 }],
  ['stop and keep', 'interrupted', { queued: 3, cancelled: 0 }],
  ['stop now', 'interrupted', { queued: 3, cancelled: 0 }],
  ['stop and cancel', 'stopped', { queued: 0, cancelled: 3 }],
] as const)('a %s while every server is busy gives the files back untried, and the run can go on', async (wanted, end, totals) => {
  night.capacity = 1;
  night.retryAfterMs = 300_000;
  night.scriptAll('streaming', ['SERVER_BUSY']);
  const putBack = night.database.hold('withdrawAttempt', 'after');
  const id = await night.started();
  await eventually(() => expect(putBack.isReached).toBe(true));
  putBack.release();
  if (wanted === 'pause') await night.controller.pause(id);
  else await night.controller.stop(id, { now: wanted === 'stop now', keep: wanted !== 'stop and cancel' });
  const run = await night.until(id, ({ status }) => status === end);
  expect(run.totals).toMatchObject({ ...totals, active: 0 });
  // It says something else now, so its pause holds no more.
  night.capacity = 2;
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3, failed: 0 });
  expect(await attempts(id)).toEqual([1, 1, 1]);
});

test('an owner that dies while every server is busy charges nobody with it', async () => {
  night.capacity = 1;
  night.retryAfterMs = 300_000;
  night.scriptAll('streaming', ['SERVER_BUSY']);
  const putBack = night.database.hold('withdrawAttempt', 'after');
  const id = await night.started();
  await eventually(() => expect(putBack.isReached).toBe(true));
  putBack.release();
  await bench.clock.advance(1_000);
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  await next.controller.resume(id);
  const run = await next.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
  expect(await attempts(id)).toEqual([1, 1, 1]);
});

test('a server that takes fewer than it said gets fewer at once, and all files come through', async () => {
  night.capacity = 4;
  night.fileNames = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(2, '0')}.wav`);
  for (const name of ['02.wav', '03.wav']) night.scripts.set(`streaming:${name}`, ['SERVER_BUSY', 'ok']);
  const run = await night.until(await night.started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 12, failed: 0 });
  expect(await attempts(run.id)).toEqual(Array<number>(12).fill(1));
});
