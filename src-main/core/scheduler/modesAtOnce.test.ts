import { afterEach, beforeEach, expect, test } from 'vitest';
import { MODES } from '#shared/domain/mode.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { idleSample, type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

const ALL = { modes: [...MODES], modesAtOnce: 3 };

function hold(): void {
  for (const mode of MODES) night.scriptAll(mode, ['hold']);
}

function letGo(): void {
  for (const mode of MODES) night.scriptAll(mode, ['ok']);
  night.release();
}

test('modes run one after another unless the user allows more', async () => {
  hold();
  const id = await night.started({ modes: [...MODES] });
  await bench.clock.advanceUntil(() => night.held === 2);
  await bench.clock.advance(10_000);
  expect(night.held).toBe(2);
  expect((await night.controller.get(id)).modes.map(({ status }) => status)).toEqual(['running', 'waiting', 'waiting']);
  letGo();
  await night.until(id, ({ status }) => status === 'finished');
});

test('allowed modes run at once, each on its own servers, and every file has one outcome in each', async () => {
  hold();
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  expect(await night.controller.get(id)).toMatchObject({ activeWorkers: 6, allowedWorkers: 6 });
  letGo();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.modes.map(({ mode, status, done, failed }) => [mode, status, done, failed])).toEqual(
    MODES.map((mode) => [mode, 'done', 3, 0]),
  );
  expect(night.tries.toSorted()).toEqual(MODES.flatMap((mode) => night.fileNames.map((name) => `${mode}:${name}`)).toSorted());
});

test('with two at once the third follows the first that ends, after the pause between modes', async () => {
  night.scriptAll('chunked', ['hold']);
  const id = await night.started({ modes: [...MODES], modesAtOnce: 2 });
  const run = await night.until(id, ({ modes }) => modes[2]?.status === 'running' || modes[2]?.status === 'done');
  expect(run.modes[1]?.status).toBe('running');
  expect((run.modes[2]?.startedAtMs ?? 0) - (run.modes[0]?.endedAtMs ?? 0)).toBeGreaterThanOrEqual(3_000);
  night.scriptAll('chunked', ['ok']);
  night.release();
  await night.until(id, ({ status }) => status === 'finished');
});

test('the limits of the machine hold for all modes together', async () => {
  hold();
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav', 'f.wav'];
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  for (let reading = 0; reading < 9; reading += 1) night.controller.takeSample(idleSample({ cpuPercent: 99 }));
  const held = await night.controller.get(id);
  expect(held).toMatchObject({ allowedWorkers: 5, workersReason: 'cpuLimit', workersFacts: { possible: 6, cpuPercent: 99 } });
  night.mostAtOnce = 0;
  letGo();
  await night.until(id, ({ status }) => status === 'finished');
  expect(night.mostAtOnce).toBeLessThan(6);
});

test('a mode whose server cannot be had does not stop the others', async () => {
  night.brokenModes.set('chunked', 'SERVER_START_TIMEOUT');
  const run = await night.until(await night.started(ALL), ({ status }) => status === 'finished');
  expect(run.modes.map(({ done, failed, error }) => [done, failed, error?.code])).toEqual([
    [3, 0, undefined],
    [0, 3, 'SERVER_START_TIMEOUT'],
    [3, 0, undefined],
  ]);
});

test.each([
  ['pause', 'paused', { queued: 3, cancelled: 0, done: 6 }],
  ['stop and keep', 'interrupted', { queued: 3, cancelled: 0, done: 6 }],
  ['stop and cancel', 'stopped', { queued: 0, cancelled: 3, done: 6 }],
] as const)('a %s lets what runs in every mode finish, and a resume does the rest', async (wanted, end, totals) => {
  hold();
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  if (wanted === 'pause') await night.controller.pause(id);
  else await night.controller.stop(id, { now: false, keep: wanted === 'stop and keep' });
  letGo();
  expect((await night.until(id, ({ status }) => status === end)).totals).toMatchObject({ ...totals, active: 0 });
  await night.controller.resume(id);
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 9, failed: 0 });
});

test('a stop now ends what runs in every mode, and nothing is charged for it', async () => {
  hold();
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  await night.controller.stop(id, { now: true, keep: true });
  expect((await night.until(id, ({ status }) => status === 'interrupted')).totals).toMatchObject({ queued: 9, active: 0 });
  letGo();
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 9, failed: 0 });
});

test('a pause taken back while one mode still drains takes up the ones that have ended, too', async () => {
  hold();
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  await night.controller.pause(id);
  night.scriptAll('streaming', ['ok']);
  night.scriptAll('chunked', ['ok']);
  night.release('streaming');
  night.release('chunked');
  await night.until(id, ({ modes }) => modes.filter(({ status }) => status === 'waiting').length === 2);
  expect((await night.controller.resume(id)).status).toBe('running');
  await night.until(id, ({ modes }) => modes[0]?.status === 'done' && modes[1]?.status === 'done');
  letGo();
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 9, failed: 0 });
});

test('an owner that dies with several modes under way loses nothing', async () => {
  hold();
  const id = await night.started(ALL);
  await night.until(id, ({ totals }) => totals.active >= 6 && night.held === 6);
  const next = bench.begin('boot-2');
  await bench.database.write('recoverOtherBoots', { bootId: 'boot-2', nowMs: bench.clock.nowMs() });
  await next.controller.resume(id);
  const run = await next.until(id, ({ status }) => status === 'finished');
  expect(run.totals).toMatchObject({ done: 9, failed: 0 });
  expect(run.modes.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
});

test('what goes wrong with the storage of one mode ends the run when the others have come to rest', async () => {
  hold();
  const id = await night.started(ALL);
  await bench.clock.advanceUntil(() => night.held === 6);
  night.database.fail('finishTask', new NightshiftError('DISK_FULL'));
  letGo();
  const run = await night.until(id, ({ status }) => status === 'interrupted');
  expect(run.error).toMatchObject({ code: 'DISK_FULL' });
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 9, failed: 0 });
});
