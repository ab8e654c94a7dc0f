import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { addCounts, NO_WORDS, werRatio, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { alignWords } from './alignment.ts';
import { editsOf, measurePair, measureWords, poolMetrics, ratesOf } from './metrics.ts';
import { normalizerOf } from './normalizers.ts';
import { scorePair } from './score.ts';
import { splitWords } from './words.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data/scoring/', import.meta.url));
const hasVectors = existsSync(FOLDER);
const suffix = hasVectors ? '' : ' skipped: no shared data';

interface CharacterVector {
  readonly ref_chars: number;
  readonly char_edits: number;
  readonly cer: number | null;
}

interface WerVector {
  readonly id: string;
  readonly ref: string;
  readonly hyp: string;
  readonly jiwer?: Readonly<Record<string, number>>;
  readonly expect: CharacterVector & {
    readonly ref_words: number;
    readonly hyp_words: number;
    readonly word_edits: number;
    readonly wer: number | null;
    readonly hits_range: readonly [number, number];
    readonly counts_unique: boolean;
    readonly hits: number | null;
    readonly sub: number | null;
    readonly del: number | null;
    readonly ins: number | null;
    readonly mer: number | null;
    readonly wip: number | null;
    readonly wil: number | null;
    readonly hyp_chars: number;
    readonly ref_chars_no_spaces: number;
    readonly char_edits_no_spaces: number;
    readonly cer_no_spaces: number | null;
    readonly cer_raw_inner_spaces?: CharacterVector & { readonly edits: number };
    readonly sclite?: { readonly errors: number };
    readonly sclite_equals_unit_cost?: boolean;
  };
}

interface CorpusVector {
  readonly id: string;
  readonly pairs: readonly (readonly [string, string])[];
  readonly expect: CharacterVector & {
    readonly ref_words: number;
    readonly word_edits: number;
    readonly wer: number | null;
    readonly mean_of_file_wers: number | null;
    readonly files_without_reference_words: number;
    readonly files_with_errors: number;
    readonly files: number;
  };
}

interface NormalizerVector {
  readonly id: string;
  readonly text: string;
  readonly expected: string;
  readonly needs_spelling_list?: boolean;
  readonly part?: string;
}

function rows<T>(name: string): T[] {
  if (!hasVectors) return [];
  const lines = readFileSync(`${FOLDER}${name}`, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

/** Ratios of the vectors were divided in another order: equal but for the last digits. */
function near(ratio: number | null): unknown {
  return ratio === null ? null : (expect.closeTo(ratio, 12) as unknown);
}

describe.skipIf(!hasVectors)(`published vectors${suffix}`, () => {
  test('every pair has every figure, and its split where that is unique', () => {
    const vectors = rows<WerVector>('wer.jsonl');
    expect(vectors.length).toBe(242);
    let unique = 0;
    for (const { id, ref, hyp, expect: expected } of vectors) {
      const reference = splitWords(ref);
      const hypothesis = splitWords(hyp);
      const metrics = measureWords(reference, hypothesis);
      const { words, characters, charactersNoSpaces } = metrics;
      const rates = ratesOf(metrics);
      const [fewest, most] = expected.hits_range;
      expect({
        id,
        referenceWords: words.referenceWords,
        hypothesisWords: hypothesis.length,
        edits: editsOf(words),
        wer: rates.wer,
        hitsInRange: words.hits >= fewest && words.hits <= most,
        characters,
        cer: rates.cer,
        charactersNoSpaces: [charactersNoSpaces.referenceLength, charactersNoSpaces.edits],
        cerNoSpaces: rates.cerNoSpaces,
      }).toEqual({
        id,
        referenceWords: expected.ref_words,
        hypothesisWords: expected.hyp_words,
        edits: expected.word_edits,
        wer: expected.wer,
        hitsInRange: true,
        characters: { referenceLength: expected.ref_chars, hypothesisLength: expected.hyp_chars, edits: expected.char_edits },
        cer: expected.cer,
        charactersNoSpaces: [expected.ref_chars_no_spaces, expected.char_edits_no_spaces],
        cerNoSpaces: expected.cer_no_spaces,
      });
      expect(alignWords(reference, hypothesis).counts).toEqual(words);
      // sclite's weights are 4/3/3: its total is never lower.
      if (expected.sclite !== undefined) {
        const isEqual = expected.sclite.errors === editsOf(words);
        expect({ id, isEqual, isLower: expected.sclite.errors < editsOf(words) }).toEqual({
          id,
          isEqual: expected.sclite_equals_unit_cost,
          isLower: false,
        });
      }
      if (!expected.counts_unique) continue;
      unique++;
      const { hits, substitutions, deletions, insertions } = words;
      expect({ id, split: [hits, substitutions, deletions, insertions], mer: rates.mer, wip: rates.wip, wil: rates.wil }).toEqual({
        id,
        split: [expected.hits, expected.sub, expected.del, expected.ins],
        mer: near(expected.mer),
        wip: near(expected.wip),
        wil: near(expected.wil),
      });
    }
    expect(unique).toBeGreaterThan(200);
  });

  test('the figures that the test-suite of jiwer asserts', () => {
    const vectors = rows<WerVector>('wer.jsonl').filter(
      ({ jiwer, expect: { counts_unique: isUnique } }) => jiwer !== undefined && isUnique,
    );
    expect(vectors.length).toBeGreaterThan(10);
    for (const { id, ref, hyp, jiwer = {} } of vectors) {
      const rates: Readonly<Record<string, number | null>> = { ...ratesOf(measurePair(ref, hyp, 'none')) };
      for (const [name, value] of Object.entries(jiwer)) {
        // jiwer gives the number of insertions where we give no ratio (scoring.md point 5).
        if (rates[name] !== null) expect({ id, name, value: rates[name] }).toEqual({ id, name, value: near(value) });
      }
    }
  });

  test('every corpus has its pooled rates, and the mean of its files as another number', () => {
    const vectors = rows<CorpusVector>('corpus.jsonl');
    expect(vectors.length).toBe(18);
    for (const { id, pairs, expect: expected } of vectors) {
      const corpus = poolMetrics(pairs.map(([ref, hyp]) => measurePair(ref, hyp, 'none')));
      const { words, characters } = corpus.pooled;
      expect({
        id,
        ref_words: words.referenceWords,
        word_edits: editsOf(words),
        wer: corpus.rates.wer,
        ref_chars: characters.referenceLength,
        char_edits: characters.edits,
        cer: corpus.rates.cer,
        mean_of_file_wers: corpus.meanOfPairWers,
        files_without_reference_words: corpus.pairsWithoutReference,
        files_with_errors: corpus.pairsWithErrors,
        files: corpus.pairs,
      }).toEqual({ id, ...expected, mean_of_file_wers: near(expected.mean_of_file_wers) });
    }
  });

  test('every English text that needs no spelling list becomes what Whisper makes of it', () => {
    const { normalize } = normalizerOf('whisper-en');
    const vectors = rows<NormalizerVector>('normalizer-en.jsonl').filter(
      (row) => row.needs_spelling_list !== true && row.part !== 'spelling',
    );
    expect(vectors.length).toBe(370);
    for (const { id, text, expected } of vectors) {
      expect({ id, text: normalize(text) }).toEqual({ id, text: expected });
    }
  });

  test('every text of another language becomes what the basic rules of Whisper make of it', () => {
    const { normalize } = normalizerOf('whisper-basic');
    const vectors = rows<{ id: string; text: string; basic: string }>('normalizer-basic.jsonl');
    expect(vectors.length).toBe(58);
    for (const { id, text, basic } of vectors) expect({ id, text: normalize(text) }).toEqual({ id, text: basic });
  });

  test('real output of two modes scores as published under the simple rule', () => {
    const { simple } = JSON.parse(readFileSync(`${FOLDER}real-two-modes.expect.json`, 'utf8')) as { simple: unknown };
    expect(twoModes('simple')).toEqual(simple);
  });

  test('and under the English rules of Whisper nearly so: its spelling list is left out', () => {
    const { whisper_english: published } = JSON.parse(readFileSync(`${FOLDER}real-two-modes.expect.json`, 'utf8')) as {
      whisper_english: { ref_words: number; chunked_edits: number; original_edits: number };
    };
    const ours = twoModes('whisper-en');
    expect(ours.ref_words).toBe(published.ref_words);
    expect(ours.chunked_edits - published.chunked_edits).toBeGreaterThanOrEqual(0);
    expect((ours.chunked_edits - published.chunked_edits) / published.ref_words).toBeLessThan(0.01);
    expect((ours.original_edits - published.original_edits) / published.ref_words).toBeLessThan(0.01);
  });
});

function twoModes(normalizer: NormalizerName): {
  ref_words: number;
  chunked_edits: number;
  original_edits: number;
  chunked_wer: number | null;
  original_wer: number | null;
} {
  const utterances = rows<{ reference: string; chunked: string; original: string }>('real-two-modes.jsonl');
  const pooled = (mode: 'chunked' | 'original'): WordCounts =>
    utterances.map((row) => scorePair(row.reference, row[mode], normalizer).counts).reduce(addCounts, NO_WORDS);
  const chunked = pooled('chunked');
  const original = pooled('original');
  return {
    ref_words: chunked.referenceWords,
    chunked_edits: editsOf(chunked),
    original_edits: editsOf(original),
    chunked_wer: werRatio(chunked),
    original_wer: werRatio(original),
  };
}
