import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import { bootstrapDifference, type Interval } from './bootstrap.ts';
import { mapssweSegments } from './mapssweSegments.ts';
import { matchedPairsTest, mcnemarTest, signTest, wilcoxonTest } from './pairedTests.ts';
import { fairCoinTwoSidedP } from './tails.ts';

const FILE = fileURLToPath(new URL('../../../../shared/data/scoring/significance.jsonl', import.meta.url));
const hasVectors = existsSync(FILE);
const suffix = hasVectors ? '' : ' skipped: no shared data';

type Accept = readonly [Interval, Interval];
interface BootstrapVector {
  readonly std_error: number;
  readonly accept_1000: Accept;
  readonly accept_10000: Accept;
}

interface CountsVector {
  readonly id: string;
  readonly kind: 'counts';
  readonly ref_words: readonly number[];
  readonly errors_a: readonly number[];
  readonly errors_b: readonly number[];
  readonly expect: {
    readonly utterances: number;
    readonly delta_a_minus_b: number;
    readonly matched_pairs: { readonly mean: number; readonly std_dev: number; readonly z: number | null; readonly p: number | null };
    readonly sign_test: { readonly a_worse: number; readonly b_worse: number; readonly ties: number; readonly p_ties_dropped: number };
    readonly wilcoxon?: {
      readonly n_non_zero: number;
      readonly w_plus: number;
      readonly w_minus: number;
      readonly z_tie_corrected: number;
      readonly p_normal: number;
    };
    readonly mcnemar: {
      readonly both_correct: number;
      readonly only_a_correct: number;
      readonly only_b_correct: number;
      readonly both_wrong: number;
      readonly p_exact: number;
      readonly p_chi2_continuity: number;
    };
    readonly bootstrap: {
      readonly wer_a: BootstrapVector;
      readonly wer_b: BootstrapVector;
      readonly delta: BootstrapVector;
      readonly probability_b_better: number;
      readonly probability_b_better_or_equal: number;
      readonly undefined_replicates: number;
    };
  };
}

interface TextVector {
  readonly id: string;
  readonly kind: 'text';
  readonly utterances: readonly { readonly speaker: string; readonly ref: string; readonly hyp_a: string; readonly hyp_b: string }[];
  readonly expect: {
    readonly unit_cost_errors: { readonly a: number; readonly b: number };
    readonly mapsswe: {
      readonly segments: number;
      readonly segment_list_ref_a_b: readonly (readonly [number, number, number])[];
      readonly mean: number;
      readonly std_dev: number;
      readonly z: number;
      readonly p: number;
    };
    readonly utterance_mcnemar: {
      readonly both_correct: number;
      readonly only_a_correct: number;
      readonly only_b_correct: number;
      readonly both_wrong: number;
      readonly p_exact: number;
    };
    readonly speaker_sign_test: {
      readonly n_plus: number;
      readonly n_minus: number;
      readonly n_zero: number;
      readonly p_sc_stats: string;
      readonly p_sc_stats_is_right: boolean;
    };
  };
}

const vectors: readonly (CountsVector | TextVector)[] = hasVectors
  ? readFileSync(FILE, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as CountsVector | TextVector)
  : [];
const counts = vectors.filter((vector) => vector.kind === 'counts');
const texts = vectors.filter((vector) => vector.kind === 'text');

/** Relative error at most 1e-9. */
function near(value: number | null): unknown {
  if (value === null || value === 0) return value;
  return expect.toSatisfy((seen: unknown) => typeof seen === 'number' && Math.abs(seen - value) <= 1e-9 * Math.abs(value));
}

function isInside(interval: Interval | null, [low, high]: Accept): boolean {
  if (interval === null) return false;
  // Sums in another order: equal but for the last digit.
  const within = (value: number, [least, most]: Interval): boolean => value >= least - 1e-12 && value <= most + 1e-12;
  return within(interval[0], low) && within(interval[1], high);
}

describe.skipIf(!hasVectors)(`published vectors${suffix}`, () => {
  test('there are 18 of counts and 7 of texts', () => {
    expect([counts.length, texts.length]).toEqual([18, 7]);
  });

  test.each(counts.map((vector) => [vector.id, vector] as const))('%s: the paired tests', (_, vector) => {
    const pairs = { errorsA: vector.errors_a, errorsB: vector.errors_b };
    const { matched_pairs: matched, sign_test: sign, wilcoxon, mcnemar } = vector.expect;
    expect(matchedPairsTest(pairs)).toEqual({
      n: vector.expect.utterances,
      mean: near(matched.mean),
      standardDeviation: near(matched.std_dev),
      z: near(matched.z),
      p: near(matched.p),
    });
    expect(signTest(pairs)).toEqual({ aWorse: sign.a_worse, bWorse: sign.b_worse, ties: sign.ties, p: near(sign.p_ties_dropped) });
    expect(wilcoxonTest(pairs)).toEqual({
      nonZero: wilcoxon?.n_non_zero ?? 0,
      wPlus: wilcoxon?.w_plus ?? 0,
      wMinus: wilcoxon?.w_minus ?? 0,
      z: near(wilcoxon?.z_tie_corrected ?? null),
      p: near(wilcoxon?.p_normal ?? null),
    });
    expect(mcnemarTest(pairs)).toEqual({
      bothCorrect: mcnemar.both_correct,
      onlyACorrect: mcnemar.only_a_correct,
      onlyBCorrect: mcnemar.only_b_correct,
      bothWrong: mcnemar.both_wrong,
      pExact: near(mcnemar.p_exact),
      pChiSquared: near(mcnemar.p_chi2_continuity),
    });
  });

  test.each(counts.flatMap((vector) => [[vector.id, 1_000, vector] as const, [vector.id, 10_000, vector] as const]))(
    '%s: the bootstrap with %i draws',
    (_, replicates, vector) => {
      const { bootstrap: expected } = vector.expect;
      const drawn = bootstrapDifference({
        referenceWords: vector.ref_words,
        errorsA: vector.errors_a,
        errorsB: vector.errors_b,
        clusters: null,
        replicates,
        seed: 1,
      });
      const accept = replicates === 1_000 ? 'accept_1000' : 'accept_10000';
      expect({
        werA: isInside(drawn.werA, expected.wer_a[accept]),
        werB: isInside(drawn.werB, expected.wer_b[accept]),
        delta: isInside(drawn.delta, expected.delta[accept]),
        undefinedReplicates: drawn.undefinedReplicates,
      }).toEqual({ werA: true, werB: true, delta: true, undefinedReplicates: expected.undefined_replicates });
      // Five standard deviations of a share, and of a standard deviation.
      const spread = (share: number): number => 5 * Math.sqrt((share * (1 - share) + 1e-4) / replicates);
      expect(Math.abs((drawn.probabilityBBetter ?? -1) - expected.probability_b_better)).toBeLessThan(
        spread(expected.probability_b_better),
      );
      expect(Math.abs((drawn.probabilityBBetterOrEqual ?? -1) - expected.probability_b_better_or_equal)).toBeLessThan(
        spread(expected.probability_b_better_or_equal),
      );
      expect(Math.abs((drawn.deltaStandardError ?? -1) - expected.delta.std_error)).toBeLessThanOrEqual(
        (6 / Math.sqrt(replicates)) * expected.delta.std_error,
      );
    },
  );

  test.each(texts.map((vector) => [vector.id, vector] as const))('%s: MAPSSWE on the given list of segments', (_, vector) => {
    const { mapsswe } = vector.expect;
    const result = matchedPairsTest({
      errorsA: mapsswe.segment_list_ref_a_b.map(([, errorsA]) => errorsA),
      errorsB: mapsswe.segment_list_ref_a_b.map(([, , errorsB]) => errorsB),
    });
    expect(result).toEqual({
      n: mapsswe.segments,
      mean: near(mapsswe.mean),
      standardDeviation: near(mapsswe.std_dev),
      z: near(mapsswe.z),
      p: near(mapsswe.p),
    });
  });

  test('our own segments are those of SCTK in six of the seven texts', () => {
    const same = texts.filter(({ utterances, expect: { mapsswe } }) => {
      const segments = utterances.flatMap(({ ref, hyp_a: hypA, hyp_b: hypB }) =>
        mapssweSegments(alignWords(splitWords(ref), splitWords(hypA)).steps, alignWords(splitWords(ref), splitWords(hypB)).steps),
      );
      const list = segments.map(({ referenceWords, errorsA, errorsB }) => [referenceWords, errorsA, errorsB]);
      return JSON.stringify(list) === JSON.stringify(mapsswe.segment_list_ref_a_b);
    });
    // s033 (half of the words wrong) has ties that weights of 4/3/3 and of 1/1/1 break differently.
    expect(same.map(({ id }) => id)).toEqual(['s029', 's031', 's032', 's035', 's038', 's039']);
  });

  test.each(texts.map((vector) => [vector.id, vector] as const))('%s: McNemar on utterances, signs of speakers', (_, vector) => {
    const speakers = new Map<string, { words: number; errorsA: number; errorsB: number }>();
    const errorsA: number[] = [];
    const errorsB: number[] = [];
    for (const { speaker, ref, hyp_a: hypA, hyp_b: hypB } of vector.utterances) {
      const wrong = (hypothesis: string): number =>
        alignWords(splitWords(ref), splitWords(hypothesis)).steps.filter(({ op }) => op !== 'hit').length;
      const ofA = wrong(hypA);
      const ofB = wrong(hypB);
      errorsA.push(ofA);
      errorsB.push(ofB);
      const sums = speakers.get(speaker) ?? { words: 0, errorsA: 0, errorsB: 0 };
      speakers.set(speaker, { words: 0, errorsA: sums.errorsA + ofA, errorsB: sums.errorsB + ofB });
    }
    const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0);
    expect({ a: sum(errorsA), b: sum(errorsB) }).toEqual(vector.expect.unit_cost_errors);
    const { utterance_mcnemar: mcnemar, speaker_sign_test: sign } = vector.expect;
    expect(mcnemarTest({ errorsA, errorsB })).toMatchObject({
      bothCorrect: mcnemar.both_correct,
      onlyACorrect: mcnemar.only_a_correct,
      onlyBCorrect: mcnemar.only_b_correct,
      bothWrong: mcnemar.both_wrong,
      pExact: near(mcnemar.p_exact),
    });
    const bySpeaker = [...speakers.values()];
    const signs = signTest({ errorsA: bySpeaker.map((speaker) => speaker.errorsA), errorsB: bySpeaker.map((speaker) => speaker.errorsB) });
    expect([signs.aWorse, signs.bWorse].toSorted()).toEqual([sign.n_plus, sign.n_minus].toSorted());
    expect(signs.ties).toBe(sign.n_zero);
    if (sign.p_sc_stats_is_right && sign.n_zero === 0) expect(signs.p.toFixed(3)).toBe(sign.p_sc_stats);
    expect(signs.p).toBe(fairCoinTwoSidedP(Math.min(sign.n_plus, sign.n_minus), sign.n_plus + sign.n_minus));
  });
});
