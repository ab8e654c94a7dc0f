import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
});

afterEach(() => bench.close());

const isPaused = ({ status }: RunSummary): boolean => status === 'paused';
const isFinished = ({ status }: RunSummary): boolean => status === 'finished';

async function held(count = 2): Promise<void> {
  await bench.clock.advanceUntil(() => night.held === count);
}

/** Kills the owner; the next one begins where the rows say. */
async function nextOwner(bootId: string): Promise<Night> {
  const next = bench.begin(bootId);
  await bench.database.write('recoverOtherBoots', { bootId, nowMs: bench.clock.nowMs() });
  await next.controller.open();
  next.fileNames = night.fileNames;
  return next;
}

async function causesLogged(runId: number): Promise<unknown[]> {
  const filter = { level: 'info', kinds: ['run'], runId, serverId: null, search: '', sinceMs: null } as const;
  const { entries } = await bench.database.read('logPage', {
    ...filter,
    kinds: [...filter.kinds],
    beforeId: null,
    afterId: null,
    count: 50,
  });
  return entries.flatMap(({ data }) => data['cause'] ?? []);
}

test('a pause now gives current files back uncharged, and they are done once when the run goes on', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id, { now: true });
  const paused = await night.until(id, isPaused);
  expect(paused).toMatchObject({ pausedBy: 'user', totals: { queued: 5, active: 0, failed: 0, done: 0 } });
  expect(night.tries).toHaveLength(2);
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id);
  expect(await night.until(id, isFinished)).toMatchObject({ pausedBy: null, totals: { done: 5, failed: 0 } });
});

test('a run that is pausing after its files can be paused now', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id);
  expect(await night.controller.get(id)).toMatchObject({ status: 'pausing', pausedBy: 'user' });
  await night.controller.pause(id, { now: true });
  expect((await night.until(id, isPaused)).totals).toMatchObject({ queued: 5, done: 0 });
});

test('a pause now that is taken back at once loses nothing', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  night.scriptAll('streaming', ['ok']);
  const pausing = night.controller.pause(id, { now: true });
  await pausing;
  await night.controller.resume(id);
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 5, failed: 0 });
});

test.each(['failureRate', 'lowDisk', 'heat', 'duration'] as const)(
  'a pause by %s is known by its cause until the run goes on',
  async (cause) => {
    night.scriptAll('streaming', ['hold']);
    const id = await night.started();
    await held();
    await night.controller.pause(id, { now: false, mode: null, cause });
    night.release();
    expect(await night.until(id, isPaused)).toMatchObject({ pausedBy: cause });
    night.scriptAll('streaming', ['ok']);
    const other = cause === 'heat' ? 'lowDisk' : 'heat';
    await night.controller.resume(id, { cause: other });
    expect(await night.controller.get(id)).toMatchObject({ status: 'paused', pausedBy: cause });
    await night.controller.resume(id, { cause });
    expect(await night.until(id, isFinished)).toMatchObject({ pausedBy: null, totals: { done: 5 } });
  },
);

test('a pause by the user is not taken back with the one by heat before it', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id, { cause: 'heat' });
  await night.controller.pause(id);
  await night.controller.pause(id, { cause: 'lowDisk' });
  await night.controller.resume(id, { cause: 'heat' });
  night.release();
  expect(await night.until(id, isPaused)).toMatchObject({ pausedBy: 'user' });
});

test('a paused run keeps its cause over a death, and one that was pausing is paused', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id, { cause: 'diskUsed' });
  const next = await nextOwner('boot-2');
  expect(await next.controller.get(id)).toMatchObject({ status: 'paused', pausedBy: 'diskUsed' });
  await next.controller.resume(id);
  expect((await next.until(id, isFinished)).totals).toMatchObject({ done: 5 });
});

test('a run pauses at its time, once', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  const atMs = bench.clock.nowMs() + 5_000;
  expect(await night.controller.planPause(id, atMs)).toMatchObject({ pauseAtMs: atMs, status: 'running' });
  await bench.clock.advance(4_000);
  expect((await night.controller.get(id)).status).toBe('running');
  await night.until(id, ({ status }) => status === 'pausing');
  night.release();
  expect(await night.until(id, isPaused)).toMatchObject({ pausedBy: 'plannedTime', pauseAtMs: null });
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id);
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 5 });
});

test('a clock that is set forward past the time pauses the run', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.planPause(id, bench.clock.nowMs() + 7_200_000);
  bench.clock.jumpWallClock(7_200_000);
  await bench.clock.advance(30_000);
  expect(await night.until(id, ({ status }) => status === 'pausing')).toMatchObject({ pausedBy: 'plannedTime' });
  night.release();
  await night.until(id, isPaused);
});

test('a time that passed while the owner was dead pauses the run before it starts anything', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.planPause(id, bench.clock.nowMs() + 60_000);
  const next = await nextOwner('boot-2');
  await bench.clock.advance(120_000);
  expect((await next.controller.get(id)).status).toBe('interrupted');
  await next.controller.resume(id);
  expect(await next.until(id, isPaused)).toMatchObject({ pausedBy: 'plannedTime', pauseAtMs: null });
  expect(next.tries).toEqual([]);
  await next.controller.resume(id);
  expect((await next.until(id, isFinished)).totals).toMatchObject({ done: 5 });
});

test('a time in the past pauses at once, and a time that comes while files are looked at pauses at the start', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.planPause(id, bench.clock.nowMs() - 1);
  night.release();
  expect(await night.until(id, isPaused)).toMatchObject({ pausedBy: 'plannedTime', pauseAtMs: null });

  const scanned = Promise.withResolvers<void>();
  night.scanGate = scanned.promise;
  const options = RunOptionsSchema.parse({ modes: ['chunked'] });
  const { id: second } = await night.controller.create({ sources: ['/in'], options, startWhenReady: true });
  await night.controller.planPause(second, bench.clock.nowMs() + 1_000);
  await bench.clock.advance(5_000);
  scanned.resolve();
  expect(await night.until(second, isPaused)).toMatchObject({ pausedBy: 'plannedTime', totals: { queued: 5 } });
});

test('a mode is paused alone, twice is once; the other goes on, then the run waits for it', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started({ modes: ['streaming', 'chunked'] });
  await held();
  await night.controller.pause(id, { mode: 'streaming' });
  await night.controller.pause(id, { mode: 'streaming' });
  night.release();
  const run = await night.until(id, isPaused);
  expect(run).toMatchObject({ pausedBy: 'user' });
  expect(run.modes).toMatchObject([
    { mode: 'streaming', isHeld: true, done: 2, queued: 3 },
    { mode: 'chunked', isHeld: false, done: 5, status: 'done' },
  ]);
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id, { mode: 'streaming' });
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 10 });
});

test('a mode that is resumed while the run goes on is taken up again', async () => {
  night.scriptAll('chunked', ['hold']);
  const id = await night.ready({ modes: ['streaming', 'chunked'] });
  await night.controller.start(id, RunOptionsSchema.parse({ modes: ['streaming', 'chunked'] }));
  await night.controller.pause(id, { mode: 'streaming', now: true });
  await held();
  await night.controller.resume(id, { mode: 'streaming' });
  night.scriptAll('chunked', ['ok']);
  night.release();
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 10 });
});

test('resuming a run of which only a paused mode is left resumes the mode', async () => {
  const id = await night.ready();
  await night.controller.start(id, RunOptionsSchema.parse({}));
  await night.controller.pause(id, { mode: 'streaming', now: true });
  await night.until(id, isPaused);
  await night.controller.resume(id);
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 5 });
});

test('a run of priority 0 makes the one under way go back to the queue after its files, and it goes on afterwards', async () => {
  night.scriptAll('streaming', ['hold']);
  const first = await night.started();
  await held();
  const waiting = await night.started({ modes: ['original'] });
  const urgent = await night.ready({ modes: ['chunked'], priority: 0 });
  await night.controller.start(urgent, RunOptionsSchema.parse({ modes: ['chunked'], priority: 0 }));
  await bench.clock.advance(1_000);
  expect(night.held).toBe(2);
  night.scriptAll('streaming', ['ok']);
  night.release();
  await night.until(urgent, isFinished);
  expect((await night.until(first, isFinished)).totals).toMatchObject({ done: 5, failed: 0 });
  await night.until(waiting, isFinished);
  const modes = night.tries.map((entry) => entry.split(':')[0]);
  expect(modes).toEqual([
    ...Array(2).fill('streaming'),
    ...Array(5).fill('chunked'),
    ...Array(3).fill('streaming'),
    ...Array(5).fill('original'),
  ]);
});

test('a pause now while the run makes way is a pause', async () => {
  night.scriptAll('streaming', ['hold']);
  const first = await night.started();
  await held();
  const urgent = await night.ready({ modes: ['chunked'], priority: 0 });
  await night.controller.start(urgent, RunOptionsSchema.parse({ modes: ['chunked'], priority: 0 }));
  await bench.clock.advance(500);
  await night.controller.pause(first, { now: true });
  await night.until(urgent, isFinished);
  expect(await night.controller.get(first)).toMatchObject({ status: 'paused', totals: { queued: 5 } });
});

test('a resume while a limit pauses the run goes on with it', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id, { cause: 'failureRate' });
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id);
  night.release();
  expect(await night.until(id, isFinished)).toMatchObject({ pausedBy: null, totals: { done: 5 } });
});

test('the causes of pauses are in the log', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  await night.controller.pause(id, { cause: 'duration' });
  night.release();
  await night.until(id, isPaused);
  expect(await causesLogged(id)).toEqual(['duration', 'duration']);
});

test('what the user stopped to go on another time is not offered after a restart; what died is', async () => {
  night.scriptAll('streaming', ['hold']);
  const kept = await night.started();
  await held();
  await night.controller.stop(kept, { now: true, keep: true });
  await night.until(kept, ({ status }) => status === 'interrupted');
  const died = await night.started({ modes: ['streaming'], language: 'ko' });
  await held();
  await nextOwner('boot-2');
  expect(await bench.database.read('interruptedRuns')).toEqual([died]);
});

test('interrupted runs go on by themselves in the order they had', async () => {
  night.scriptAll('streaming', ['hold']);
  const first = await night.started();
  await held();
  const second = await night.started({ modes: ['chunked'] });
  const third = await night.started({ modes: ['original'], priority: 1 });
  const next = await nextOwner('boot-2');
  await next.controller.resumeInterrupted();
  for (const id of [first, second, third]) await next.until(id, isFinished);
  const modes = [...new Set(next.tries.map((entry) => entry.split(':')[0]))];
  expect(modes).toEqual(['original', 'streaming', 'chunked']);
});

test('with only files behind the marker left the run is paused by it, and the marker is gone', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await held();
  const { tasks } = await bench.database.read('queuedTasks', { runId: id, mode: 'streaming', after: null, count: 10 });
  const itemOf = (fileId: string): number => tasks.find((task) => task.fileId === fileId)?.itemId ?? 0;
  await bench.database.write('setStopAfterItem', { runId: id, itemId: itemOf('d.wav'), nowMs: 0 });
  await night.controller.tasksReordered(id);
  night.scriptAll('streaming', ['ok']);
  night.release();
  const atMarker = await night.until(id, isPaused);
  expect(atMarker).toMatchObject({ pausedBy: 'marker', stopAfterItemId: null, totals: { done: 4, queued: 1 } });
  expect(atMarker.modes).toMatchObject([{ status: 'waiting' }]);
  await night.controller.resume(id);
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 5 });
});

test('a marker ends with its run: what failed before it is done again without a pause', async () => {
  night.scripts.set('streaming:a.wav', ['MEDIA_CORRUPT']);
  night.scripts.set('streaming:b.wav', ['hold']);
  const id = await night.started();
  await held(1);
  const { items } = await bench.database.read('listItems', { runId: id, afterId: 0, count: 10, filter: 'all', search: '' });
  await bench.database.write('setStopAfterItem', { runId: id, itemId: items.at(-1)?.id ?? 0, nowMs: 0 });
  await night.controller.tasksReordered(id);
  night.release();
  expect(await night.until(id, isFinished)).toMatchObject({ stopAfterItemId: null, totals: { done: 4, failed: 1 } });
  night.scripts.clear();
  await night.controller.resume(id);
  expect(await night.until(id, (run) => isFinished(run) || isPaused(run))).toMatchObject({ status: 'finished', totals: { done: 5 } });
});
