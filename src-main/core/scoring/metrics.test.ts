import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countEdits, countLeastEdits } from './alignment.ts';
import { editsOf, headlineOfLanguage, headlineOfTexts, measurePair, measureWords, poolMetrics, ratesOf } from './metrics.ts';

const numbers = (maxLength: number): fc.Arbitrary<Int32Array> =>
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength, size: 'max' }).map((values) => Int32Array.from(values));

test('edits without an alignment are as few as with one, also where the table is only partly computed', () => {
  fc.assert(
    fc.property(numbers(400), numbers(400), (left, right) => {
      const withAlignment = countEdits(Array.from(left, String), Array.from(right, String));
      expect(countLeastEdits(left, right)).toBe(editsOf(withAlignment));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(numbers(1_500), fc.array(fc.tuple(fc.nat(1_500), fc.nat(3), fc.nat(4)), { maxLength: 60 }), (left, changes) => {
      const right = [...left];
      for (const [place, removed, added] of changes) right.splice(place, removed, added);
      const withAlignment = countEdits(Array.from(left, String), right.map(String));
      expect(countLeastEdits(left, Int32Array.from(right))).toBe(editsOf(withAlignment));
    }),
    { numRuns: 100 },
  );
});

const WORDS = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((word) => !/\s/u.test(word)));

test('a text against itself has no errors of any kind', () => {
  fc.assert(
    fc.property(WORDS, (words) => {
      const { mer, wip, wil } = ratesOf(measureWords(words, words));
      expect({ mer, wip, wil }).toEqual({ mer: 0, wip: 1, wil: 0 });
    }),
  );
});

test('the rates without a hypothesis in them are symmetric, none but WER and CER exceeds 1, and pooling adds counts', () => {
  fc.assert(
    fc.property(WORDS, WORDS, (left, right) => {
      const forward = measureWords(left, right);
      const back = measureWords(right, left);
      expect(editsOf(forward.words)).toBe(editsOf(back.words));
      expect(forward.characters.edits).toBe(back.characters.edits);
      const { mer, wip, wil } = ratesOf(forward);
      for (const ratio of [mer, wip, wil]) {
        expect(ratio).toBeGreaterThanOrEqual(0);
        expect(ratio).toBeLessThanOrEqual(1);
      }
      const { pooled } = poolMetrics([forward, back]);
      expect(editsOf(pooled.words)).toBe(2 * editsOf(forward.words));
      expect(pooled.words.referenceWords).toBe(left.length + right.length);
      expect(pooled.graphemes.edits).toBe(forward.graphemes.edits + back.graphemes.edits);
    }),
  );
});

test('characters of all three kinds have as few edits as an alignment of them, also where marks begin a word', () => {
  const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '\u0301', '\u200D', '한', '👩', '🇰'), minLength: 1, maxLength: 4 });
  const repeated = fc
    .tuple(fc.array(word, { maxLength: 6 }), fc.constantFrom(1, 800))
    .map(([some, times]) => Array.from({ length: times }, () => some).flat());
  fc.assert(
    fc.property(repeated, repeated, (left, right) => {
      const { characters, charactersNoSpaces, graphemes } = measureWords(left, right);
      const texts = [left.join(' '), right.join(' ')] as const;
      const edits = (split: (text: string) => string[], [one, other]: readonly [string, string]): number =>
        editsOf(countEdits(split(one), split(other)));
      expect({ characters: characters.edits, charactersNoSpaces: charactersNoSpaces.edits, graphemes: graphemes.edits }).toEqual({
        characters: edits(Array.from, texts),
        charactersNoSpaces: edits(Array.from, [left.join(''), right.join('')]),
        graphemes: edits((text) => Array.from(clusters.segment(text), ({ segment }) => segment), texts),
      });
    }),
    { numRuns: 60 },
  );
});

describe('what counts as one character', () => {
  test('code points, not halves of surrogate pairs', () => {
    const { characters, graphemes } = measurePair('😀 b', '😁 b', 'none');
    expect(characters).toEqual({ edits: 1, referenceLength: 3, hypothesisLength: 3 });
    expect(graphemes).toEqual({ edits: 1, referenceLength: 3, hypothesisLength: 3 });
  });

  test('composed and decomposed Hangul differ under none and agree under korean', () => {
    const composed = '한국어';
    const decomposed = composed.normalize('NFD');
    expect(measurePair(composed, decomposed, 'none').characters).toEqual({ edits: 8, referenceLength: 3, hypothesisLength: 8 });
    expect(measurePair(composed, decomposed, 'none').graphemes).toEqual({ edits: 3, referenceLength: 3, hypothesisLength: 3 });
    expect(measurePair(composed, decomposed, 'korean').characters).toEqual({ edits: 0, referenceLength: 3, hypothesisLength: 3 });
  });

  test('a cluster of many code points is one grapheme', () => {
    const { characters, graphemes } = measurePair('e\u0301 👩‍👩‍👧', 'e 👩‍👩‍👧', 'none');
    expect(characters).toEqual({ edits: 1, referenceLength: 8, hypothesisLength: 7 });
    expect(graphemes).toEqual({ edits: 1, referenceLength: 3, hypothesisLength: 3 });
  });

  test('one space between words, whatever was written there, and none in the figure without spaces', () => {
    const { characters, charactersNoSpaces } = measurePair(' a\t b\u3000c ', 'ab c', 'none');
    expect(characters).toEqual({ edits: 1, referenceLength: 5, hypothesisLength: 4 });
    expect(charactersNoSpaces).toEqual({ edits: 0, referenceLength: 3, hypothesisLength: 3 });
  });
});

describe('empty sides', () => {
  const rates = (reference: string, hypothesis: string | null): unknown => ratesOf(measurePair(reference, hypothesis, 'none'));

  test('a missing answer and an empty one are all deletions', () => {
    const wrong = { wer: 1, mer: 1, wip: 0, wil: 1, cer: 1, cerNoSpaces: 1, cerGraphemes: 1 };
    expect(rates('one two', '')).toEqual(wrong);
    expect(rates('one two', null)).toEqual(wrong);
  });

  test('an empty reference has no WER and no CER', () => {
    expect(rates('', 'one')).toEqual({ wer: null, mer: 1, wip: 0, wil: 1, cer: null, cerNoSpaces: null, cerGraphemes: null });
  });

  test('both empty is right', () => {
    expect(rates(' ', '')).toEqual({ wer: null, mer: 0, wip: 1, wil: 0, cer: null, cerNoSpaces: null, cerGraphemes: null });
  });

  test('insertions on an empty reference count in the corpus, and the mean of the pairs is another number', () => {
    const pairs = [
      ['a b c d', 'a b c d'],
      ['', 'x y'],
      ['a b', null],
      ['', ''],
    ] as const;
    const corpus = poolMetrics(pairs.map(([reference, hypothesis]) => measurePair(reference, hypothesis, 'none')));
    expect(corpus.rates.wer).toBe(4 / 6);
    expect(corpus).toMatchObject({
      pairs: 4,
      pairsWithErrors: 2,
      sentenceErrorRate: 0.5,
      pairsWithoutReference: 2,
      meanOfPairWers: 0.5,
    });
  });

  test('no pairs have no rates', () => {
    expect(poolMetrics([])).toMatchObject({ pairs: 0, sentenceErrorRate: null, meanOfPairWers: null, rates: { wer: null, cer: null } });
  });
});

test('CER comes first for Korean, Japanese and Chinese', () => {
  expect(['ko', 'ko-KR', 'JA', 'zh_TW', 'yue'].map(headlineOfLanguage)).toEqual(['cer', 'cer', 'cer', 'cer', 'cer']);
  expect(['en', 'en-GB', 'kok', 'de'].map(headlineOfLanguage)).toEqual(['wer', 'wer', 'wer', 'wer']);
  expect(headlineOfTexts(['나는 API를 쓴다', '네'])).toBe('cer');
  expect(headlineOfTexts(['the word 한국어 is Korean'])).toBe('wer');
  expect(headlineOfTexts([])).toBe('wer');
});
