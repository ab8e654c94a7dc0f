import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema, type RunSummary } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

const isFinished = ({ status }: RunSummary): boolean => status === 'finished';

test('files added to a run under way are done by it, in modes that had ended, too', async () => {
  night.scriptAll('chunked', ['hold']);
  const id = await night.started({ modes: ['streaming', 'chunked'] });
  await bench.clock.advanceUntil(() => night.held === 2);
  night.fileNames = ['b.wav', 'd.wav', 'e.wav'];
  const added = await night.controller.addFiles(id, ['/more']);
  expect(added.sources).toEqual(['/in', '/more']);
  await night.until(id, ({ itemCount }) => itemCount === 5);
  night.scripts.clear();
  night.release();
  const run = await night.until(id, isFinished);
  const page = { beforeId: null, afterId: null, count: 100 };
  const filter = { level: 'info' as const, kinds: [], runId: id, serverId: null, search: '', sinceMs: null };
  const { entries } = await bench.database.read('logPage', { ...filter, ...page });
  expect(entries.filter(({ code }) => code === 'filesAdded')).toMatchObject([{ data: { added: 2, known: 1 } }]);
  expect(run.modes.map(({ done }) => done)).toEqual([5, 5]);
  expect(new Set(night.tries).size).toBe(night.tries.length);
});

test('a run does not end while files are being added to it', async () => {
  const id = await night.ready();
  const scanned = Promise.withResolvers<void>();
  night.scanGate = scanned.promise;
  night.fileNames = ['x.wav'];
  await night.controller.start(id, RunOptionsSchema.parse({}));
  await night.controller.addFiles(id, ['/more']);
  await night.until(id, ({ totals }) => totals.done === 3);
  await bench.clock.advance(10_000);
  expect((await night.controller.get(id)).status).toBe('running');
  scanned.resolve();
  expect((await night.until(id, isFinished)).totals).toMatchObject({ total: 4, done: 4 });
});

test('an addition that its owner did not finish is taken up with the run, each file once', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const inspected = night.database.hold('recordInspections', 'before');
  night.fileNames = ['c.wav', 'x.wav', 'y.wav'];
  await night.controller.addFiles(id, ['/more']);
  await bench.clock.advanceUntil(() => inspected.isReached);
  const next = bench.begin('boot-2');
  next.fileNames = ['c.wav', 'x.wav', 'y.wav'];
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  await next.controller.open();
  await next.controller.resume(id);
  const run = await next.until(id, isFinished);
  expect(run).toMatchObject({ itemCount: 5, totals: { total: 5, done: 5 } });
  expect(await bench.database.read('openAdditions', { runId: null })).toEqual([]);
});

test('files of a paused run wait with the others, and the limit is that of the whole run', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started({ limit: 4 });
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.pause(id, { now: true });
  await night.until(id, ({ status }) => status === 'paused');
  night.fileNames = ['x.wav', 'y.wav', 'z.wav'];
  await night.controller.addFiles(id, ['/more']);
  await night.until(id, ({ totals }) => totals.total === 4);
  night.scripts.clear();
  await night.controller.resume(id);
  expect((await night.until(id, isFinished)).totals).toMatchObject({ total: 4, done: 4 });
});

test('a folder that is not there is told as a problem, and the run goes on', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  night.scanError = 'SOURCE_NOT_FOUND';
  await night.controller.addFiles(id, ['/gone']);
  const told = await night.until(id, ({ problemCount }) => problemCount === 1);
  expect(told.problems).toMatchObject([{ code: 'SOURCE_NOT_FOUND', path: '/gone' }]);
  night.release();
  night.scripts.clear();
  expect((await night.until(id, isFinished)).totals).toMatchObject({ done: 3 });
});

test('a run does not go round while files cannot be added to it: it is interrupted with the reason, and takes them when it is resumed', async () => {
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  night.database.fail('addItems', new NightshiftError('DISK_FULL'));
  night.fileNames = ['x.wav'];
  await night.controller.addFiles(id, ['/more']);
  night.scripts.clear();
  night.release();
  const left = await night.until(id, ({ status }) => status === 'interrupted' || status === 'queued');
  expect(left).toMatchObject({ status: 'interrupted', error: { code: 'DISK_FULL' }, totals: { done: 3 } });
  await night.controller.resume(id);
  expect(await night.until(id, isFinished)).toMatchObject({ error: null, totals: { total: 4, done: 4 } });
});

test('a run that has ended takes no files', async () => {
  const id = await night.started();
  await night.until(id, isFinished);
  await expect(night.controller.addFiles(id, ['/more'])).rejects.toMatchObject({ code: 'RUN_STATE_CONFLICT' });
  expect((await night.controller.get(id)).sources).toEqual(['/in']);
});

test('files of one name in two folders are two files, the same file is one', async () => {
  const id = await night.ready();
  const file = (path: string) => ({
    path,
    fileId: 'a.wav',
    sizeBytes: 1,
    modifiedMs: 1,
    reference: null,
    referencePath: null,
    problemCode: null,
  });
  const files = [file('/in/a.wav'), file('/second/a.wav'), file('/third/a.wav')];
  expect(await bench.database.write('addItems', { runId: id, files })).toBe(2);
  expect(await bench.database.write('addItems', { runId: id, files })).toBe(0);
});
