import { expect, test } from 'vitest';
import { compareSystems, LEAST_PAIRS, type CompareOptions, type ComparedUtterance } from './compareSystems.ts';

const OPTIONS: CompareOptions = { normalizer: 'simple', replicates: 1_000, seed: 1, isClustered: false };

/** Utterances of eight words; A misses the first `count` words of each, B none. */
function utterances(count: number, wrongWords = 1): ComparedUtterance[] {
  const reference = 'one two three four five six seven eight';
  return Array.from({ length: count }, (_, index) => ({
    id: `u${index}`,
    speaker: `s${index % 3}`,
    reference,
    hypothesisA: reference
      .split(' ')
      .slice(index === 0 ? 0 : wrongWords)
      .join(' '),
    hypothesisB: reference.toUpperCase(),
  }));
}

test('the effect, its interval and every test', () => {
  const comparison = compareSystems(utterances(10), OPTIONS);
  expect(comparison).toMatchObject({
    utterances: 10,
    speakers: 3,
    a: { deletions: 9, referenceWords: 80 },
    b: { hits: 80, referenceWords: 80 },
    werA: 9 / 80,
    werB: 0,
    werDelta: 9 / 80,
    mapsswe: { n: 9, mean: 1, standardDeviation: 0, z: null, p: null },
    mcnemar: { onlyBCorrect: 9, bothCorrect: 1, pExact: 2 ** -8 },
    signTest: { aWorse: 9, bWorse: 0, ties: 1 },
    matchedPairs: { n: 10, mean: 0.9 },
    wilcoxon: { nonZero: 9, wPlus: 45 },
  });
  expect(comparison.bootstrap?.p).toBeCloseTo(2 / 1_001, 12);
  expect(comparison.changed).toHaveLength(9);
  expect(comparison.changed[0]).toEqual({ id: 'u1', referenceWords: 8, errorsA: 1, errorsB: 0 });
  expect(compareSystems(utterances(10), OPTIONS)).toEqual(comparison);
});

test('a missing answer is deletions', () => {
  const missing = utterances(6).map((utterance) => ({ ...utterance, hypothesisB: null }));
  expect(compareSystems(missing, OPTIONS)).toMatchObject({ b: { deletions: 48 }, werB: 1 });
});

test('below six pairs there is an effect and no test', () => {
  expect(compareSystems(utterances(LEAST_PAIRS - 1), OPTIONS)).toMatchObject({
    werDelta: 4 / 40,
    bootstrap: null,
    mapsswe: null,
    matchedPairs: null,
    mcnemar: null,
    signTest: null,
    wilcoxon: null,
  });
  // Six utterances, but only five segments with errors, and three speakers to draw from.
  const few = compareSystems(utterances(LEAST_PAIRS), { ...OPTIONS, isClustered: true });
  expect(few).toMatchObject({ mapsswe: null, bootstrap: null, mcnemar: { onlyBCorrect: 5 } });
});

test('utterances without reference words have no rate, but are compared', () => {
  const empty = utterances(6).map((utterance) => ({ ...utterance, reference: '', hypothesisA: 'a', hypothesisB: '' }));
  expect(compareSystems(empty, OPTIONS)).toMatchObject({
    werA: null,
    werB: null,
    werDelta: null,
    mapsswe: { n: 6 },
    bootstrap: { delta: null },
  });
  expect(compareSystems([], OPTIONS)).toMatchObject({ utterances: 0, changed: [] });
});
