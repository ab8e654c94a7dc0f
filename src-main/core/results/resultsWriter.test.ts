import { expect, test } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { createMemoryFileStore, type MemoryFileStore } from '#main/testing/memoryFileStore.ts';
import type { ResultsInput } from './resultsDocument.ts';
import { createResultsWriter, type ResultsWriter } from './resultsWriter.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly files: MemoryFileStore;
  readonly writer: ResultsWriter;
  /** Texts in the order they were written. */
  readonly writes: string[];
  reads: number;
}

function createBench(existing?: string): Bench {
  const clock = new FakeClock();
  const store = createMemoryFileStore({ folders: ['/out'], nowMs: () => clock.nowMs() });
  const writes: string[] = [];
  const files: MemoryFileStore = {
    ...store,
    async writeTextAtomic(path, text) {
      await store.writeTextAtomic(path, text);
      writes.push(path);
    },
  };
  const read = async (): Promise<ResultsInput> => {
    bench.reads++;
    return {
      modes: [{ mode: 'original', timestampMs: clock.nowMs(), rows: [] }],
      normalizer: 'simple',
      normalizerVersion: 1,
      calculateWer: true,
      model: 'tiny-en',
      pacing: 'asFast',
      language: null,
    };
  };
  const bench: Bench = { clock, files, writes, reads: 0, writer: createResultsWriter({ files, clock, read, path: '/out/results.json' }) };
  if (existing !== undefined) void store.writeTextAtomic('/out/results.json', existing);
  return bench;
}

test('many changes become one write every five seconds', async () => {
  const { clock, writer, writes } = createBench();
  for (let step = 0; step < 100; step++) {
    writer.touch();
    await clock.advance(100);
  }
  expect(writes).toHaveLength(2);
  await clock.advanceUntil(() => writes.length === 3);
  expect(clock.pendingTimers).toBe(0);
});

test('a file that takes long to write is written more rarely, and a flush does not wait', async () => {
  const { clock, files, writer, writes } = createBench();
  let tookMs = 1_000;
  const { writeTextAtomic } = files;
  files.writeTextAtomic = async (path, text) => {
    if (tookMs > 0) await clock.sleep(tookMs);
    await writeTextAtomic(path, text);
  };
  writer.touch();
  await clock.advanceUntil(() => writes.length === 1);
  tookMs = 0;
  for (let second = 0; second < 18; second++) {
    writer.touch();
    await clock.advance(1_000);
  }
  expect(writes).toHaveLength(1);
  await writer.flush();
  expect(writes).toHaveLength(2);
});

test('a flush writes now and takes the place of the waiting write', async () => {
  const { clock, writer, writes, files } = createBench();
  writer.touch();
  await clock.advanceUntil(() => writes.length === 1);
  writer.touch();
  await writer.flush();
  await clock.advance(60_000);
  expect(writes).toHaveLength(2);
  expect(JSON.parse(files.texts.get('/out/results.json') ?? '')).toHaveProperty('original');
  expect(writer.lastError).toBeNull();
  expect(writer.writtenPath).toBe('/out/results.json');
});

test('flushes at the same time share one write that sees everything before them', async () => {
  const bench = createBench();
  await Promise.all([bench.writer.flush(), bench.writer.flush(), bench.writer.flush()]);
  expect(bench.reads).toBe(1);
});

test('a failed write is told and made up for later', async () => {
  const { clock, writer, files, writes } = createBench();
  files.failWritesWith(new NightshiftError('DISK_FULL', { path: '/out/results.json' }));
  writer.touch();
  await clock.advanceUntil(() => writer.lastError !== null);
  expect(writer.lastError).toMatchObject({ code: 'DISK_FULL' });
  files.failWritesWith(null);
  writer.touch();
  await clock.advanceUntil(() => writer.lastError === null);
  expect(writes).toHaveLength(1);
});

test('a file that is not JSON stays as it is; the results lie beside it', async () => {
  const { writer, files } = createBench('shopping list');
  await writer.flush();
  expect(files.texts.get('/out/results.json')).toBe('shopping list');
  expect(JSON.parse(files.texts.get('/out/results.nightshift.json') ?? '')).toHaveProperty('original');
  expect(writer.writtenPath).toBe('/out/results.nightshift.json');
  expect(writer.lastError).toMatchObject({ code: 'OUTPUT_UNWRITABLE', data: { path: '/out/results.json' } });
});

test('what somebody else adds to the file meanwhile is kept', async () => {
  const { clock, writer, files } = createBench('{"note": 1}');
  await writer.flush();
  await clock.advance(1_000);
  const text = files.texts.get('/out/results.json') ?? '';
  await files.writeTextAtomic('/out/results.json', text.replace('"note": 1', '"note": 2, "more": 3'));
  await writer.flush();
  await writer.flush();
  expect(JSON.parse(files.texts.get('/out/results.json') ?? '')).toMatchObject({ note: 2, more: 3 });
});

test('after close nothing is written', async () => {
  const { clock, writer, writes } = createBench();
  writer.touch();
  await writer.close();
  writer.touch();
  await clock.advance(60_000);
  expect(writes).toHaveLength(0);
});
