import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { profilesOf } from '../servers/runProfiles.ts';
import { idleSample, type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

test('a pause taken back while the mode gives back what it held goes on to the end', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const givingBack = night.database.hold('finishTask', 'before', ({ outcome }) => outcome.kind === 'released');
  await night.controller.pause(id);
  night.scriptAll('streaming', ['ok']);
  night.release();
  await bench.clock.advanceUntil(() => givingBack.isReached);
  const resumed = night.controller.resume(id);
  givingBack.release();
  expect(['queued', 'running']).toContain((await resumed).status);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 5, queued: 0 });
});

test('a pause taken back after the mode has ended and before the run has noticed goes on with the same mode', async () => {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started({ modes: ['streaming', 'original'] });
  await bench.clock.advanceUntil(() => night.held === 2);
  const ended = night.database.hold('moveMode', 'before', ({ status }) => status === 'waiting');
  await night.controller.pause(id);
  night.scriptAll('streaming', ['ok']);
  night.release();
  await bench.clock.advanceUntil(() => ended.isReached);
  expect((await night.controller.resume(id)).status).toBe('running');
  ended.release();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, status, done }) => [mode, status, done])).toEqual([
    ['streaming', 'done', 5],
    ['original', 'done', 5],
  ]);
});

test.each(['pause', 'stop'] as const)('a %s asked while the mode is set up starts no file', async (wanted) => {
  const id = await night.ready();
  const setUp = night.database.hold('moveMode', 'after', ({ status }) => status === 'running');
  await night.controller.start(id, (await night.controller.get(id)).options);
  await bench.clock.advanceUntil(() => setUp.isReached);
  if (wanted === 'pause') await night.controller.pause(id);
  else await night.controller.stop(id, { now: true, keep: true });
  setUp.release();
  const run = await night.until(id, ({ status }) => status === (wanted === 'pause' ? 'paused' : 'interrupted'));
  expect(run.totals).toMatchObject({ queued: 3, done: 0, active: 0 });
  expect(night.tries).toEqual([]);
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
});

test.each([
  ['pause', 'paused', { queued: 3, cancelled: 0 }],
  ['stop and keep', 'interrupted', { queued: 3, cancelled: 0 }],
  ['stop and cancel', 'stopped', { queued: 0, cancelled: 3 }],
] as const)('a %s asked while the server starts does not wait for it', async (wanted, end, totals) => {
  night.readyGate = new Promise(() => undefined);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.needs.length === 1);
  if (wanted === 'pause') await night.controller.pause(id);
  else await night.controller.stop(id, { now: false, keep: wanted === 'stop and keep' });
  const run = await night.until(id, ({ status }) => status === end);
  expect(run.totals).toMatchObject(totals);
  expect(run.modes[0]).toMatchObject({ error: null });
  expect(night.tries).toEqual([]);
  night.readyGate = null;
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3, failed: 0 });
});

test('a reading that comes before the server is ready starts nothing', async () => {
  const gate = Promise.withResolvers<void>();
  night.readyGate = gate.promise;
  const claim = night.database.hold('claimTasks', 'before');
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.needs.length === 1);
  for (let second = 0; second < 3; second += 1) night.controller.takeSample(idleSample());
  await bench.clock.advance(1_000);
  expect(claim.isReached).toBe(false);
  expect((await night.controller.get(id)).allowedWorkers).toBe(0);
  night.brokenModes.set('streaming', 'SERVER_START_TIMEOUT');
  gate.resolve();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.modes[0]).toMatchObject({ status: 'failed', failed: 3, error: { code: 'SERVER_START_TIMEOUT' } });
  expect(night.tries).toEqual([]);
  expect(claim.isReached).toBe(false);
});

test('a file whose connection breaks each time ends after its losses, though the server answers all the time', async () => {
  night.scripts.set('streaming:a.wav', ['CONNECTION_LOST']);
  const run = await night.until(await night.started({ servers: 'running', maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  const rows = await bench.database.read('resultRows', { runId: run.id, mode: 'streaming' });
  expect(rows.find((row) => row.fileId === 'a.wav')).toMatchObject({ errorCode: 'TASK_LOST_TOO_OFTEN', attempts: 4 });
  expect(night.tries.filter((key) => key === 'streaming:a.wav')).toHaveLength(4);
});

test('a server of somebody else that stays away ends its mode, and only that', async () => {
  night.scriptAll('streaming', ['serverDies']);
  const claim = night.database.hold('claimTasks', 'before');
  const id = await night.started({ servers: 'running', modes: ['streaming', 'original'] });
  await bench.clock.advanceUntil(() => claim.isReached);
  night.brokenModes.set('streaming', 'SERVER_REFUSED');
  claim.release();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, status, done, failed, error }) => [mode, status, done, failed, error?.code])).toEqual([
    ['streaming', 'failed', 0, 3, 'SERVER_REFUSED'],
    ['original', 'done', 3, 0, undefined],
  ]);
});

test('a server of somebody else that comes back in time is used again', async () => {
  night.scriptAll('streaming', ['serverDies', 'ok']);
  const claim = night.database.hold('claimTasks', 'before');
  const id = await night.started({ servers: 'running', maxRetries: 0 });
  await bench.clock.advanceUntil(() => claim.isReached);
  night.brokenModes.set('streaming', 'SERVER_REFUSED');
  claim.release();
  await bench.clock.advanceUntil(() => night.needs.length === 3);
  night.brokenModes.clear();
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3, failed: 0 });
});

test('a decoder that crashes costs no counted attempt', async () => {
  night.scripts.set('streaming:a.wav', ['DECODER_CRASHED', 'DECODER_CRASHED', 'ok']);
  const run = await night.until(await night.started({ maxRetries: 0 }), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 3, failed: 0 });
  expect(night.steps().filter(({ step }) => step === 'taskRetrying')).toEqual([]);
});

test('a file that crashes the decoder each time is given up in the end', async () => {
  night.scripts.set('streaming:a.wav', ['DECODER_CRASHED']);
  const run = await night.until(await night.started(), ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 2, failed: 1 });
  const rows = await bench.database.read('resultRows', { runId: run.id, mode: 'streaming' });
  expect(rows.map(({ errorCode }) => errorCode)).toEqual(['TASK_LOST_TOO_OFTEN', null, null]);
});

test('a decoder that is gone in the middle gives the mode up once, not file by file', async () => {
  night.capacity = 1;
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav'];
  night.scriptAll('streaming', ['DECODER_MISSING']);
  night.scripts.set('streaming:a.wav', ['ok']);
  const run = await night.until(await night.started({ modes: ['streaming', 'original'] }), ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, status, done, failed, error }) => [mode, status, done, failed, error?.code])).toEqual([
    ['streaming', 'failed', 1, 3, 'DECODER_MISSING'],
    ['original', 'done', 4, 0, undefined],
  ]);
  expect(night.tries.filter((key) => key.startsWith('streaming:'))).toEqual(['streaming:a.wav', 'streaming:b.wav']);
});

test('a server that refuses every file is left out while another of its mode works; without another the mode is given up', async () => {
  const options = RunOptionsSchema.parse({});
  const [server] = profilesOf(options, 'streaming');
  if (server === undefined) throw new Error('no server');
  const streaming = [server, { ...server, id: 'second', port: 9_001, start: null }];
  night.rejecting.add(server.id);
  const id = await night.started({ profiles: { ...options.profiles, streaming } });
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run).toMatchObject({ totals: { done: 3, failed: 0 }, modes: [{ status: 'done', error: null }] });
  expect(new Set(night.tries).size).toBe(night.tries.length);
  night.rejecting.add('second');
  const again = await night.started({ profiles: { ...options.profiles, streaming }, pacing: 'realTime' });
  const refused = await night.until(again, ({ status }) => status === 'finished');
  expect(refused).toMatchObject({ totals: { failed: 3 }, modes: [{ status: 'failed', error: { code: 'SERVER_REJECTED' } }] });
});
