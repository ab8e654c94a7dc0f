import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunOptions } from '#shared/contract/runs.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

const ALL: Partial<RunOptions> = { modes: ['original', 'streaming', 'chunked'] };

test('three modes run in their order, three seconds apart, to one outcome for every file', async () => {
  const run = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, done, failed, status }) => ({ mode, done, failed, status }))).toEqual([
    { mode: 'streaming', done: 3, failed: 0, status: 'done' },
    { mode: 'chunked', done: 3, failed: 0, status: 'done' },
    { mode: 'original', done: 3, failed: 0, status: 'done' },
  ]);
  expect(run.modes[0]?.counts).toEqual({ substitutions: 3, deletions: 0, insertions: 0, hits: 3, referenceWords: 6 });
  const marks = night.events.flatMap((event) =>
    event.name === 'run.stepped' && event.payload.step.step !== 'taskFinished'
      ? [{ step: event.payload.step.step, atMs: event.payload.atMs }]
      : [],
  );
  expect(marks.map(({ step }) => step)).toEqual([
    'modeStarted',
    'modeFinished',
    'modeStarted',
    'modeFinished',
    'modeStarted',
    'modeFinished',
  ]);
  for (const index of [1, 3]) expect((marks[index + 1]?.atMs ?? 0) - (marks[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(3_000);
  const { total, queued, active, done, failed, skipped, cancelled } = run.totals;
  expect(total).toBe(queued + active + done + failed + skipped + cancelled);
});

test('never more at once than the server takes, nor than the user allows', async () => {
  night.fileNames = Array.from({ length: 12 }, (_, index) => `${index}.wav`);
  await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(night.mostAtOnce).toBe(2);
  night.mostAtOnce = 0;
  night.capacity = 8;
  await night.until(await night.started({ modes: ['chunked'], workers: 3 }), ({ status }) => status === 'finished');
  expect(night.mostAtOnce).toBe(3);
});

test('one bad file fails with its code and stops nothing', async () => {
  night.scripts.set('streaming:b.wav', ['MEDIA_CORRUPT']);
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  // Its two reference words count as deleted.
  expect(run.modes[0]?.counts).toEqual({ substitutions: 2, deletions: 2, insertions: 0, hits: 2, referenceWords: 6 });
  expect(night.tries.filter((key) => key === 'streaming:b.wav')).toHaveLength(1);
});

test('a temporary failure is tried again later until it works', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_SILENT', 'SERVER_SILENT', 'ok']);
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
  expect(night.tries.filter((key) => key === 'streaming:a.wav')).toHaveLength(3);
  const retries = night.steps().filter((step) => step.step === 'taskRetrying');
  expect(retries).toHaveLength(2);
});

test('after its retries a file fails for good', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_SILENT']);
  const run = await night.until(await night.started({ maxRetries: 1 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  expect(night.tries.filter((key) => key === 'streaming:a.wav')).toHaveLength(2);
});

test('a busy server is waited for and costs nothing', async () => {
  night.scripts.set('streaming:a.wav', ['SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'SERVER_BUSY', 'ok']);
  const run = await night.until(await night.started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
});

test('files in work when their server dies are lost, not failed, and done after its restart', async () => {
  night.scripts.set('streaming:b.wav', ['serverDies', 'ok']);
  const run = await night.until(await night.started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
});

test('a file that kills its server each time is given up, the others are done', async () => {
  night.scripts.set('streaming:b.wav', ['serverDies']);
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  const page = await bench.database.read('listItems', { runId: run.id, afterId: 0, count: 10, filter: 'failed', search: '' });
  expect(page.items.map((item) => [item.fileId, item.tasks[0]?.errorCode])).toEqual([['b.wav', 'TASK_LOST_TOO_OFTEN']]);
});

test('a mode whose server cannot be had fails alone; a second run redoes only that mode', async () => {
  night.brokenModes.set('chunked', 'PORT_IN_USE');
  const first = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  expect(first.modes.map(({ mode, status, done, failed, error }) => [mode, status, done, failed, error?.code])).toEqual([
    ['streaming', 'done', 3, 0, undefined],
    ['chunked', 'failed', 0, 3, 'PORT_IN_USE'],
    ['original', 'done', 3, 0, undefined],
  ]);
  night.brokenModes.clear();
  night.tries.length = 0;
  const second = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  expect(second.totals).toMatchObject({ total: 9, done: 3, skipped: 6, failed: 0 });
  expect(new Set(night.tries.map((key) => key.split(':')[0]))).toEqual(new Set(['chunked']));
});

test('a second run of the same files does nothing and has the same figures', async () => {
  const first = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  night.tries.length = 0;
  const second = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  expect(night.tries).toEqual([]);
  expect(second.totals).toMatchObject({ total: 9, done: 0, skipped: 9 });
  expect(second.modes.map((mode) => mode.counts)).toEqual(first.modes.map((mode) => mode.counts));
});

test('other parameters are other work', async () => {
  await night.until(await night.started(), ({ status }) => status === 'finished');
  const again = await night.until(await night.started({ pacing: 'realTime' }), ({ status }) => status === 'finished');
  expect(again.totals).toMatchObject({ done: 3, skipped: 0 });
});

test('pause lets current files finish and starts nothing; resume goes on', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  expect((await night.controller.pause(id)).status).toBe('pausing');
  night.release();
  const paused = await night.until(id, ({ status }) => status === 'paused');
  expect(paused.totals).toMatchObject({ done: 2, queued: 3, active: 0 });
  expect(night.tries).toHaveLength(2);
  night.scriptAll('streaming', ['ok']);
  await night.controller.resume(id);
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 5 });
  expect(night.tries).toHaveLength(5);
});

test('a pause taken back while files still finish is as if it never was', async () => {
  night.scripts.set('streaming:a.wav', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 1);
  await night.controller.pause(id);
  expect((await night.controller.resume(id)).status).toBe('running');
  night.release();
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test('stop now ends what runs and cancels the rest; what was done stays', async () => {
  night.scripts.set('streaming:b.wav', ['hold']);
  night.scripts.set('streaming:c.wav', ['hold']);
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: true, keep: false });
  const run = await night.until(id, ({ status }) => status === 'stopped');
  expect(run.totals).toMatchObject({ total: 9, done: 1, cancelled: 8, queued: 0, active: 0 });
});

test('an interrupted run keeps the rest queued and goes on where it was, also without the files done meanwhile', async () => {
  night.scripts.set('streaming:b.wav', ['hold', 'ok']);
  night.scripts.set('streaming:c.wav', ['hold', 'ok']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.stop(id, { now: true, keep: true });
  const stopped = await night.until(id, ({ status }) => status === 'interrupted');
  expect(stopped.totals).toMatchObject({ done: 1, queued: 2, cancelled: 0, failed: 0 });
  const other = await night.until(await night.started({ limit: 1 }), ({ status }) => status === 'finished');
  expect(other.totals).toMatchObject({ done: 1, skipped: 1 });
  await night.controller.resume(id);
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, skipped: 1 });
  const attempts = await bench.database.read('resultRows', { runId: id, mode: 'streaming' });
  expect(attempts.map(({ attempts: count }) => count)).toEqual([1, 0, 1]);
});

test('resuming a finished run redoes what failed', async () => {
  night.scripts.set('streaming:b.wav', ['MEDIA_CORRUPT', 'ok']);
  const id = await night.started();
  await night.until(id, ({ status }) => status === 'finished');
  await night.controller.resume(id);
  const run = await night.until(id, ({ status, totals }) => status === 'finished' && totals.failed === 0);
  expect(run.totals).toMatchObject({ total: 3, done: 3 });
  await expect(night.controller.resume(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
});

test('a run that starts when it is ready is never shown as waiting for a decision', async () => {
  await night.controller.create({ sources: ['/in'], options: RunOptionsSchema.parse({}), startWhenReady: true });
  const seen = (): string[] => night.events.flatMap((event) => (event.name === 'run.changed' ? [event.payload.status] : []));
  await bench.clock.advanceUntil(() => seen().includes('finished'));
  expect(seen()).not.toContain('ready');
});

test('a second run waits for the first', async () => {
  night.scripts.set('streaming:a.wav', ['hold', 'ok']);
  const first = await night.started();
  await bench.clock.advanceUntil(() => night.held === 1);
  const second = await night.started({ modes: ['chunked'] });
  expect((await night.controller.get(second)).status).toBe('queued');
  night.release();
  await night.until(second, ({ status }) => status === 'finished');
  expect((await night.controller.get(first)).status).toBe('finished');
});

test('what an owner left behind when it died goes on with the next owner', async () => {
  night.scripts.set('streaming:b.wav', ['hold']);
  night.scripts.set('streaming:c.wav', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  // The first owner is gone: it writes nothing any more, and nobody tells the database.
  const next = bench.begin('boot-2');
  expect(await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() })).toEqual({
    requeued: 2,
    givenUp: 0,
  });
  expect((await next.controller.get(id)).status).toBe('interrupted');
  await next.controller.resume(id);
  const run = await next.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3 });
  expect(next.tries).toHaveLength(2);
});

test('a partly damaged file is not plainly done', async () => {
  night.partial.add('/in/b.wav');
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  const page = await bench.database.read('listItems', { runId: run.id, afterId: 0, count: 10, filter: 'problem', search: '' });
  expect(page.items.map((item) => [item.fileId, item.tasks[0]?.status, item.tasks[0]?.errorCode])).toEqual([
    ['b.wav', 'done', 'AUDIO_PARTIAL'],
  ]);
});

test('an outcome is committed before it is told', async () => {
  const seen: Promise<string | undefined>[] = [];
  const id = await night.ready();
  const record = night.events.push.bind(night.events);
  night.events.push = (...events) => {
    for (const event of events) {
      if (event.name !== 'run.stepped' || event.payload.step.step !== 'taskFinished') continue;
      const { fileId } = event.payload.step;
      seen.push(
        bench.database
          .read('resultRows', { runId: id, mode: 'streaming' })
          .then((rows) => rows.find((row) => row.fileId === fileId)?.status),
      );
    }
    return record(...events);
  };
  await night.controller.start(id, RunOptionsSchema.parse({}));
  await night.until(id, ({ status }) => status === 'finished');
  expect(await Promise.all(seen)).toEqual(['done', 'done', 'done']);
});

test('what cannot be done in a state is refused with the state named', async () => {
  const id = await night.ready();
  await expect(night.controller.pause(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT', data: { status: 'ready' } });
  await expect(night.controller.resume(id)).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  await expect(night.controller.get(999)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});
