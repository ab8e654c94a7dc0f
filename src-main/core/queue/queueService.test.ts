import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { QueueBench } from '#main/testing/queueBench.ts';
import type { TaskOutcome } from '../persistence/operations/tasks.ts';
import { workKey } from '../scheduler/workKey.ts';
import { placedRanks } from './queueService.ts';

let bench: QueueBench;
let runId: number;

beforeEach(async () => {
  bench = new QueueBench();
  runId = await bench.queuedRun(5);
});

afterEach(() => bench.close());

const RETRY = (nowMs: number): TaskOutcome => ({
  kind: 'retry',
  error: { code: 'SERVER_SILENT', data: {} },
  notBeforeMs: nowMs,
  priority: 7,
});

async function place(fileIds: string[], to: string): Promise<number> {
  const items = await bench.items(runId, ...fileIds);
  if (to === 'top' || to === 'next' || to === 'last') return await bench.queue.placeItems(runId, items, to);
  const [beforeId = 0] = await bench.items(runId, to);
  return await bench.queue.placeItems(runId, items, { beforeId });
}

async function edit(fileIds: string[], change: { priority?: number; language?: string | null }): Promise<number> {
  return await bench.queue.editItems(runId, await bench.items(runId, ...fileIds), change);
}

describe('files', () => {
  test.each([
    [['3'], 'next', '3 0 1 2 4'],
    [['4', '2'], 'next', '2 4 0 1 3'],
    [['0'], 'last', '1 2 3 4 0'],
    [['0', '3'], 'last', '1 2 4 0 3'],
    [['4'], '1', '0 4 1 2 3'],
    [['0'], '4', '1 2 3 0 4'],
    [['2'], '2', '0 1 2 3 4'],
    [['0', '4', '2'], '2', '1 0 2 4 3'],
    [['0', '1', '2', '3', '4'], 'next', '0 1 2 3 4'],
  ] as const)('%j goes %s', async (fileIds, to, expected) => {
    await place([...fileIds], to);
    expect((await bench.order(runId)).join(' ')).toBe(expected);
    expect((await bench.listed(runId, 2)).join(' ')).toBe(expected);
  });

  test('to the top is before its own band of priority, behind the bands above', async () => {
    await edit(['1'], { priority: 0 });
    await edit(['2'], { priority: 3 });
    await place(['4'], 'top');
    expect(await bench.order(runId)).toEqual(['1', '2', '4', '0', '3']);
  });

  test('a priority is ten minutes of waiting for each class, and 0 is before everything', async () => {
    await edit(['4'], { priority: 5 });
    await edit(['0'], { priority: 7 });
    await edit(['2'], { priority: 0 });
    expect(await bench.order(runId)).toEqual(['2', '4', '1', '3', '0']);
    await edit(['0', '2', '4'], { priority: 6 });
    expect(await bench.order(runId)).toEqual(['0', '1', '2', '3', '4']);
  });

  test('hundreds of moves into the same gap find room, and every one can be taken back', async () => {
    for (let move = 0; move < 200; move += 1) await place([move % 2 === 0 ? '0' : '4'], '2');
    expect(await bench.order(runId)).toEqual(['1', '0', '4', '2', '3']);
    await place(['4', '0', '1'], '3');
    const order = await bench.order(runId);
    await place(['2'], '0');
    expect(await bench.undo()).toBe(true);
    expect(await bench.order(runId)).toEqual(order);
  });

  test('held files stay in the list, are not claimed, and come back at their place', async () => {
    const items = await bench.items(runId, '0', '2');
    expect(await bench.queue.holdItems(runId, items, true)).toBe(2);
    expect(await bench.order(runId)).toEqual(['1', '3', '4']);
    expect(await bench.listed(runId)).toEqual(['0', '1', '2', '3', '4']);
    const { tasks, total } = await bench.queue.tasks({ runId, mode: 'streaming', after: null, count: 10 });
    expect(total).toBe(5);
    expect(tasks.map(({ isHeld }) => isHeld)).toEqual([true, false, true, false, false]);
    const run = await bench.database.read('storedRun', { runId, nowMs: 0 });
    expect(run?.modes[0]).toMatchObject({ queued: 5, held: 2 });
    expect(await bench.queue.holdItems(runId, items, true)).toBe(0);
    expect(await bench.queue.holdItems(runId, items, false)).toBe(2);
    expect(await bench.order(runId)).toEqual(['0', '1', '2', '3', '4']);
  });

  test('a mode that is paused alone gives nothing out', async () => {
    await bench.database.write('holdMode', { runId, mode: 'streaming', isHeld: true });
    expect(await bench.claim(runId)).toEqual([]);
    expect(await bench.database.read('nextReadyMs', { runId, mode: 'streaming' })).toBeNull();
  });

  test('what is removed is cancelled, counted, and not done again with what failed; taken back it is a new task', async () => {
    expect(await bench.queue.removeItems(runId, await bench.items(runId, '1', '3'))).toBe(2);
    expect(await bench.order(runId)).toEqual(['0', '2', '4']);
    const totals = async (): Promise<unknown> => (await bench.database.read('storedRun', { runId, nowMs: 0 }))?.totals;
    expect(await totals()).toMatchObject({ total: 5, queued: 3, cancelled: 2 });
    expect(await bench.database.write('reopenTasks', { runId, nowMs: bench.clock.nowMs() })).toBe(0);
    expect(await bench.undo()).toBe(true);
    expect(await bench.order(runId)).toEqual(['0', '1', '2', '3', '4']);
    expect(await totals()).toMatchObject({ total: 5, queued: 5, cancelled: 0 });
    expect(await bench.undo()).toBe(false);
  });

  test('removal cannot be taken back once the run has ended', async () => {
    await bench.queue.removeItems(runId, await bench.items(runId, '1'));
    const { undo } = await bench.queue.state();
    await bench.database.write('cancelRun', { runId, from: 'queued', nowMs: 1 });
    expect((await bench.queue.state()).undo).toBeNull();
    await expect(bench.queue.undo(undo?.id ?? 0)).rejects.toMatchObject({ code: 'QUEUE_CHANGE_GONE' });
  });

  test('the run goes up to the marked file, held files apart, and retries before the marker keep their place', async () => {
    const [marked = 0] = await bench.items(runId, '2');
    await bench.queue.holdItems(runId, await bench.items(runId, '1'), true);
    expect(await bench.queue.stopAfterItem(runId, marked)).toBe(1);
    expect(await bench.order(runId)).toEqual(['0', '2']);
    const [first, second] = await bench.claim(runId, 5);
    if (first === undefined || second === undefined) throw new Error('nothing claimed');
    await bench.finish(second, RETRY(bench.clock.nowMs()));
    await bench.finish(first, RETRY(bench.clock.nowMs()));
    expect(await bench.order(runId)).toEqual(['0', '2']);
    const { tasks } = await bench.queue.tasks({ runId, mode: 'streaming', after: null, count: 10 });
    expect(tasks.filter(({ isStopAfter }) => isStopAfter).map(({ fileId }) => fileId)).toEqual(['2']);
    // It moves with its file.
    await place(['2'], 'last');
    expect(await bench.order(runId)).toEqual(['0', '3', '4', '2']);
    await bench.undo();
    expect(await bench.undo()).toBe(true);
    expect(await bench.order(runId)).toEqual(['0', '2', '3', '4']);
  });

  test('a marker on a file of another run is refused', async () => {
    const other = await bench.queuedRun(1);
    const [item = 0] = await bench.items(other, '0');
    await expect(bench.queue.stopAfterItem(runId, item)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('a retry goes one class lower and behind what waits as long', async () => {
    const [first] = await bench.claim(runId);
    if (first === undefined) throw new Error('nothing claimed');
    await bench.finish(first, RETRY(bench.clock.nowMs()));
    expect(await bench.order(runId)).toEqual(['1', '2', '3', '4', '0']);
  });

  test('an own language changes what counts as the same work, and null is that of the run again', async () => {
    const options = RunOptionsSchema.parse({});
    await edit(['1'], { language: 'ko' });
    const [, task] = await bench.claim(runId, 2);
    expect(task).toMatchObject({
      fileId: '1',
      language: 'ko',
      resultKey: `sha/in/1:${workKey('streaming', 'tiny-1', { ...options, language: 'ko' })}`,
    });
    await edit(['1'], { language: null });
    expect((await bench.claim(runId, 5)).find(({ fileId }) => fileId === '1')).toMatchObject({
      language: null,
      resultKey: `sha/in/1:${workKey('streaming', 'tiny-1', options)}`,
    });
  });

  test('nothing to change is refused, and an unknown run, too', async () => {
    await expect(edit(['1'], {})).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(bench.queue.removeItems(99, [1])).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(bench.queue.tasks({ runId, mode: 'streaming', after: 'x', count: 1 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('what was claimed ahead is taken back by an edit: its lease is gone; what has begun is left alone', async () => {
    const [begun, ahead, moved] = await bench.claim(runId, 3);
    if (begun === undefined || ahead === undefined || moved === undefined) throw new Error('nothing claimed');
    await bench.begin(begun);
    expect(await bench.queue.holdItems(runId, await bench.items(runId, '0', '1'), true)).toBe(1);
    expect(await bench.begin(ahead)).toBe(false);
    expect(await bench.finish(ahead, { kind: 'released' })).toBe('late');
    expect(bench.database.connection.prepare('SELECT count(*) AS late FROM late_results').get()).toEqual({ late: 0 });
    // Moving needs nobody's lease; it is claimed anew when it comes back.
    expect(await place(['4'], 'next')).toBe(1);
    expect(bench.calls).toContain(`tasksReordered ${runId}`);
    expect(await bench.finish(moved, { kind: 'released' })).toBe('recorded');
    expect(await bench.order(runId)).toEqual(['4', '2', '3']);
    expect((await bench.listed(runId))[0]).toBe('4');
  });

  test('a change is gone when what it concerned has begun, and while something newer can be taken back', async () => {
    await place(['4'], 'next');
    const { undo } = await bench.queue.state();
    const [first] = await bench.claim(runId);
    if (first === undefined) throw new Error('nothing claimed');
    await bench.begin(first);
    expect((await bench.queue.state()).undo).toBeNull();
    await expect(bench.queue.undo(undo?.id ?? 0)).rejects.toMatchObject({ code: 'QUEUE_CHANGE_GONE' });
    await place(['3'], 'next');
    await expect(bench.queue.undo(undo?.id ?? 0)).rejects.toMatchObject({ code: 'QUEUE_CHANGE_GONE' });
  });

  test('changes are taken back one after another, the newest first', async () => {
    await place(['4'], 'next');
    await edit(['0'], { priority: 20 });
    await bench.queue.holdItems(runId, await bench.items(runId, '1'), true);
    expect(await bench.order(runId)).toEqual(['4', '2', '3', '0']);
    expect((await bench.queue.state()).undo).toMatchObject({ change: 'itemsHeld', count: 1, runId });
    while (await bench.undo());
    expect(await bench.order(runId)).toEqual(['0', '1', '2', '3', '4']);
    const log = bench.database.connection.prepare(`SELECT code FROM event_log WHERE code LIKE 'queue%' ORDER BY id`).all();
    expect(log.map((entry) => (entry as { code: string }).code)).toEqual([
      ...Array<string>(3).fill('queueChanged'),
      ...Array<string>(3).fill('queueChangeUndone'),
    ]);
  });

  test('every mode of a run is changed', async () => {
    runId = await bench.queuedRun(3, { modes: ['streaming', 'original'] });
    expect(await place(['2'], 'next')).toBe(2);
    expect(await bench.order(runId, 'streaming')).toEqual(['2', '0', '1']);
    expect(await bench.order(runId, 'original')).toEqual(['2', '0', '1']);
  });

  test('ten thousand files move, are held and removed by small writes, each of which can be taken back', async () => {
    runId = await bench.queuedRun(12_000);
    const ids = (await bench.database.read('queuedTasks', { runId, mode: 'streaming', after: null, count: 12_000 })).tasks.map(
      ({ itemId }) => itemId,
    );
    const many = ids.slice(1_000, 11_000);
    const [beforeId = 0] = ids.slice(500, 501);
    const before = await bench.listed(runId);
    expect(await bench.queue.placeItems(runId, many, { beforeId })).toBe(10_000);
    expect(await bench.listed(runId)).toEqual([
      ...before.slice(0, 500),
      ...before.slice(1_000, 11_000),
      ...before.slice(500, 1_000),
      ...before.slice(11_000),
    ]);
    expect(await bench.queue.holdItems(runId, many, true)).toBe(10_000);
    expect(await bench.queue.removeItems(runId, many)).toBe(10_000);
    expect(await bench.order(runId)).toHaveLength(2_000);
    while (await bench.undo());
    expect(await bench.listed(runId)).toEqual(before);
    expect(await bench.order(runId)).toHaveLength(12_000);
  }, 60_000);
});

describe('runs', () => {
  let second: number;
  let third: number;

  beforeEach(async () => {
    second = await bench.queuedRun(1);
    third = await bench.queuedRun(1, { priority: 20 });
  });

  const order = async (): Promise<number[]> => (await bench.queue.state()).runIds;

  test('go where they are put, and back', async () => {
    expect(await order()).toEqual([runId, second, third]);
    expect((await bench.queue.placeRun(third, 'next')).runIds).toEqual([third, runId, second]);
    expect((await bench.queue.placeRun(third, { beforeId: second })).runIds).toEqual([runId, third, second]);
    expect((await bench.queue.placeRun(runId, 'last')).runIds).toEqual([third, second, runId]);
    expect((await bench.queue.placeRun(runId, 'top')).runIds).toEqual([third, runId, second]);
    expect((await bench.queue.placeRun(second, { beforeId: second })).runIds).toEqual([third, runId, second]);
    while (await bench.undo());
    expect(await order()).toEqual([runId, second, third]);
    expect(await bench.database.read('nextQueuedRun')).toBe(runId);
  });

  test('a gap that is too small is widened by those before it', () => {
    const queued = [1, 2, 3].map((id) => ({ id, rank: 10, priority: 6 }));
    const ranks = placedRanks(queued, 1, { beforeId: 3 });
    const sorted = queued.map(({ id, rank }) => ({ id, rank: ranks?.[id] ?? rank })).toSorted((a, b) => a.rank - b.rank || a.id - b.id);
    expect(sorted.map(({ id }) => id)).toEqual([2, 1, 3]);
  });

  test('priority 0 comes before all others', async () => {
    expect((await bench.queue.editRun(third, 0)).runIds).toEqual([third, runId, second]);
    expect(bench.calls).toContain('queueChanged');
    expect((await bench.database.read('storedRun', { runId: third, nowMs: 0 }))?.options.priority).toBe(0);
    await bench.undo();
    expect(await order()).toEqual([runId, second, third]);
  });

  test('what does not wait cannot be moved', async () => {
    await bench.database.write('moveRun', { runId, from: 'queued', to: 'running', nowMs: 1 });
    await expect(bench.queue.placeRun(runId, 'last')).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
    await expect(bench.queue.placeRun(second, { beforeId: runId })).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
    await expect(bench.queue.placeRun(99, 'last')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('while the queue is paused there is no next run, also after a restart', async () => {
    expect((await bench.queue.setPaused(true)).isPaused).toBe(true);
    expect(await bench.database.read('nextQueuedRun')).toBeNull();
    bench.calls.length = 0;
    expect((await bench.queue.setPaused(false)).isPaused).toBe(false);
    expect(bench.calls).toEqual(['queueChanged']);
    expect(await bench.database.read('nextQueuedRun')).toBe(runId);
  });

  test('the queue pauses when the marked run leaves the scheduler, but not when Nightshift ends', async () => {
    await bench.queue.stopAfterRun(runId);
    await bench.database.write('moveRun', { runId, from: 'queued', to: 'running', nowMs: 1 });
    await bench.database.write('moveRun', { runId, from: 'running', to: 'interrupted', nowMs: 2 });
    expect(await bench.queue.state()).toMatchObject({ isPaused: false, stopAfterRunId: runId, interruptedRunIds: [runId] });
    await bench.database.write('moveRun', { runId, from: 'interrupted', to: 'queued', nowMs: 3 });
    await bench.database.write('moveRun', { runId, from: 'queued', to: 'running', nowMs: 4 });
    await bench.database.write('moveRun', { runId, from: 'running', to: 'finished', nowMs: 5 });
    expect(await bench.queue.state()).toMatchObject({ isPaused: true, stopAfterRunId: null, undo: null });
  });

  test('the marker of the queue can be set, taken away, and taken back', async () => {
    await bench.queue.stopAfterRun(second);
    expect((await bench.queue.stopAfterRun(null)).stopAfterRunId).toBeNull();
    await bench.undo();
    expect((await bench.queue.state()).stopAfterRunId).toBe(second);
    await bench.undo();
    expect((await bench.queue.state()).stopAfterRunId).toBeNull();
  });

  test('changes are announced once, and not when nothing changed', async () => {
    await bench.queue.setPaused(true);
    await bench.queue.setPaused(true);
    expect(bench.announced).toHaveLength(1);
    await bench.queue.holdItems(runId, await bench.items(runId, '0'), true);
    await eventually(() => expect(bench.announced.at(-1)?.undo).toMatchObject({ change: 'itemsHeld' }));
  });
});
