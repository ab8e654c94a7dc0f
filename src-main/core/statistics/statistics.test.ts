import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlignmentStep } from '#shared/domain/scores.ts';
import { bootstrapDifference, bootstrapSystems, bootstrapWer, type BootstrapInput } from './bootstrap.ts';
import { holmAdjusted } from './holm.ts';
import { mapssweSegments } from './mapssweSegments.ts';
import { matchedPairsTest, mcnemarTest, signTest, wilcoxonTest } from './pairedTests.ts';
import { createSeededRandom } from './seededRandom.ts';
import { erfc, fairCoinTwoSidedP, normalTwoSidedP } from './tails.ts';

// Digits: erfc of Python 3's math module (correctly rounded to some 1 ulp), binomials as exact fractions.
test.each([
  [0, 1],
  [0.1, 0.8875370839817152],
  [0.5, 0.4795001221869535],
  [1, 0.15729920705028513],
  [1.9999, 0.004679802092970608],
  [2, 0.004677734981047266],
  [2.5, 0.0004069520174449589],
  [5, 1.5374597944280349e-12],
  [10, 2.088487583762545e-45],
  [26, 5.663192408856143e-296],
  [-1, 1.842700792949715],
])('erfc(%d) = %d', (x, value) => {
  expect(Math.abs(erfc(x) - value)).toBeLessThanOrEqual(1e-12 * value);
});

test('the tails of the normal distribution fall from 1, without a step where the method changes', () => {
  expect(normalTwoSidedP(0)).toBe(1);
  expect(normalTwoSidedP(1.959963984540054)).toBeCloseTo(0.05, 14);
  expect(normalTwoSidedP(-3)).toBe(normalTwoSidedP(3));
  fc.assert(
    fc.property(fc.double({ min: 0, max: 35, noNaN: true }), (z) => {
      expect(normalTwoSidedP(z + 1e-3)).toBeLessThan(normalTwoSidedP(z));
    }),
  );
});

test('binomial tails are exact, however many tosses', () => {
  expect(fairCoinTwoSidedP(0, 0)).toBe(1);
  expect(fairCoinTwoSidedP(0, 5)).toBe(0.0625);
  expect(fairCoinTwoSidedP(2, 4)).toBe(1);
  expect(fairCoinTwoSidedP(5, 24)).toBeCloseTo(0.006610751152038574, 15);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(100), (trials, drawn) => {
      const fewer = Math.min(drawn, trials >> 1);
      let coefficient = 1n;
      let below = 0n;
      for (let k = 0; k <= fewer; k++) {
        below += coefficient;
        coefficient = (coefficient * BigInt(trials - k)) / BigInt(k + 1);
      }
      // 60 digits are kept before the fraction becomes a number.
      const exact = Math.min(1, (2 * Number((below * 10n ** 80n) / 2n ** BigInt(trials))) / 1e80);
      expect(Math.abs(fairCoinTwoSidedP(fewer, trials) - exact)).toBeLessThanOrEqual(1e-12 * exact);
    }),
  );
  // Where 2^-trials is no number any more, the normal approximation is good.
  const trials = 100_000;
  const z = (2 * (50_000 - 49_500) - 1) / Math.sqrt(trials);
  expect(fairCoinTwoSidedP(49_500, trials)).toBeCloseTo(normalTwoSidedP(z), 5);
});

test('random numbers repeat with their seed and are spread evenly', () => {
  const draw = (seed: number): number[] => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 60_000 }, () => random.index(6));
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const counts = [0, 1, 2, 3, 4, 5].map((face) => draw(1).filter((value) => value === face).length);
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // 0.999 quantile of chi-squared with 5 degrees of freedom.
  expect(chiSquared).toBeLessThan(20.5);
});

const PAIRS = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 40 })
  .map((rows) => ({ referenceWords: rows.map(([n]) => n), errorsA: rows.map(([, a]) => a), errorsB: rows.map(([, , b]) => b) }));

test('who is called A only turns the signs', () => {
  fc.assert(
    fc.property(PAIRS, ({ errorsA, errorsB }) => {
      const there = { errorsA, errorsB };
      const back = { errorsA: errorsB, errorsB: errorsA };
      expect(matchedPairsTest(back).p).toBe(matchedPairsTest(there).p);
      expect(matchedPairsTest(back).mean + matchedPairsTest(there).mean).toBe(0);
      expect(signTest(back).p).toBe(signTest(there).p);
      expect(wilcoxonTest(back)).toMatchObject({ wPlus: wilcoxonTest(there).wMinus, wMinus: wilcoxonTest(there).wPlus });
      expect(mcnemarTest(back)).toMatchObject({ pExact: mcnemarTest(there).pExact, onlyACorrect: mcnemarTest(there).onlyBCorrect });
    }),
  );
});

test('without spread or with one pair there is no statistic', () => {
  expect(matchedPairsTest({ errorsA: [2, 3], errorsB: [1, 2] })).toEqual({ n: 2, mean: 1, standardDeviation: 0, z: null, p: null });
  expect(matchedPairsTest({ errorsA: [2], errorsB: [1] })).toEqual({ n: 1, mean: 1, standardDeviation: null, z: null, p: null });
  expect(matchedPairsTest({ errorsA: [], errorsB: [] })).toEqual({ n: 0, mean: 0, standardDeviation: null, z: null, p: null });
});

describe('bootstrap', () => {
  const base = (input: Partial<BootstrapInput>): BootstrapInput => ({
    referenceWords: [10, 20, 30],
    errorsA: [1, 2, 3],
    errorsB: [1, 1, 1],
    clusters: null,
    replicates: 500,
    seed: 3,
    ...input,
  });

  test('repeats with its seed, and its interval holds the figure', () => {
    fc.assert(
      fc.property(PAIRS, fc.nat(), (pairs, seed) => {
        const input = base({ ...pairs, seed });
        const drawn = bootstrapDifference(input);
        expect(bootstrapDifference(input)).toEqual(drawn);
        const [low, high] = drawn.werA ?? [1, 0];
        const rates = pairs.errorsA.map((errors, i) => errors / (pairs.referenceWords[i] ?? 1));
        expect(low).toBeGreaterThanOrEqual(Math.min(...rates) - 1e-12);
        expect(high).toBeLessThanOrEqual(Math.max(...rates) + 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  test('two equal systems differ by nothing', () => {
    expect(bootstrapDifference(base({ errorsB: [1, 2, 3] }))).toMatchObject({ delta: [0, 0], probabilityBBetter: 0, p: 1 });
  });

  test('a system that is better everywhere has the smallest p that the draws can tell', () => {
    expect(bootstrapDifference(base({ errorsB: [0, 0, 0] })).p).toBeCloseTo(2 / 501, 12);
  });

  test('draws without reference words are left out', () => {
    const drawn = bootstrapDifference(base({ referenceWords: [0, 10], errorsA: [2, 1], errorsB: [0, 1], replicates: 4_000 }));
    expect(drawn.undefinedReplicates).toBeGreaterThan(800);
    expect(drawn.undefinedReplicates).toBeLessThan(1_200);
    expect(bootstrapDifference(base({ referenceWords: [0], errorsA: [2], errorsB: [1] }))).toMatchObject({
      undefinedReplicates: 500,
      delta: null,
      werA: null,
      p: null,
    });
  });

  test('groups are drawn whole: utterances of one speaker alone have no spread', () => {
    expect(bootstrapDifference(base({ clusters: [0, 0, 0] }))).toMatchObject({ werA: [0.1, 0.1], delta: [0.05, 0.05] });
    const wide = bootstrapDifference(
      base({
        referenceWords: [10, 10, 10, 10, 10, 10],
        errorsA: [5, 5, 5, 0, 0, 0],
        errorsB: [0, 0, 0, 0, 0, 0],
        clusters: [0, 0, 0, 1, 1, 1],
      }),
    );
    expect(wide.werA).toEqual([0, 0.5]);
  });

  test('a group without an utterance is not drawn', () => {
    const count = 30;
    const referenceWords = Array.from({ length: count }, (_, i) => 8 + (i % 5));
    const input = { referenceWords, errors: referenceWords.map((_, i) => (i * 7) % 6), replicates: 500, seed: 3 };
    const dense = Array.from({ length: count }, (_, i) => i >> 1);
    expect(bootstrapWer({ ...input, clusters: dense.map((number) => 3 * number + 2) })).toEqual(
      bootstrapWer({ ...input, clusters: dense }),
    );
  });

  test('one system alone', () => {
    expect(bootstrapWer({ referenceWords: [10, 10], errors: [1, 1], clusters: null, replicates: 100, seed: 1 })).toEqual([0.1, 0.1]);
  });
});

test('intervals hold the truth and tests reject by chance about as often as they say', () => {
  const random = createSeededRandom(11);
  const sets = 400;
  let held = 0;
  let rejected = 0;
  for (let set = 0; set < sets; set++) {
    const referenceWords = Array.from({ length: 80 }, () => 5 + random.index(30));
    // Each word wrong with a probability of 1 in 10, for both systems.
    const wrong = (words: number): number => Array.from({ length: words }, () => random.index(10)).filter((face) => face === 0).length;
    const errorsA = referenceWords.map(wrong);
    const errorsB = referenceWords.map(wrong);
    const { werA } = bootstrapDifference({ referenceWords, errorsA, errorsB, clusters: null, replicates: 400, seed: set });
    if (werA !== null && werA[0] <= 0.1 && werA[1] >= 0.1) held++;
    if ((matchedPairsTest({ errorsA, errorsB }).p ?? 1) < 0.05) rejected++;
  }
  expect(held / sets).toBeGreaterThan(0.92);
  expect(held / sets).toBeLessThan(0.98);
  expect(rejected / sets).toBeGreaterThan(0.02);
  expect(rejected / sets).toBeLessThan(0.08);
});

test('Holm: the example of the paper, in any order', () => {
  const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
  expect(adjusted.map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holmAdjusted([])).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
      const after = holmAdjusted(pValues);
      for (const [i, p] of pValues.entries()) {
        expect(after[i]).toBeGreaterThanOrEqual(p);
        expect(after[i]).toBeLessThanOrEqual(1);
      }
    }),
  );
});

describe('segments of MAPSSWE', () => {
  /** `=` right, `x` wrong, `+` inserted. */
  const steps = (text: string): AlignmentStep[] =>
    text
      .split('')
      .map((sign) =>
        sign === '+'
          ? { op: 'insertion', hypothesis: 'w' }
          : sign === '='
            ? { op: 'hit', reference: 'w', hypothesis: 'w' }
            : { op: 'deletion', reference: 'w' },
      );
  const lists = (a: string, b: string): number[][] =>
    mapssweSegments(steps(a), steps(b)).map(({ referenceWords, errorsA, errorsB }) => [referenceWords, errorsA, errorsB]);

  test('two right words of both end a segment, one does not', () => {
    expect(lists('===x==x===', '==========')).toEqual([
      [5, 1, 0],
      [5, 1, 0],
    ]);
    expect(lists('===x=x===', '=========')).toEqual([[7, 2, 0]]);
    expect(lists('===x==x==', '===x=x===')).toEqual([[8, 2, 2]]);
  });

  test('an insertion between two right words keeps them apart', () => {
    expect(lists('=x=+=x=', '======')).toEqual([[6, 3, 0]]);
    expect(lists('+==', '==')).toEqual([[2, 1, 0]]);
    expect(lists('==+', '==+')).toEqual([[2, 1, 1]]);
  });

  test('what both have right is no segment, and no word is no segment', () => {
    expect(lists('====', '====')).toEqual([]);
    expect(lists('', '')).toEqual([]);
    expect(lists('++', '')).toEqual([[0, 2, 0]]);
  });
});

test.each([null, [0, 0, 1, 1, 2, 3, 3, 4]])('draws shared by many systems say of two what their own draws say (groups %j)', (clusters) => {
  const referenceWords = [5, 0, 7, 3, 9, 4, 6, 8];
  const errors = [
    [1, 0, 2, 0, 3, 1, 0, 2],
    [0, 1, 2, 1, 1, 0, 0, 4],
    [2, 0, 0, 3, 3, 1, 5, 2],
    [0, 0, 0, 0, 1, 0, 0, 0],
  ];
  const drawing = { referenceWords, clusters, replicates: 500, seed: 11 };
  const shared = bootstrapSystems({ ...drawing, errors });
  for (const [a, errorsA] of errors.entries()) {
    for (const [b, errorsB] of errors.entries()) {
      expect(shared.difference(a, b)).toEqual(bootstrapDifference({ ...drawing, errorsA, errorsB }));
    }
    expect(shared.interval(a)).toEqual(bootstrapDifference({ ...drawing, errorsA, errorsB: errorsA }).werA);
  }
});
