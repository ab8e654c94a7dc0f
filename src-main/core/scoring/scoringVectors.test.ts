import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { addCounts, NO_WORDS, werRatio, type WordCounts } from '#shared/domain/scores.ts';
import { alignWords, countEdits } from './alignment.ts';
import { scorePair } from './score.ts';
import { splitWords } from './words.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data/scoring/', import.meta.url));
const hasVectors = existsSync(FOLDER);
const suffix = hasVectors ? '' : ' skipped: no shared data';

interface WerVector {
  readonly id: string;
  readonly ref: string;
  readonly hyp: string;
  readonly expect: {
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
  };
}

interface CorpusVector {
  readonly id: string;
  readonly pairs: readonly (readonly [string, string])[];
  readonly expect: { readonly ref_words: number; readonly word_edits: number; readonly wer: number | null };
}

function rows<T>(name: string): T[] {
  if (!hasVectors) return [];
  const lines = readFileSync(`${FOLDER}${name}`, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

function editsOf(counts: WordCounts): number {
  return counts.substitutions + counts.deletions + counts.insertions;
}

describe.skipIf(!hasVectors)(`published vectors${suffix}`, () => {
  test('every pair has its edits, and its split where that is unique', () => {
    const vectors = rows<WerVector>('wer.jsonl');
    expect(vectors.length).toBeGreaterThan(200);
    for (const { id, ref, hyp, expect: expected } of vectors) {
      const reference = splitWords(ref);
      const hypothesis = splitWords(hyp);
      const counts = countEdits(reference, hypothesis);
      const [fewest, most] = expected.hits_range;
      const seen = {
        id,
        referenceWords: counts.referenceWords,
        hypothesisWords: hypothesis.length,
        edits: editsOf(counts),
        wer: werRatio(counts),
        hitsInRange: counts.hits >= fewest && counts.hits <= most,
      };
      expect(seen).toEqual({
        id,
        referenceWords: expected.ref_words,
        hypothesisWords: expected.hyp_words,
        edits: expected.word_edits,
        wer: expected.wer,
        hitsInRange: true,
      });
      const { hits, substitutions, deletions, insertions } = counts;
      // Where alignments tie, each split is right: it is then compared with itself.
      const split = expected.counts_unique
        ? [expected.hits, expected.sub, expected.del, expected.ins]
        : [hits, substitutions, deletions, insertions];
      expect({ id, split: [hits, substitutions, deletions, insertions] }).toEqual({ id, split });
      expect(alignWords(reference, hypothesis).counts).toEqual(counts);
    }
  });

  test('every corpus has its pooled rate', () => {
    const vectors = rows<CorpusVector>('corpus.jsonl');
    expect(vectors.length).toBe(18);
    for (const { id, pairs, expect: expected } of vectors) {
      const counts = pairs.map(([ref, hyp]) => scorePair(ref, hyp, 'none').counts).reduce(addCounts, NO_WORDS);
      expect({ id, words: counts.referenceWords, edits: editsOf(counts), wer: werRatio(counts) }).toEqual({
        id,
        words: expected.ref_words,
        edits: expected.word_edits,
        wer: expected.wer,
      });
    }
  });

  test('real output of two modes scores as published under the simple rule', () => {
    const utterances = rows<{ reference: string; chunked: string; original: string }>('real-two-modes.jsonl');
    const { simple } = JSON.parse(readFileSync(`${FOLDER}real-two-modes.expect.json`, 'utf8')) as {
      simple: { ref_words: number; chunked_edits: number; original_edits: number; chunked_wer: number; original_wer: number };
    };
    const pooled = (mode: 'chunked' | 'original'): WordCounts =>
      utterances.map((row) => scorePair(row.reference, row[mode], 'simple').counts).reduce(addCounts, NO_WORDS);
    const chunked = pooled('chunked');
    const original = pooled('original');
    expect({
      ref_words: chunked.referenceWords,
      chunked_edits: editsOf(chunked),
      original_edits: editsOf(original),
      chunked_wer: werRatio(chunked),
      original_wer: werRatio(original),
    }).toEqual(simple);
  });
});
