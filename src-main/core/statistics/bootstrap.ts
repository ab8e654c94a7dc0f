import { createSeededRandom } from './seededRandom.ts';
import type { PairedErrors } from './pairedTests.ts';

export interface BootstrapInput extends PairedErrors {
  readonly referenceWords: ArrayLike<number>;
  /**
   * Group of each utterance, numbered from 0: whole groups are drawn then, because utterances of one speaker are no independent evidence.
   * null: every utterance by itself.
   */
  readonly clusters: ArrayLike<number> | null;
  readonly replicates: number;
  /** The same seed gives the same interval. */
  readonly seed: number;
}

/** Lower and upper end of a 95 % interval, both as ratios. */
export type Interval = readonly [low: number, high: number];

export interface Bootstrap {
  readonly replicates: number;
  /** Draws without reference words: they have no rate and are left out. */
  readonly undefinedReplicates: number;
  /** null where no draw had a rate. */
  readonly werA: Interval | null;
  readonly werB: Interval | null;
  /** Of WER A − WER B, both from the same draw; positive where A is worse. */
  readonly delta: Interval | null;
  /** Standard deviation of the difference over the draws; null where no draw had a rate. */
  readonly deltaStandardError: number | null;
  /** Share of draws with WER B < WER A; null where no draw had a rate. */
  readonly probabilityBBetter: number | null;
  readonly probabilityBBetterOrEqual: number | null;
  /**
   * Two-sided: twice the share of draws on the other side of 0 (or on it), with one draw added to each side, so that no finite number of draws
   * gives 0; at most 1.
   */
  readonly p: number | null;
}

/**
 * 95 % intervals of two word error rates and of their difference: utterances drawn with replacement, the same draw for both, rate = sum of errors / sum of
 * words, 2.5 and 97.5 percentiles with linear interpolation. Source: Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR
 * performance evaluation" (ICASSP 2004).
 */
export function bootstrapDifference({ referenceWords, errorsA, errorsB, clusters, replicates, seed }: BootstrapInput): Bootstrap {
  const groups = clusters === null ? referenceWords.length : largest(clusters) + 1;
  const words = new Float64Array(groups);
  const wrongA = new Float64Array(groups);
  const wrongB = new Float64Array(groups);
  for (let i = 0; i < referenceWords.length; i++) {
    const group = clusters?.[i] ?? i;
    words[group] = (words[group] ?? 0) + (referenceWords[i] ?? 0);
    wrongA[group] = (wrongA[group] ?? 0) + (errorsA[i] ?? 0);
    wrongB[group] = (wrongB[group] ?? 0) + (errorsB[i] ?? 0);
  }

  const random = createSeededRandom(seed);
  const drawn = new Int32Array(groups);
  const ratesA = new Float64Array(replicates);
  const ratesB = new Float64Array(replicates);
  const deltas = new Float64Array(replicates);
  let count = 0;
  let better = 0;
  let equal = 0;
  for (let replicate = 0; replicate < replicates; replicate++) {
    let sumOfWords = 0;
    let sumA = 0;
    let sumB = 0;
    random.fill(drawn, groups);
    for (const group of drawn) {
      sumOfWords += words[group] ?? 0;
      sumA += wrongA[group] ?? 0;
      sumB += wrongB[group] ?? 0;
    }
    if (sumOfWords === 0) continue;
    ratesA[count] = sumA / sumOfWords;
    ratesB[count] = sumB / sumOfWords;
    deltas[count] = (sumA - sumB) / sumOfWords;
    // Whole numbers decide, so that rounding cannot.
    if (sumB < sumA) better++;
    else if (sumB === sumA) equal++;
    count++;
  }
  const undefinedReplicates = replicates - count;
  if (count === 0) {
    return {
      replicates,
      undefinedReplicates,
      werA: null,
      werB: null,
      delta: null,
      deltaStandardError: null,
      probabilityBBetter: null,
      probabilityBBetterOrEqual: null,
      p: null,
    };
  }
  const worse = count - better - equal;
  return {
    replicates,
    undefinedReplicates,
    werA: intervalOf(ratesA.subarray(0, count)),
    werB: intervalOf(ratesB.subarray(0, count)),
    deltaStandardError: standardDeviation(deltas.subarray(0, count)),
    delta: intervalOf(deltas.subarray(0, count)),
    probabilityBBetter: better / count,
    probabilityBBetterOrEqual: (better + equal) / count,
    p: Math.min(1, (2 * (Math.min(better, worse) + equal + 1)) / (count + 1)),
  };
}

/** 95 % interval of one word error rate; null where there are no reference words. */
export function bootstrapWer(input: Omit<BootstrapInput, 'errorsA' | 'errorsB'> & { readonly errors: ArrayLike<number> }): Interval | null {
  return bootstrapDifference({ ...input, errorsA: input.errors, errorsB: input.errors }).werA;
}

function largest(values: ArrayLike<number>): number {
  let most = -1;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i] ?? -1);
  return most;
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.length < 2 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Sorts the values given. */
function intervalOf(values: Float64Array): Interval {
  values.sort();
  return [percentile(values, 0.025), percentile(values, 0.975)];
}

/** Linear interpolation between the neighbours. @param sorted not empty */
function percentile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}
