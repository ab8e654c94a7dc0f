import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Night, NightBench } from '#main/testing/night.ts';

let bench: NightBench;
let night: Night;

beforeEach(async () => {
  bench = await NightBench.open();
  night = bench.begin('boot-1');
});

afterEach(() => bench.close());

const OTHER = { name: 'tiny', path: '/models/tiny', fingerprint: 'tiny-2', vocabularyWords: null };

/** A run that is paused after two of its five files. */
async function pausedRun(): Promise<number> {
  night.fileNames = ['a.wav', 'b.wav', 'c.wav', 'd.wav', 'e.wav'];
  night.scriptAll('streaming', ['hold']);
  const id = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  await night.controller.pause(id);
  night.release();
  await night.until(id, ({ status }) => status === 'paused');
  night.scriptAll('streaming', ['ok']);
  return id;
}

test('a paused run goes on with the model it was started with, whatever the settings say now', async () => {
  const id = await pausedRun();
  night.models.set('/models/big', { name: 'big', path: '/models/big', fingerprint: 'big-1', vocabularyWords: null });
  night.usualModel = '/models/big';
  await night.controller.resume(id);
  await night.until(id, ({ status }) => status === 'finished');
  expect(new Set(night.needs.map(({ modelPath }) => modelPath))).toEqual(new Set(['/models/tiny']));
  // Nothing of it counts as done with the other model.
  expect((await night.until(await night.started(), ({ status }) => status === 'finished')).totals).toMatchObject({ done: 5, skipped: 0 });
  night.usualModel = '/models/tiny';
  expect((await night.until(await night.started(), ({ status }) => status === 'finished')).totals).toMatchObject({ done: 0, skipped: 5 });
});

test('a paused run whose model is another one now does not go on, and nothing is recorded under the wrong name', async () => {
  const id = await pausedRun();
  const planned = night.models.get('/models/tiny');
  if (planned === undefined) throw new Error('no usual model');
  night.models.set('/models/tiny', OTHER);
  await night.controller.resume(id);
  const run = await night.until(id, ({ status }) => status === 'interrupted');
  expect(run).toMatchObject({ error: { code: 'MODEL_INVALID' }, totals: { done: 2, queued: 3 } });
  expect(night.tries).toHaveLength(2);
  night.models.set('/models/tiny', planned);
  await night.controller.resume(id);
  expect(await night.until(id, ({ status }) => status === 'finished')).toMatchObject({ error: null, totals: { done: 5 } });
});

test('a queued run whose model is another one now is interrupted, and the run behind it begins', async () => {
  night.scriptAll('streaming', ['hold']);
  const first = await night.started();
  await bench.clock.advanceUntil(() => night.held === 2);
  const second = await night.started({ modes: ['chunked'] });
  night.models.set('/models/tiny', OTHER);
  const third = await night.started({ modes: ['original'] });
  night.scriptAll('streaming', ['ok']);
  night.release();
  expect((await night.until(third, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 3 });
  expect((await night.controller.get(first)).status).toBe('finished');
  expect(await night.controller.get(second)).toMatchObject({
    status: 'interrupted',
    error: { code: 'MODEL_INVALID' },
    totals: { queued: 3 },
  });
  expect(night.tries.filter((key) => key.startsWith('chunked:'))).toEqual([]);
});

test('a queued run whose model is gone says so and can go on when it is back', async () => {
  const id = await pausedRun();
  const planned = night.models.get('/models/tiny');
  if (planned === undefined) throw new Error('no usual model');
  night.models.delete('/models/tiny');
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'interrupted')).error?.code).toBe('MODEL_MISSING');
  night.models.set('/models/tiny', planned);
  await night.controller.resume(id);
  expect((await night.until(id, ({ status }) => status === 'finished')).totals).toMatchObject({ done: 5 });
});
