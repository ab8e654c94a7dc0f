import { NORMALIZER_VERSIONS, normalizerLabel, type NormalizerName, type WordCounts } from '#shared/domain/scores.ts';
import { LEAST_PAIRS, type ComparedUtterance, type Comparison } from '#main/core/scoring/compareSystems.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { verdictOf } from '#main/core/reports/modeComparison.ts';
import type { PairedTexts } from '#main/core/scoring/pairTexts.ts';
import { holmAdjusted } from '#main/core/statistics/holm.ts';
import { counted, differenceOf, NOT_TOLD_APART, percent, percentInterval, pValue, VERDICTS, type PairVerdict } from './figures.ts';

/** One system: a file, or a mode of one. */
export interface ComparedSystem {
  readonly name: string;
  readonly texts: PairedTexts;
}

export interface MatchedUtterances {
  readonly utterances: readonly ComparedUtterance[];
  /** Ids that only one of the two has. Not compared. */
  readonly onlyInOne: readonly string[];
  /** Ids whose references are not the same after normalisation. Not compared. */
  readonly differentReferences: readonly string[];
}

/** Utterances that both systems have, by id, in the order of the first. Of an id that occurs again the first counts. */
export function matchUtterances(a: ComparedSystem, b: ComparedSystem, normalizer: NormalizerName): MatchedUtterances {
  const { normalize } = normalizerOf(normalizer);
  const inB = new Map(b.texts.pairs.toReversed().map((pair) => [pair.id, pair] as const));
  const seen = new Set<string>();
  const utterances: ComparedUtterance[] = [];
  const onlyInOne: string[] = [];
  const differentReferences: string[] = [];
  for (const { id, speaker, reference, hypothesis } of a.texts.pairs) {
    if (seen.has(id)) continue;
    seen.add(id);
    const other = inB.get(id);
    if (other === undefined) onlyInOne.push(id);
    else if (other.reference !== reference && normalize(other.reference) !== normalize(reference)) differentReferences.push(id);
    else utterances.push({ id, speaker, reference, hypothesisA: hypothesis, hypothesisB: other.hypothesis });
  }
  onlyInOne.push(...[...inB.keys()].filter((id) => !seen.has(id)).reverse());
  return { utterances, onlyInOne, differentReferences };
}

export interface NamedComparison {
  readonly a: string;
  readonly b: string;
  readonly matched: MatchedUtterances;
  readonly comparison: Comparison;
  /** Adjusted over all comparisons of this command; null where there is no p. */
  readonly mapssweHolmP: number | null;
  readonly bootstrapHolmP: number | null;
}

/** Adds the p values adjusted after Holm over all comparisons made together. */
export function withHolm(comparisons: readonly Omit<NamedComparison, 'mapssweHolmP' | 'bootstrapHolmP'>[]): NamedComparison[] {
  const adjust = (pOf: (comparison: Comparison) => number | null): (number | null)[] => {
    const given = comparisons.map(({ comparison }) => pOf(comparison));
    const adjusted = holmAdjusted(given.filter((p) => p !== null));
    return given.map((p) => (p === null ? null : (adjusted.shift() ?? null)));
  };
  const mapsswe = adjust((comparison) => comparison.mapsswe?.p ?? null);
  const bootstrap = adjust((comparison) => comparison.bootstrap?.p ?? null);
  return comparisons.map((named, index) => ({ ...named, mapssweHolmP: mapsswe[index] ?? null, bootstrapHolmP: bootstrap[index] ?? null }));
}

/** As for runs: the matched-pairs test, the bootstrap where its z is undefined, and an interval without 0. */
function verdictOfNamed({ comparison, mapssweHolmP, bootstrapHolmP }: NamedComparison): PairVerdict {
  const { werDelta, bootstrap, mapsswe } = comparison;
  const delta = bootstrap?.delta ?? null;
  const p = mapsswe === null ? null : (mapssweHolmP ?? bootstrapHolmP);
  return verdictOf({ difference: werDelta, interval: delta && [delta[0], delta[1]] }, p);
}

function systemFields(name: string, counts: WordCounts, wer: number | null, interval: readonly [number, number] | null): unknown {
  const { substitutions, deletions, insertions, hits, referenceWords } = counts;
  return { name, wer, wer_interval_95: interval, substitutions, deletions, insertions, hits, reference_words: referenceWords };
}

/** One object for each comparison; differences are A − B, positive where A is worse; null where there is not enough data. */
export function comparisonObject(
  named: NamedComparison,
  {
    normalizer,
    seed,
    isClustered,
    top,
  }: { readonly normalizer: NormalizerName; readonly seed: number; readonly isClustered: boolean; readonly top: number },
): Readonly<Record<string, unknown>> {
  const { a, b, matched, comparison, mapssweHolmP, bootstrapHolmP } = named;
  const { bootstrap, mapsswe, matchedPairs, mcnemar, signTest, wilcoxon } = comparison;
  return {
    comparison: {
      a: systemFields(a, comparison.a, comparison.werA, bootstrap?.werA ?? null),
      b: systemFields(b, comparison.b, comparison.werB, bootstrap?.werB ?? null),
      utterances: comparison.utterances,
      speakers: comparison.speakers,
      wer_delta: comparison.werDelta,
      wer_delta_interval_95: bootstrap?.delta ?? null,
      is_enough_data: comparison.utterances >= LEAST_PAIRS,
      verdict: VERDICTS[verdictOfNamed(named)],
      bootstrap: bootstrap && {
        p: bootstrap.p,
        p_holm: bootstrapHolmP,
        probability_b_better: bootstrap.probabilityBBetter,
        standard_error: bootstrap.deltaStandardError,
        replicates: bootstrap.replicates,
        undefined_replicates: bootstrap.undefinedReplicates,
        seed,
        drawn: isClustered ? 'speakers' : 'utterances',
      },
      mapsswe: mapsswe && {
        p: mapsswe.p,
        p_holm: mapssweHolmP,
        z: mapsswe.z,
        segments: mapsswe.n,
        mean: mapsswe.mean,
        standard_deviation: mapsswe.standardDeviation,
      },
      matched_pairs: matchedPairs && {
        p: matchedPairs.p,
        z: matchedPairs.z,
        mean: matchedPairs.mean,
        standard_deviation: matchedPairs.standardDeviation,
      },
      mcnemar: mcnemar && {
        p: mcnemar.pExact,
        both_correct: mcnemar.bothCorrect,
        only_a_correct: mcnemar.onlyACorrect,
        only_b_correct: mcnemar.onlyBCorrect,
        both_wrong: mcnemar.bothWrong,
      },
      sign_test: signTest && { p: signTest.p, a_worse: signTest.aWorse, b_worse: signTest.bWorse, ties: signTest.ties },
      wilcoxon: wilcoxon && { p: wilcoxon.p, z: wilcoxon.z, w_plus: wilcoxon.wPlus, w_minus: wilcoxon.wMinus, non_zero: wilcoxon.nonZero },
      changed: comparison.changed.slice(0, top).map((change) => ({
        id: change.id,
        reference_words: change.referenceWords,
        errors_a: change.errorsA,
        errors_b: change.errorsB,
      })),
      changed_total: comparison.changed.length,
      only_in_one: matched.onlyInOne,
      different_references: matched.differentReferences,
      normalizer,
      normalizer_version: NORMALIZER_VERSIONS[normalizer],
      normalizer_label: normalizerLabel(normalizer),
    },
  };
}

/** Lines for people: the effect first, how sure it is second. */
export function comparisonLines(
  named: NamedComparison,
  {
    normalizer,
    isClustered,
    top,
    isOneOfMany,
  }: { readonly normalizer: NormalizerName; readonly isClustered: boolean; readonly top: number; readonly isOneOfMany: boolean },
): string[] {
  const { a, b, comparison, mapssweHolmP, bootstrapHolmP } = named;
  const { bootstrap, mapsswe, mcnemar, werDelta, changed } = comparison;
  const verdict = verdictOfNamed(named);
  const holm = (p: number | null): string => (isOneOfMany && p !== null ? `, ${pValue(p)} after Holm` : '');
  const lines = [
    `A ${a}, B ${b}: ${counted(comparison.utterances, 'utterance')}, normaliser ${normalizerLabel(normalizer)}`,
    `  A  WER ${percent(comparison.werA)}${percentInterval(bootstrap?.werA ?? null)}, ${counted(editsOf(comparison.a), 'error')} in ${counted(comparison.a.referenceWords, 'word')}`,
    `  B  WER ${percent(comparison.werB)}${percentInterval(bootstrap?.werB ?? null)}, ${counted(editsOf(comparison.b), 'error')}`,
    `  ${differenceOf(werDelta, verdict)}${percentInterval(bootstrap?.delta ?? null)}`,
  ];
  if (mapsswe === null && bootstrap === null) {
    lines.push(
      `  Not enough data for an interval or a test: ${counted(comparison.utterances, 'utterance')}, at least ${LEAST_PAIRS} are needed`,
    );
  }
  if (mapsswe !== null) lines.push(`  MAPSSWE p ${pValue(mapsswe.p)}${holm(mapssweHolmP)} (${mapsswe.n} segments)`);
  else if (comparison.utterances >= LEAST_PAIRS) lines.push('  MAPSSWE: not enough data, too few segments with errors');
  if (bootstrap !== null) {
    lines.push(
      `  Bootstrap p ${pValue(bootstrap.p)}${holm(bootstrapHolmP)} (${bootstrap.replicates} draws of ${isClustered ? 'speakers' : 'utterances'})`,
    );
  } else if (comparison.utterances >= LEAST_PAIRS) lines.push(`  Bootstrap: not enough data, ${counted(comparison.speakers, 'speaker')}`);
  if (mcnemar !== null) {
    lines.push(
      `  Wholly right: only A ${mcnemar.onlyACorrect}, only B ${mcnemar.onlyBCorrect}, both ${mcnemar.bothCorrect}; McNemar p ${pValue(mcnemar.pExact)}`,
    );
  }
  if (verdict === 'notDistinguishable') lines.push(NOT_TOLD_APART);
  if (top > 0 && changed.length > 0) lines.push(`  Most changed of ${changed.length}:`);
  for (const change of changed.slice(0, top)) {
    lines.push(`    ${change.errorsA} → ${change.errorsB} errors in ${counted(change.referenceWords, 'word')}  ${change.id}`);
  }
  return lines;
}
