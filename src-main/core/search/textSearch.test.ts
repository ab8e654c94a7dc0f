import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { plantRun } from '#main/testing/plantedRun.ts';
import { answeredResult, reportItem } from '#main/testing/reportRows.ts';
import { EventBus } from '../events.ts';
import { openReader, openWriter, type Connection } from '../persistence/connection.ts';
import { searchReads, searchWrites } from '../persistence/operations/search.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { buildRun } from '#main/testing/runBuilders.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { openDatabase } from '../persistence/database.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { termsOf } from './findInTexts.ts';
import { openTextSearch } from './textSearch.ts';

let folder: string;
let writer: Connection;
let reader: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-search-'));
  const path = join(folder, 'nightshift.db');
  writer = openWriter(path);
  reader = openReader(path);
});

afterEach(async () => {
  reader.close();
  writer.close();
  await rm(folder, { recursive: true });
});

function plant(texts: readonly string[]): number {
  return plantRun(
    writer,
    texts.map((text, index) => reportItem(index + 1, `${index}.wav`, 'a', [answeredResult('streaming', 'a', text)])),
    RunOptionsSchema.parse({}),
  );
}

function find(text: string, part: { runId?: number; beforeId?: number; count?: number; mode?: 'chunked' } = {}): string[] {
  const { runId = null, beforeId = null, count = 50, mode = null } = part;
  return searchReads.searchTexts(reader, { terms: termsOf(text), runId, mode, beforeId, count }).map(({ hypothesis }) => hypothesis);
}

function index(): void {
  while (searchWrites.indexTexts(writer, { count: 2 }));
}

describe.each([
  ['before anything is indexed', () => undefined],
  ['with half of it indexed', () => void searchWrites.indexTexts(writer, { count: 2 })],
  ['when everything is indexed', index],
])('%s', (_name, prepare) => {
  test('finds parts of words without regard to case, newest first', () => {
    plant(['The night SHIFT began', 'nothing', 'a makeshift bed', 'shif']);
    prepare();
    expect(find('shift')).toEqual(['a makeshift bed', 'The night SHIFT began']);
  });

  test('wants every word, and a phrase as it stands', () => {
    plant(['one two three', 'three two one', 'two']);
    prepare();
    expect(find('three one')).toEqual(['three two one', 'one two three']);
    expect(find('"two three"')).toEqual(['one two three']);
  });

  test('finds words of one and two letters, alone and beside longer ones', () => {
    plant(['오늘 학교에 갔다', '어제 집에 있었다', '학교 앞 공원에서 만났다']);
    prepare();
    expect(find('학교')).toEqual(['학교 앞 공원에서 만났다', '오늘 학교에 갔다']);
    expect(find('학교 공원에')).toEqual(['학교 앞 공원에서 만났다']);
    expect(find('집')).toEqual(['어제 집에 있었다']);
  });

  test('takes signs of a pattern and of the index as what they are', () => {
    plant(['100% sure', '1000 sure', 'a_b and "quoted" AND', 'axb']);
    prepare();
    expect(find('100%')).toEqual(['100% sure']);
    expect(find('a_b')).toEqual(['a_b and "quoted" AND']);
    expect(find("sure' OR 1")).toEqual([]);
    expect(find('and* -x')).toEqual([]);
  });

  test('pages without a gap or a repeat', () => {
    plant(Array.from({ length: 7 }, (_, place) => `night number ${place}`));
    prepare();
    const pages: string[] = [];
    for (let beforeId: number | null = null; ;) {
      const hits = searchReads.searchTexts(reader, { terms: ['night'], runId: null, mode: null, beforeId, count: 3 });
      pages.push(...hits.map(({ hypothesis }) => hypothesis));
      if (hits.length < 3) break;
      beforeId = hits.at(-1)?.resultId ?? null;
    }
    expect(pages).toEqual(Array.from({ length: 7 }, (_, place) => `night number ${6 - place}`));
  });

  test('looks into one run or one mode only', () => {
    const first = plant(['night one']);
    plant(['night two']);
    prepare();
    expect(find('night', { runId: first })).toEqual(['night one']);
    expect(find('night', { mode: 'chunked' })).toEqual([]);
  });

  test('forgets a text that was removed', () => {
    plant(['night one', 'night two', 'night three']);
    prepare();
    writer.exec(`UPDATE tasks SET result_id = NULL; DELETE FROM results WHERE hypothesis = 'night one'`);
    index();
    expect(find('night')).toEqual(['night three', 'night two']);
  });
});

test('the index says what a look through every text says', () => {
  const words = ['ab', 'abc', 'Abcd', 'bcd', 'cd', 'x', '가나', '가나다', '나다라'];
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      fc.constantFrom(...words),
      (texts, term) => {
        writer.exec('DELETE FROM runs; DELETE FROM results;');
        plant(texts.map((text) => text.join(' ')));
        index();
        const wanted = texts.map((text) => text.join(' ')).filter((text) => text.toLowerCase().includes(term.toLowerCase()));
        expect(find(term)).toEqual(wanted.toReversed());
      },
    ),
    { numRuns: 60 },
  );
});

test('indexes behind the outcomes, an old database and what comes later', async () => {
  const indexedTo = (): number => reader.prepare<[], { id: number }>('SELECT indexed_to AS id FROM result_search_state').get()?.id ?? 0;
  plant(Array.from({ length: 120 }, (_, place) => `night ${place}`));
  const database = await openDatabase(join(folder, 'nightshift.db'));
  const clock = new FakeClock();
  const events = new EventBus(() => undefined);
  const search = openTextSearch({ database, clock, logger: silentLogger, events });
  try {
    await eventually(async () => {
      await clock.advance(1_000);
      expect(indexedTo()).toBe(120);
    });
    plant(['later']);
    events.emit('run.changed', buildRun());
    await eventually(async () => {
      await clock.advance(1_000);
      expect(indexedTo()).toBe(121);
    });
    const page = await search.find({ text: 'later', runId: null, mode: null, beforeId: null, count: 1 });
    expect(page.hits).toMatchObject([{ excerpt: 'later', matches: [[0, 5]], fileId: '0.wav', runName: 'planted' }]);
    expect(page.next).toBe(page.hits[0]?.resultId);
    const elsewhere = search.find({ text: 'later', runId: 99, mode: null, beforeId: null, count: 1 });
    await expect(elsewhere).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  } finally {
    await search.close();
    await database.close();
  }
  expect(clock.pendingTimers).toBe(0);
});
