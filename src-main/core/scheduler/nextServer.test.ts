import { afterEach, beforeEach, expect, test } from 'vitest';
import { idleSample, type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
  night.scripts.set('streaming:c.wav', ['hold']);
});

afterEach(() => bench.close());

const TWO = { modes: ['streaming' as const, 'chunked' as const] };

/** Starts a run and stands still in the last file of its first mode. */
async function inLastFile(options: object = TWO): Promise<number> {
  const id = await night.started(options);
  await night.until(id, ({ totals }) => totals.done === 2 && night.held === 1);
  return id;
}

async function toTheEnd(id: number): Promise<void> {
  night.release();
  await night.until(id, ({ status }) => status === 'finished');
}

function needed(): string[] {
  return night.needs.map(({ mode }) => mode);
}

test('the server of the next mode starts while the last file is under way, once, and the mode finds it', async () => {
  const id = await inLastFile();
  await bench.clock.advanceUntil(() => needed().length === 2);
  expect(needed()).toEqual(['streaming', 'chunked']);
  night.release();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(needed()).toEqual(['streaming', 'chunked', 'chunked']);
  expect(run.totals).toMatchObject({ done: 6 });
});

test('a server that cannot be started ahead is no failure of the mode under way, and is tried again in its turn', async () => {
  night.brokenModes.set('chunked', 'SERVER_EXITED');
  const id = await inLastFile();
  await bench.clock.advanceUntil(() => needed().includes('chunked'));
  night.brokenModes.clear();
  night.release();
  const run = await night.until(id, ({ status }) => status === 'finished');
  expect(run.modes.map(({ done, error }) => [done, error])).toEqual([
    [3, null],
    [3, null],
  ]);
});

test('a server of somebody else is not started ahead', async () => {
  await toTheEnd(await inLastFile({ ...TWO, servers: 'running' }));
  expect(needed()).toEqual(['streaming', 'chunked']);
});

test('without memory for another server nothing is started ahead', async () => {
  night.serverBytes = 1_000 * 1024 * 1024;
  const gate = Promise.withResolvers<void>();
  night.readyGate = gate.promise;
  const id = await night.started(TWO);
  await bench.clock.advanceUntil(() => needed().length === 1);
  night.controller.takeSample(idleSample({ ownRssBytes: 1_500 * 1024 * 1024 }));
  gate.resolve();
  await night.until(id, ({ totals }) => totals.done === 2 && night.held === 1);
  await toTheEnd(id);
  expect(needed()).toEqual(['streaming', 'chunked']);
});

test('a mode with nothing to do needs no server', async () => {
  night.release();
  night.scripts.clear();
  await night.until(await night.started({ modes: ['chunked'] }), ({ status }) => status === 'finished');
  night.needs.length = 0;
  night.scripts.set('streaming:c.wav', ['hold']);
  await toTheEnd(await inLastFile());
  expect(needed()).toEqual(['streaming']);
});

test.each(['pause', 'stop'] as const)('a %s ends a start ahead, and a resume begins anew', async (wanted) => {
  const id = await night.started(TWO);
  await night.until(id, ({ modes }) => modes[0]?.status === 'running');
  night.readyGate = new Promise(() => undefined);
  await night.until(id, ({ totals }) => totals.done === 2 && night.held === 1);
  await bench.clock.advanceUntil(() => needed().includes('chunked'));
  if (wanted === 'pause') await night.controller.pause(id);
  else await night.controller.stop(id, { now: false, keep: true });
  night.release();
  await night.until(id, ({ status }) => status === (wanted === 'pause' ? 'paused' : 'interrupted'));
  night.readyGate = null;
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 6, failed: 0 });
});
