import { describe, expect, test, vi } from 'vitest';
import { RawResultSchema, type RawResult } from '#shared/contract/results.ts';
import { foldersByMode, NOTHING_THERE, readExistingResults, renderResults, type ResultsInput, type ResultsRow } from './resultsDocument.ts';

const AT_MS = Date.UTC(2026, 10, 20, 23, 0, 0);

function row(fileId: string, changes: Partial<ResultsRow> = {}): ResultsRow {
  return {
    mode: 'streaming',
    fileId,
    path: `/data/${fileId}`,
    reference: 'one two three four',
    hypothesis: 'one two three',
    counts: { substitutions: 0, deletions: 1, insertions: 0, hits: 3, referenceWords: 4 },
    audioSec: 10,
    decodedSec: 10,
    processingSec: 1,
    firstTokenLatencyMs: 250,
    status: 'done',
    errorCode: null,
    errorDetail: null,
    attempts: 1,
    doneEarlier: false,
    ...changes,
  };
}

/** Without an answer every word of the reference is deleted. */
const ALL_DELETED = { substitutions: 0, deletions: 4, insertions: 0, hits: 0, referenceWords: 4 };
const NO_RESULT: Partial<ResultsRow> = { hypothesis: null, counts: null, decodedSec: null, processingSec: null, firstTokenLatencyMs: null };

function input(rows: readonly ResultsRow[], changes: Partial<ResultsInput> = {}): ResultsInput {
  return {
    modes: [{ mode: 'streaming', timestampMs: AT_MS, rows }],
    normalizer: 'simple',
    normalizerVersion: 1,
    calculateWer: true,
    model: 'tiny-en',
    pacing: 'asFast',
    language: null,
    ...changes,
  };
}

interface Section {
  readonly timestamp: string;
  readonly overall: Record<string, unknown>;
  readonly folders: Record<string, Record<string, unknown>>;
  readonly raw_results: RawResult[];
}

function parse(text: string): Record<string, Section> {
  return JSON.parse(text) as Record<string, Section>;
}

async function render(results: ResultsInput, existing: string | null = null): Promise<string> {
  const known = existing === null ? NOTHING_THERE : readExistingResults(existing);
  if (known === null) throw new Error('not to be written over');
  return (await renderResults(results, known, async () => undefined)).join('');
}

async function streaming(results: ResultsInput, existing: string | null = null): Promise<Section> {
  const section = parse(await render(results, existing))['streaming'];
  if (section === undefined) throw new Error('no streaming section');
  return section;
}

const EVERY_OUTCOME = [
  row('a/1.flac'),
  row('a/2.flac', { doneEarlier: true, status: 'skipped', attempts: 0 }),
  row('b/3.flac', { ...NO_RESULT, counts: ALL_DELETED, status: 'failed', errorCode: 'MEDIA_CORRUPT', errorDetail: 'header' }),
  row('b/4.flac', { ...NO_RESULT, status: 'failed', reference: null, errorCode: 'FILE_EMPTY' }),
  row('b/5.flac', { ...NO_RESULT, status: 'skipped', attempts: 0 }),
  row('6.flac', { ...NO_RESULT, status: 'cancelled', attempts: 0 }),
  row('7.flac', { ...NO_RESULT, status: 'queued', attempts: 0 }),
  row('8.flac', { ...NO_RESULT, status: 'claimed' }),
  row('9.flac', { reference: null, counts: null }),
];

test('every input appears once, and the totals reconcile', async () => {
  const { timestamp, overall, folders, raw_results: rows } = await streaming(input(EVERY_OUTCOME));
  expect(timestamp).toBe('2026-11-20T23:00:00.000Z');
  expect(overall).toEqual({
    num_files: 9,
    num_done: 3,
    num_failed: 2,
    num_skipped: 1,
    num_cancelled: 1,
    num_pending: 2,
    num_scored: 3,
    // 1 + 1 deletions of the results, 4 of the failed file with a reference.
    wer: 6 / 12,
    substitutions: 0,
    deletions: 6,
    insertions: 0,
    reference_words: 12,
    audio_seconds: 30,
    processing_seconds: 3,
    rtf: 0.1,
    num_done_earlier: 1,
    normalizer: 'simple',
    normalizer_version: 1,
    normalizer_label: 'simple 1',
    model: 'tiny-en',
    pacing: 'asFast',
    language: null,
    generator: 'nightshift',
  });
  expect(rows.map(({ file_id, status, done_earlier }) => [file_id, status, done_earlier])).toEqual([
    ['a/1.flac', 'done', false],
    ['a/2.flac', 'done', true],
    ['b/3.flac', 'failed', false],
    ['b/4.flac', 'failed', false],
    ['b/5.flac', 'skipped', false],
    ['6.flac', 'cancelled', false],
    ['7.flac', 'pending', false],
    ['8.flac', 'pending', false],
    ['9.flac', 'done', false],
  ]);
  for (const raw of rows) expect(RawResultSchema.parse(raw)).toEqual(raw);
  expect(Object.keys(folders)).toEqual(['a', 'b', '.']);
  expect(folders['b']).toMatchObject({ num_files: 3, num_failed: 2, num_skipped: 1, wer: 1, reference_words: 4, rtf: null });
});

test('the row of a result and of a failure', async () => {
  const [done, , failed] = (await streaming(input(EVERY_OUTCOME))).raw_results;
  expect(done).toEqual({
    file_id: 'a/1.flac',
    audio_path: '/data/a/1.flac',
    reference: 'one two three four',
    hypothesis: 'one two three',
    wer: 0.25,
    substitutions: 0,
    deletions: 1,
    insertions: 0,
    reference_words: 4,
    duration: 10,
    decoded_duration: 10,
    processing_time: 1,
    first_token_latency: 0.25,
    status: 'done',
    error_code: null,
    error: null,
    attempts: 1,
    done_earlier: false,
  });
  expect(failed).toMatchObject({
    wer: 1,
    deletions: 4,
    reference_words: 4,
    hypothesis: null,
    error_code: 'MEDIA_CORRUPT',
    error: 'header',
  });
});

test('without scoring, and without references, there are no rates', async () => {
  for (const results of [input(EVERY_OUTCOME, { calculateWer: false }), input([row('a.flac', { reference: null, counts: null })])]) {
    const { overall, raw_results: rows } = await streaming(results);
    expect(overall).toMatchObject({
      wer: null,
      substitutions: null,
      deletions: null,
      insertions: null,
      reference_words: null,
      num_scored: 0,
    });
    expect(rows.every((raw) => raw.wer === null && raw.deletions === null)).toBe(true);
  }
});

test('only streaming rows have a first-token latency', async () => {
  const modes = [{ mode: 'chunked' as const, timestampMs: AT_MS, rows: [row('a.flac', { mode: 'chunked' })] }];
  expect(parse(await render(input([], { modes })))['chunked']?.raw_results[0]).not.toHaveProperty('first_token_latency');
});

test('rates are pooled by the first folder level', () => {
  const rows = [row('a/x/1.flac'), row('a/y/2.flac', { ...NO_RESULT, counts: ALL_DELETED, status: 'failed' }), row('3.flac')];
  expect(foldersByMode(input(rows))).toEqual([
    {
      folder: '.',
      mode: 'streaming',
      files: 1,
      counts: { substitutions: 0, deletions: 1, insertions: 0, hits: 3, referenceWords: 4 },
      werRatio: 0.25,
    },
    {
      folder: 'a',
      mode: 'streaming',
      files: 2,
      counts: { substitutions: 0, deletions: 5, insertions: 0, hits: 3, referenceWords: 8 },
      werRatio: 5 / 8,
    },
  ]);
});

describe('merging', () => {
  const FOREIGN = JSON.stringify({
    note: { by: 'hand' },
    streaming: {
      timestamp: '2025-01-01T00:00:00',
      overall: { num_files: 2, wer: 0.5 },
      folders: { old: { wer: 0.5 } },
      host: 'gpu1',
      raw_results: [
        { file_id: 'a/1.flac', audio_path: 'x', hypothesis: 'theirs' },
        { file_id: 'other', audio_path: '/data/a/2.flac', hypothesis: 'theirs' },
        { file_id: 'only-theirs', audio_path: '/old/z.flac', hypothesis: 'kept' },
      ],
    },
    original: { timestamp: 'then', overall: { wer: 0.05 }, folders: {}, raw_results: [{ file_id: 'o' }] },
  });

  test('what another program wrote is kept, and our rows win for the same file', async () => {
    const text = await render(input([row('a/1.flac'), row('a/2.flac')]), FOREIGN);
    const before = JSON.parse(FOREIGN) as Record<string, Section>;
    const after = parse(text);
    expect(Object.keys(after)).toEqual(['streaming', 'original', 'note']);
    expect(after['original']).toEqual(before['original']);
    expect(after['note']).toEqual(before['note']);
    const section = after['streaming'];
    expect(section).toMatchObject({
      host: 'gpu1',
      overall: { num_files: 2, num_kept_rows: 1, merged_from: { num_files: 2, wer: 0.5 } },
      folders: { a: { num_files: 2 }, old: { wer: 0.5 } },
    });
    expect(section?.raw_results.map((raw) => [raw.file_id, raw.hypothesis])).toEqual([
      ['a/1.flac', 'one two three'],
      ['a/2.flac', 'one two three'],
      ['only-theirs', 'kept'],
    ]);
  });

  test('writing again changes nothing', async () => {
    const ours = input([row('a/1.flac'), row('a/2.flac')]);
    const once = await render(ours, FOREIGN);
    expect(await render(ours, once)).toBe(once);
  });

  test('rows of our own earlier run give way to what the database says now', async () => {
    const first = await render(input([row('a/1.flac'), row('gone.flac')]), FOREIGN);
    const { raw_results: rows } = await streaming(input([row('a/1.flac')]), first);
    expect(rows.map((raw) => raw.file_id)).toEqual(['a/1.flac', 'other', 'only-theirs']);
  });

  test('modes of an earlier run stay', async () => {
    const first = await render(input([row('a.flac')]));
    const modes = [{ mode: 'chunked' as const, timestampMs: AT_MS, rows: [row('a.flac', { mode: 'chunked' })] }];
    const both = parse(await render(input([], { modes }), first));
    expect(Object.keys(both)).toEqual(['streaming', 'chunked']);
    expect(both['streaming']).toEqual(parse(first)['streaming']);
  });

  test.each(['', 'not json', '[1]', '"text"', '{"cut": '])('%j is not written over', (text) => {
    expect(readExistingResults(text)).toBeNull();
  });

  test('a byte order mark does not hide what is there', async () => {
    expect(parse(await render(input([row('a.flac')]), `\uFEFF${FOREIGN}`))['original']).toBeDefined();
  });

  test('odd names are only names', async () => {
    const section = await streaming(input([row('__proto__/1.flac'), row('constructor/2.flac')]));
    expect(Object.keys(section.folders)).toEqual(['__proto__', 'constructor']);
  });
});

const MOST_IN_SLICE = 128 * 1_024;
const LONG_TEXT = 'word '.repeat(5_000);

test.each([
  ['many short rows', Array.from({ length: 2_620 }, (_, i) => row(`speaker-${i % 40}/${i}.flac`))],
  ['many folders', Array.from({ length: 2_620 }, (_, i) => row(`${i}/1.flac`))],
  ['long texts', Array.from({ length: 100 }, (_, i) => row(`${i}.flac`, { reference: LONG_TEXT, hypothesis: LONG_TEXT }))],
])('%s are rendered in slices between which the loop can turn', async (_, rows) => {
  let sinceTurn = 0;
  let mostSinceTurn = 0;
  const stringify = JSON.stringify;
  vi.spyOn(JSON, 'stringify').mockImplementation((...args: Parameters<typeof JSON.stringify>) => {
    const text = stringify(...args);
    sinceTurn += text.length;
    return text;
  });
  const pieces = await renderResults(input(rows), NOTHING_THERE, async () => {
    mostSinceTurn = Math.max(mostSinceTurn, sinceTurn);
    sinceTurn = 0;
  });
  vi.restoreAllMocks();
  const text = pieces.join('');
  const longestRow = Math.max(...rows.map((entry) => JSON.stringify(entry).length + 200));
  expect(mostSinceTurn).toBeLessThan(MOST_IN_SLICE + longestRow);
  expect(text.length).toBeGreaterThan(4 * MOST_IN_SLICE);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2 * MOST_IN_SLICE + longestRow);
  expect(parse(text)['streaming']?.raw_results).toHaveLength(rows.length);
});

test('a reference is not counted again for each write: a failed row costs what a done one does', async () => {
  const counts = { substitutions: 0, deletions: 3, insertions: 0, hits: 0, referenceWords: 3 };
  const failed = row('a.flac', { ...NO_RESULT, counts, status: 'failed', reference: LONG_TEXT });
  const section = await streaming(input([failed]));
  expect(section.raw_results[0]).toMatchObject({ wer: 1, reference_words: 3 });
  expect(foldersByMode(input([failed]))[0]?.counts).toEqual(counts);
});

test('a run without modes is an empty object', async () => {
  expect(await render(input([], { modes: [] }))).toBe('{}\n');
});
