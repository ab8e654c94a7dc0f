import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairById, pairsOfRows } from './pairTexts.ts';
import {
  decodeTranscripts,
  isGuessedKaldi,
  modesIn,
  parseOneSide,
  parsePairs,
  type TranscriptFile,
  type TranscriptFormat,
} from './transcriptText.ts';

function file(name: string, content: string, more: { mode?: string; format?: TranscriptFormat } = {}): TranscriptFile {
  return { name, content, format: more.format ?? null, mode: more.mode ?? null };
}

function texts(name: string, content: string, format?: TranscriptFormat): (readonly [string, string | null])[] {
  const { rows } = parseOneSide(file(name, content, format === undefined ? {} : { format }), 'hypothesis');
  return rows.map(({ id, hypothesis }) => [id, hypothesis] as const);
}

function problem(run: () => unknown): unknown {
  try {
    run();
    return 'nothing was thrown';
  } catch (error) {
    return error;
  }
}

const AB = [
  ['a', 'one two'],
  ['b', ''],
];

describe('each form gives ids and texts', () => {
  test.each([
    ['x.trn', ';; a comment\none two (a)\r\n\n(b)\n'],
    ['x.txt', 'one two (a)\n (b)'],
    ['text', 'a one two\r\n\n  b\n'],
    ['x.csv', 'id,text,more\na,"one two",x\nb,,\n'],
    ['x.tsv', 'id\ttext\na\tone two\nb\t\n'],
    ['x.jsonl', '{"id":"a","text":"one two"}\n\n{"id":"b","text":""}\n'],
    ['x.json', '[{"id":"a","hyp":"one two"},{"id":"b","hyp":""}]'],
    ['x.json', '{"id":"a","pred_text":"one two","text":"other"}\n{"id":"b","pred_text":"","text":"other"}'],
    ['r.json', '{"chunked":{"raw_results":[{"file_id":"a","hypothesis":"one two"},{"file_id":"b","hypothesis":""}]}}'],
  ])('%s %j', (name, content) => {
    expect(texts(name, content)).toEqual(AB);
  });

  test('lines have their number for an id', () => {
    expect(texts('x.txt', 'one two\n\nthree', 'lines')).toEqual([
      ['1', 'one two'],
      ['2', ''],
      ['3', 'three'],
    ]);
  });

  test('what a trn line has in parentheses before its id is text', () => {
    expect(texts('x.trn', 'one (noise) two (spk_1)')).toEqual([['spk_1', 'one (noise) two']]);
  });
});

test('a CSV cell holds commas, quotes and line ends, and lines are counted through it', () => {
  expect(texts('x.csv', 'id,text\r\na,"one, ""two""\nthree"\r\nb,five"six\r\n')).toEqual([
    ['a', 'one, "two"\nthree'],
    ['b', 'five"six'],
  ]);
  expect(problem(() => texts('x.csv', 'id,text\na,"one\ntwo"\nb\n'))).toMatchObject({
    code: 'INPUT_INVALID',
    data: { field: 'x.csv', detail: 'line 4: expected 2 columns as in the header, got 1' },
  });
  expect(problem(() => texts('x.csv', 'id,text\na,"one'))).toMatchObject({
    data: { detail: 'line 2: a quote is opened and never closed' },
  });
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (cells) => {
      const rows = cells.map((cell, index) => `i${index},"${cell.replaceAll('"', '""')}"`);
      expect(texts('x.csv', `id,text\n${rows.join('\n')}\n`)).toEqual(cells.map((cell, index) => [`i${index}`, cell]));
    }),
  );
});

describe('what cannot be read is said with file and line', () => {
  test.each([
    ['x.trn', 'one (a)\nno id here', 'line 2: expected "text (id)"'],
    ['x.jsonl', '{"id":"a","text":"b"}\n{"id":', 'line 2: expected a JSON object'],
    ['x.jsonl', '["a"]', 'element 1 is no object'],
    [
      'x.csv',
      'id,words\na,b\n',
      'it has no hypothesis: none of its rows has hyp, hypothesis, pred_text, prediction, text, transcript, transcription, sentence',
    ],
    ['empty', '', 'there is no text in it'],
    ['header.csv', 'id,text\n', 'there is no text in it'],
  ])('%s %j', (name, content, detail) => {
    expect(problem(() => texts(name, content))).toMatchObject({ code: 'INPUT_INVALID', data: { field: name, detail } });
  });

  test('a table of several modes asks which', () => {
    expect(problem(() => parsePairs(file('t.jsonl', '{"id":"a","reference":"x","chunked":"y","original":"z"}')))).toMatchObject({
      data: { field: '--mode', detail: 't.jsonl has chunked, original: say which' },
    });
  });

  test('text without ids is not taken for a list of ids unsaid', () => {
    expect(isGuessedKaldi(file('ref.txt', 'the cat sat\na dog ran\n'))).toBe(true);
    expect(isGuessedKaldi(file('ref.txt', 'the cat sat\n', { format: 'kaldi' }))).toBe(false);
    expect(isGuessedKaldi(file('data/text', 'utt1 the cat sat\n'))).toBe(false);
    expect(isGuessedKaldi(file('ref.txt', 'the cat sat (a)\n'))).toBe(false);
    expect(isGuessedKaldi(file('empty.txt', ''))).toBe(false);
  });

  test('bytes that are no UTF-8', () => {
    expect(decodeTranscripts(Buffer.from('\uFEFFa 한국어'), 'x')).toBe('a 한국어');
    expect(problem(() => decodeTranscripts(Buffer.from([0x61, 0xe9]), 'x'))).toMatchObject({ code: 'INPUT_INVALID' });
    expect(problem(() => decodeTranscripts(Buffer.from('\uFEFFa', 'utf16le'), 'x'))).toMatchObject({
      data: { detail: 'it is UTF-16; save it as UTF-8' },
    });
  });

  test('a pair without a reference', () => {
    expect(problem(() => parsePairs(file('p.jsonl', '{"id":"a","ref":"x","hyp":"y"}\n{"id":"b","hyp":"y"}')))).toMatchObject({
      data: { detail: 'line 2: there is no "ref"' },
    });
  });
});

const NIGHT = JSON.stringify({
  chunked: {
    timestamp: '2026-01-01T00:00:00Z',
    raw_results: [
      { file_id: '19/19-1.flac', reference: 'ONE', hypothesis: 'one', wer: 1 },
      { file_id: '19/19-2.flac', reference: 'TWO', hypothesis: 'said before it failed', status: 'failed' },
      { file_id: '19/19-3.flac', reference: 'THREE', hypothesis: null, status: 'cancelled' },
      { file_id: '19/19-4.flac', reference: null, hypothesis: 'four' },
    ],
  },
  original: { raw_results: [] },
  notes: 'by hand',
});

describe('an old night', () => {
  test('which mode has to be said where there are several', () => {
    expect(modesIn(file('results.json', NIGHT))).toEqual(['chunked', 'original']);
    expect(problem(() => parsePairs(file('results.json', NIGHT)))).toMatchObject({
      code: 'INPUT_INVALID',
      data: { field: '--mode', detail: 'results.json has chunked, original: say which' },
    });
    expect(problem(() => parsePairs(file('results.json', NIGHT, { mode: 'streaming' })))).toMatchObject({
      data: { detail: 'results.json has chunked, original, got "streaming"' },
    });
    expect(problem(() => parsePairs(file('x.json', '{"a":1}', { format: 'results' })))).toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('a failed file is a missing answer, and nothing is dropped unnamed', () => {
    const texts = pairsOfRows(parsePairs(file('results.json', NIGHT, { mode: 'chunked' })));
    expect(texts).toEqual({
      pairs: [
        { id: '19/19-1.flac', speaker: '19', reference: 'ONE', hypothesis: 'one' },
        { id: '19/19-2.flac', speaker: '19', reference: 'TWO', hypothesis: null },
      ],
      missingHypotheses: ['19/19-2.flac'],
      unusedHypotheses: [],
      missingReferences: ['19/19-4.flac'],
      duplicates: [],
      notRun: ['19/19-3.flac'],
    });
  });

  test('its files are found under the utterances of a transcript', () => {
    const references = parseOneSide(file('ref.trn', 'uno (19-1)\ndos (19-2)\ntres (19-3)\ncinco (19-5)'), 'reference');
    const hypotheses = parseOneSide(file('results.json', NIGHT, { mode: 'chunked' }), 'hypothesis');
    expect(pairById(references, hypotheses)).toEqual({
      pairs: [
        { id: '19-1', speaker: '19', reference: 'uno', hypothesis: 'one' },
        { id: '19-2', speaker: '19', reference: 'dos', hypothesis: null },
        { id: '19-5', speaker: '19', reference: 'cinco', hypothesis: null },
      ],
      missingHypotheses: ['19-2', '19-5'],
      unusedHypotheses: ['19/19-4.flac'],
      missingReferences: [],
      duplicates: [],
      notRun: ['19-3'],
    });
  });
});

test('a column can hold the hypotheses of a mode', () => {
  const content = '{"id":"a","reference":"x","chunked":"y","original":"x"}';
  expect(modesIn(file('p.jsonl', content))).toEqual(['chunked', 'original']);
  expect(modesIn(file('p.jsonl', '{"id":"a","ref":"x","hyp":"y"}'))).toEqual([]);
  expect(parsePairs(file('p.jsonl', content, { mode: 'original' })).rows).toEqual([
    { id: 'a', speaker: null, reference: 'x', hypothesis: 'x' },
  ]);
});

test('ids on one side only and ids that occur again are named', () => {
  const references = parseOneSide(file('ref', 'a one\nb two\na again\nc three'), 'reference');
  const hypotheses = parseOneSide(file('hyp', 'a one\nc three\nc four\nd five'), 'hypothesis');
  expect(pairById(references, hypotheses)).toEqual({
    pairs: [
      { id: 'a', speaker: 'a', reference: 'one', hypothesis: 'one' },
      { id: 'b', speaker: 'b', reference: 'two', hypothesis: null },
      { id: 'c', speaker: 'c', reference: 'three', hypothesis: 'three' },
    ],
    missingHypotheses: ['b'],
    unusedHypotheses: ['d'],
    missingReferences: [],
    duplicates: ['a', 'c'],
    notRun: [],
  });
  const pairs = pairsOfRows(parsePairs(file('p.jsonl', '{"id":"a","ref":"x","hyp":"x"}\n{"id":"a","ref":"y","hyp":null,"speaker":"s"}')));
  expect(pairs).toMatchObject({
    duplicates: ['a'],
    missingHypotheses: ['a'],
    pairs: [{ speaker: 'a' }, { speaker: 's', hypothesis: null }],
  });
});

test('nothing is lost: every row of both sides is scored or named', () => {
  const side = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'x/a.wav'), fc.constantFrom('one', 'two')));
  fc.assert(
    fc.property(side, side, (left, right) => {
      const transcripts = (
        rows: readonly (readonly [string, string])[],
        name: 'reference' | 'hypothesis',
      ): ReturnType<typeof parsePairs> => ({
        rows: rows.map(([id, text]) => ({ id, speaker: null, reference: null, hypothesis: null, [name]: text })),
        notRun: [],
      });
      const paired = pairById(transcripts(left, 'reference'), transcripts(right, 'hypothesis'));
      const scored = new Set(paired.pairs.map(({ id }) => id));
      expect(left.every(([id]) => scored.has(id))).toBe(true);
      const stems = (id: string): string => id.replace('x/', '').replace('.wav', '');
      for (const [id] of right) {
        expect(scored.has(id) || scored.has(stems(id)) || paired.unusedHypotheses.includes(id)).toBe(true);
      }
      expect(paired.pairs.filter(({ hypothesis }) => hypothesis === null).map(({ id }) => id)).toEqual(paired.missingHypotheses);
    }),
  );
});
