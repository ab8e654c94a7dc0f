import fc from 'fast-check';
import { expect, test } from 'vitest';
import { werRatio } from '#shared/domain/scores.ts';
import { alignWords, countEdits } from './alignment.ts';

/** Words from a small vocabulary, so that ties and repeats are common. */
const words = (maxLength: number): fc.Arbitrary<string[]> => fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength, size: 'max' });

/** Textbook table, for comparison only. */
function oracleEdits(reference: readonly string[], hypothesis: readonly string[]): number {
  let row = Array.from({ length: hypothesis.length + 1 }, (_, h) => h);
  for (const [r, word] of reference.entries()) {
    const next = [r + 1];
    for (const [h, other] of hypothesis.entries()) {
      next.push(Math.min((row[h] ?? 0) + (word === other ? 0 : 1), (row[h + 1] ?? 0) + 1, (next[h] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

test('finds as few edits as the textbook table, also over block borders', () => {
  fc.assert(
    fc.property(words(100), words(100), (reference, hypothesis) => {
      const counts = countEdits(reference, hypothesis);
      expect(counts.substitutions + counts.deletions + counts.insertions).toBe(oracleEdits(reference, hypothesis));
      expect(counts.hits + counts.substitutions + counts.deletions).toBe(reference.length);
      expect(counts.hits + counts.substitutions + counts.insertions).toBe(hypothesis.length);
      expect(counts.referenceWords).toBe(reference.length);
    }),
    { numRuns: 400 },
  );
});

test('the steps spell both sides and have the same counts', () => {
  fc.assert(
    fc.property(words(70), words(70), (reference, hypothesis) => {
      const { counts, steps } = alignWords(reference, hypothesis);
      expect(counts).toEqual(countEdits(reference, hypothesis));
      expect(steps.flatMap((step) => ('reference' in step ? [step.reference] : []))).toEqual(reference);
      expect(steps.flatMap((step) => ('hypothesis' in step ? [step.hypothesis] : []))).toEqual(hypothesis);
      const isTrue = steps.every((step) => {
        if (step.op === 'hit') return step.reference === step.hypothesis;
        return step.op !== 'substitution' || step.reference !== step.hypothesis;
      });
      expect(isTrue).toBe(true);
      const inSteps = (op: string): number => steps.filter((step) => step.op === op).length;
      expect([inSteps('hit'), inSteps('substitution'), inSteps('deletion'), inSteps('insertion')]).toEqual([
        counts.hits,
        counts.substitutions,
        counts.deletions,
        counts.insertions,
      ]);
    }),
  );
});

test('a text against itself has no errors', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (text) => {
      expect(werRatio(countEdits(text, text))).toBe(0);
    }),
  );
});

test('ties: the common beginning is kept, then from the end deletion before substitution before insertion', () => {
  expect(alignWords(['a', 'b', 'c'], ['a', 'x', 'c']).steps).toEqual([
    { op: 'hit', reference: 'a', hypothesis: 'a' },
    { op: 'substitution', reference: 'b', hypothesis: 'x' },
    { op: 'hit', reference: 'c', hypothesis: 'c' },
  ]);
  expect(alignWords(['b', 'c'], ['x']).steps).toEqual([
    { op: 'substitution', reference: 'b', hypothesis: 'x' },
    { op: 'deletion', reference: 'c' },
  ]);
  expect(alignWords(['b'], ['x', 'y']).steps).toEqual([
    { op: 'insertion', hypothesis: 'x' },
    { op: 'substitution', reference: 'b', hypothesis: 'y' },
  ]);
  expect(alignWords(['a', 'a'], ['a']).steps).toEqual([
    { op: 'hit', reference: 'a', hypothesis: 'a' },
    { op: 'deletion', reference: 'a' },
  ]);
});

test('one side empty is all deletions or all insertions', () => {
  expect(countEdits(['a', 'b'], [])).toEqual({ hits: 0, substitutions: 0, deletions: 2, insertions: 0, referenceWords: 2 });
  expect(countEdits([], ['a', 'b'])).toEqual({ hits: 0, substitutions: 0, deletions: 0, insertions: 2, referenceWords: 0 });
  expect(alignWords([], []).steps).toEqual([]);
});

test('a pair whose table does not fit is cut in two without losing an edit', () => {
  // Two shifted sequences: dropping `shift` words at one end and adding them at the other is the least there is.
  const count = 26_000;
  const shift = 37;
  const reference = Array.from({ length: count }, (_, i) => `w${i}`);
  const hypothesis = Array.from({ length: count }, (_, i) => `w${i + shift}`);
  expect(countEdits(reference, hypothesis)).toEqual({
    hits: count - shift,
    substitutions: 0,
    deletions: shift,
    insertions: shift,
    referenceWords: count,
  });
});

test('10,000 words a side need a table of tens of megabytes, not of hundreds', () => {
  const reference = Array.from({ length: 10_000 }, (_, i) => `w${(i * 7_919) % 4_001}`);
  const hypothesis = reference.map((word, i) => (i % 7 === 0 ? `x${i}` : word)).filter((_, i) => i % 11 !== 0);
  const before = process.memoryUsage().arrayBuffers;
  const counts = countEdits(reference, hypothesis);
  const grown = process.memoryUsage().arrayBuffers - before;
  expect(counts.hits + counts.substitutions + counts.deletions).toBe(10_000);
  expect(grown).toBeLessThan(60 * 1024 * 1024);
});
