import { afterEach, beforeEach, expect, test } from 'vitest';
import { QueueBench } from '#main/testing/queueBench.ts';
import type { ClaimedTask } from './tasks.ts';

let bench: QueueBench;
let runId: number;

beforeEach(async () => {
  bench = new QueueBench();
  runId = await bench.queuedRun(1);
});

afterEach(() => bench.close());

const DECODER = { decoder: 'ffmpeg 7' };

async function claim(): Promise<ClaimedTask> {
  const [task] = await bench.claim(runId);
  if (task === undefined) throw new Error('nothing claimed');
  await bench.begin(task);
  return task;
}

async function keep({ taskId, leaseToken, resultKey }: ClaimedTask, fromSamples: number, samples: number): Promise<boolean> {
  const figures = { language: null, processingSec: 1, decodeSec: null, firstTokenLatencyMs: null };
  const segments = [{ startMs: fromSamples / 16, endMs: samples / 16, text: `to ${samples}`, words: [] }];
  return await bench.database.write('addCheckpoint', {
    ...{ taskId, leaseToken, resultKey, fromSamples, samples, segments, nowMs: 0 },
    ...DECODER,
    ...figures,
  });
}

async function take({ taskId, resultKey }: ClaimedTask, how = DECODER): Promise<readonly string[] | null> {
  const checkpoint = await bench.database.write('takeCheckpoint', { taskId, resultKey, ...how });
  return checkpoint === null ? null : checkpoint.segments.map(({ text }) => text);
}

test('an attempt goes on after the last row of the one before, and both are one text', async () => {
  const first = await claim();
  expect(await keep(first, 0, 160_000)).toBe(true);
  await bench.finish(first, { kind: 'released' });
  const second = await claim();
  expect(await take(second)).toEqual(['to 160000']);
  expect(await keep(second, 160_000, 320_000)).toBe(true);
  expect(await take(second)).toEqual(['to 160000', 'to 320000']);
});

test('whoever lost the lease neither adds to the checkpoint of the next attempt nor takes it away', async () => {
  const late = await claim();
  await keep(late, 0, 160_000);
  await bench.finish(late, { kind: 'released' });
  const next = await claim();
  await keep(next, 160_000, 320_000);
  expect(await keep(late, 160_000, 480_000)).toBe(false);
  await bench.database.write('dropCheckpoint', { taskId: late.taskId, leaseToken: late.leaseToken });
  expect(await take(next)).toEqual(['to 160000', 'to 320000']);
  await bench.database.write('dropCheckpoint', { taskId: next.taskId, leaseToken: next.leaseToken });
  expect(await take(next)).toBeNull();
});

test('a row that does not follow the one before is not added', async () => {
  const task = await claim();
  await keep(task, 0, 160_000);
  expect(await keep(task, 0, 320_000)).toBe(false);
  expect(await keep(task, 200_000, 320_000)).toBe(false);
  expect(await take(task)).toEqual(['to 160000']);
});

test('another language, and another decoder, hear the file from its beginning; taken back, the language goes on where it was', async () => {
  const task = await claim();
  await keep(task, 0, 160_000);
  expect(await take(task, { decoder: 'node-av 5' })).toBeNull();
  await bench.finish(task, { kind: 'released' });
  await bench.queue.editItems(runId, [task.itemId], { language: 'ko' });
  const korean = await claim();
  expect(korean.resultKey).not.toBe(task.resultKey);
  expect(await take(korean)).toBeNull();
  await bench.finish(korean, { kind: 'released' });
  await bench.undo();
  expect(await take(await claim())).toEqual(['to 160000']);
});

test('the same work in another run goes on with what nobody is at, and leaves alone what somebody is', async () => {
  const task = await claim();
  await keep(task, 0, 160_000);
  const firstRunId = runId;
  runId = await bench.queuedRun(1);
  const same = await claim();
  expect(same.resultKey).toBe(task.resultKey);
  expect(await take(same)).toBeNull();
  await bench.finish(task, { kind: 'released' });
  expect(await take(same)).toEqual(['to 160000']);
  runId = firstRunId;
  expect(await take(await claim())).toBeNull();
});

test('a file that gets further is never lost too often, one that does not is', async () => {
  const error = { code: 'SERVER_EXITED', data: {} } as const;
  const lose = async (task: ClaimedTask): Promise<void> => {
    await bench.finish(task, { kind: 'requeue', error, notBeforeMs: 0, isLoss: true });
  };
  for (let death = 1; death <= 6; death += 1) {
    const task = await claim();
    expect(task.losses).toBeLessThanOrEqual(1);
    expect(await keep(task, (death - 1) * 160_000, death * 160_000)).toBe(true);
    await lose(task);
  }
  for (let losses = 1; losses <= 3; losses += 1) {
    const task = await claim();
    expect(task.losses).toBe(losses);
    await lose(task);
  }
});
