import type { NormalizerName, WordCounts } from '#shared/domain/scores.ts';
import { addCounts, NO_WORDS, werRatio } from '#shared/domain/scores.ts';
import { bootstrapDifference, replicatesFor, type Bootstrap } from '#main/core/statistics/bootstrap.ts';
import { mapssweSegments } from '#main/core/statistics/mapssweSegments.ts';
import {
  matchedPairsTest,
  mcnemarTest,
  signTest,
  wilcoxonTest,
  type MatchedPairs,
  type McNemar,
  type SignTest,
  type Wilcoxon,
} from '#main/core/statistics/pairedTests.ts';
import { alignWords } from './alignment.ts';
import { editsOf } from './metrics.ts';
import { normalizerOf } from './normalizers.ts';
import { splitWords } from './words.ts';

/** One utterance with the answers of two systems; null is a missing answer, compared as deletions. */
export interface ComparedUtterance {
  readonly id: string;
  readonly speaker: string;
  readonly reference: string;
  readonly hypothesisA: string | null;
  readonly hypothesisB: string | null;
}

export interface CompareOptions {
  readonly normalizer: NormalizerName;
  /** Draws of the bootstrap; null: as many as for a run of as many files. */
  readonly replicates: number | null;
  readonly seed: number;
  /** Draw speakers instead of utterances. */
  readonly isClustered: boolean;
}

/** Below this number of pairs no interval and no p is given: a test of five pairs cannot tell anything (`reference/runtime.md` section 7). */
export const LEAST_PAIRS = 6;

export interface ChangedUtterance {
  readonly id: string;
  readonly referenceWords: number;
  readonly errorsA: number;
  readonly errorsB: number;
}

/** What two systems did on the same utterances. Differences are A − B: positive where A is worse. */
export interface Comparison {
  readonly utterances: number;
  readonly speakers: number;
  readonly a: WordCounts;
  readonly b: WordCounts;
  readonly werA: number | null;
  readonly werB: number | null;
  readonly werDelta: number | null;
  /** Each null where there is not enough data for it: fewer than `LEAST_PAIRS` utterances, segments or (for the bootstrap by speaker) speakers. */
  readonly bootstrap: Bootstrap | null;
  readonly mapsswe: MatchedPairs | null;
  readonly matchedPairs: MatchedPairs | null;
  readonly mcnemar: McNemar | null;
  readonly signTest: SignTest | null;
  readonly wilcoxon: Wilcoxon | null;
  /** Utterances whose number of errors differs, the largest change first, equal ones in the order given. */
  readonly changed: readonly ChangedUtterance[];
}

/** Compares two systems word by word after normalisation. The same input and seed give the same figures. */
export function compareSystems(utterances: readonly ComparedUtterance[], options: CompareOptions): Comparison {
  const { normalize } = normalizerOf(options.normalizer);
  const wordsOf = (text: string | null): string[] => splitWords(normalize(text ?? ''));
  const count = utterances.length;
  const referenceWords = new Uint32Array(count);
  const errorsA = new Uint32Array(count);
  const errorsB = new Uint32Array(count);
  const clusters = new Uint32Array(count);
  const speakers = new Map<string, number>();
  const segmentsA: number[] = [];
  const segmentsB: number[] = [];
  let a = NO_WORDS;
  let b = NO_WORDS;
  for (const [index, { speaker, reference, hypothesisA, hypothesisB }] of utterances.entries()) {
    const words = wordsOf(reference);
    const ofA = alignWords(words, wordsOf(hypothesisA));
    const ofB = alignWords(words, wordsOf(hypothesisB));
    a = addCounts(a, ofA.counts);
    b = addCounts(b, ofB.counts);
    referenceWords[index] = words.length;
    errorsA[index] = editsOf(ofA.counts);
    errorsB[index] = editsOf(ofB.counts);
    const cluster = speakers.get(speaker) ?? speakers.size;
    speakers.set(speaker, cluster);
    clusters[index] = cluster;
    for (const segment of mapssweSegments(ofA.steps, ofB.steps)) {
      segmentsA.push(segment.errorsA);
      segmentsB.push(segment.errorsB);
    }
  }

  const pairs = { errorsA, errorsB };
  const isEnough = count >= LEAST_PAIRS;
  const { seed, isClustered } = options;
  const replicates = options.replicates ?? replicatesFor(count);
  const isEnoughDrawn = isClustered ? speakers.size >= LEAST_PAIRS : isEnough;
  const werA = werRatio(a);
  const werB = werRatio(b);
  return {
    utterances: count,
    speakers: speakers.size,
    a,
    b,
    werA,
    werB,
    werDelta: werA === null || werB === null ? null : werA - werB,
    bootstrap: isEnoughDrawn
      ? bootstrapDifference({ ...pairs, referenceWords, clusters: isClustered ? clusters : null, replicates, seed })
      : null,
    mapsswe: isEnough && segmentsA.length >= LEAST_PAIRS ? matchedPairsTest({ errorsA: segmentsA, errorsB: segmentsB }) : null,
    matchedPairs: isEnough ? matchedPairsTest(pairs) : null,
    mcnemar: isEnough ? mcnemarTest(pairs) : null,
    signTest: isEnough ? signTest(pairs) : null,
    wilcoxon: isEnough ? wilcoxonTest(pairs) : null,
    changed: utterances
      .map(({ id }, index) => ({
        id,
        referenceWords: referenceWords[index] ?? 0,
        errorsA: errorsA[index] ?? 0,
        errorsB: errorsB[index] ?? 0,
      }))
      .filter((change) => change.errorsA !== change.errorsB)
      .sort((left, right) => Math.abs(right.errorsA - right.errorsB) - Math.abs(left.errorsA - left.errorsB)),
  };
}
