import { createSeededRandom } from './seededRandom.ts';
import type { PairedErrors } from './pairedTests.ts';

/** Of every interval, of runs and of files, unless another is asked for: the same data give the same interval everywhere. */
export const BOOTSTRAP_SEED = 20_041;
/** As Bisani and Ney used; fewer where there are so many files that the draws would take minutes. */
const MAX_REPLICATES = 10_000;
const MIN_REPLICATES = 1_000;
const MAX_DRAWS = 30_000_000;

/** Draws for this many files unless another number is asked for; from 3,001 files on fewer than 10,000. */
export function replicatesFor(files: number): number {
  return Math.max(MIN_REPLICATES, Math.min(MAX_REPLICATES, Math.floor(MAX_DRAWS / Math.max(1, files))));
}

interface Drawing {
  readonly referenceWords: ArrayLike<number>;
  /**
   * Group of each utterance, by any number: whole groups are drawn then, because utterances of one speaker are no independent evidence.
   * null: every utterance by itself.
   */
  readonly clusters: ArrayLike<number> | null;
  readonly replicates: number;
  /** The same seed gives the same interval. */
  readonly seed: number;
}

export interface BootstrapInput extends PairedErrors, Drawing {}

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

/** Draws shared by several systems on the same utterances, so that many differences cost little more than one. */
export interface SharedBootstrap {
  /** Of the word error rate of one system; null where no draw had a rate. */
  interval(system: number): Interval | null;
  difference(a: number, b: number): Bootstrap;
}

/**
 * Utterances drawn with replacement, each draw the same for all systems; rate = sum of errors / sum of words, 2.5 and 97.5 percentiles with linear
 * interpolation. Source: Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation" (ICASSP 2004).
 * @param errors of each system, one element for each utterance
 */
export function bootstrapSystems({
  referenceWords,
  errors,
  clusters,
  replicates,
  seed,
}: Drawing & { readonly errors: readonly ArrayLike<number>[] }): SharedBootstrap {
  const grouped = clusters === null ? null : numbered(clusters);
  const groups = grouped?.count ?? referenceWords.length;
  const byGroup = (values: ArrayLike<number>): Float64Array => {
    const sums = new Float64Array(groups);
    for (let i = 0; i < referenceWords.length; i++) {
      const group = grouped?.numbers[i] ?? i;
      sums[group] = (sums[group] ?? 0) + (values[i] ?? 0);
    }
    return sums;
  };
  const columns = [referenceWords, ...errors].map(byGroup);
  const sums = columns.map(() => new Float64Array(replicates));
  const random = createSeededRandom(seed);
  const drawn = new Int32Array(groups);
  for (let replicate = 0; replicate < replicates; replicate++) {
    random.fill(drawn, groups);
    for (let first = 0; first < columns.length; first += COLUMNS_AT_ONCE) addUp(drawn, columns, first, sums, replicate);
  }
  // Draws without words have no rate; those with words move together.
  const [words = new Float64Array(), ...wrong] = sums;
  let count = 0;
  for (let replicate = 0; replicate < replicates; replicate++) {
    if (words[replicate] === 0) continue;
    for (const ofColumn of sums) ofColumn[count] = ofColumn[replicate] ?? 0;
    count++;
  }

  const wrongOf = (system: number): Float64Array => wrong[system] ?? new Float64Array(replicates);
  const interval = (system: number): Interval | null => {
    const ofSystem = wrongOf(system);
    return count === 0 ? null : intervalOf(words.subarray(0, count).map((sumOfWords, draw) => (ofSystem[draw] ?? 0) / sumOfWords));
  };
  return {
    interval,
    difference(a, b) {
      const wrongA = wrongOf(a);
      const wrongB = wrongOf(b);
      const deltas = words.subarray(0, count).map((sumOfWords, draw) => ((wrongA[draw] ?? 0) - (wrongB[draw] ?? 0)) / sumOfWords);
      let better = 0;
      let equal = 0;
      for (let draw = 0; draw < count; draw++) {
        // Whole numbers decide, so that rounding cannot.
        const apart = (wrongA[draw] ?? 0) - (wrongB[draw] ?? 0);
        if (apart > 0) better++;
        else if (apart === 0) equal++;
      }
      const worse = count - better - equal;
      const isDrawn = count > 0;
      return {
        replicates,
        undefinedReplicates: replicates - count,
        werA: interval(a),
        werB: interval(b),
        deltaStandardError: isDrawn ? standardDeviation(deltas) : null,
        delta: isDrawn ? intervalOf(deltas) : null,
        probabilityBBetter: isDrawn ? better / count : null,
        probabilityBBetterOrEqual: isDrawn ? (better + equal) / count : null,
        p: isDrawn ? Math.min(1, (2 * (Math.min(better, worse) + equal + 1)) / (count + 1)) : null,
      };
    },
  };
}

/** Words and the errors of two systems: one pass over what was drawn, with its sums in variables, because there are millions of steps. */
const COLUMNS_AT_ONCE = 3;

function addUp(drawn: Int32Array, columns: readonly Float64Array[], first: number, sums: readonly Float64Array[], replicate: number): void {
  // Reading beyond an array is slow: what is not there is another column, whose sum nobody takes.
  const one = columns[first] ?? new Float64Array();
  const two = columns[first + 1] ?? one;
  const three = columns[first + 2] ?? one;
  let sumOne = 0;
  let sumTwo = 0;
  let sumThree = 0;
  for (const group of drawn) {
    sumOne += one[group] ?? 0;
    sumTwo += two[group] ?? 0;
    sumThree += three[group] ?? 0;
  }
  for (const [offset, sum] of [sumOne, sumTwo, sumThree].entries()) {
    const ofColumn = sums[first + offset];
    if (ofColumn !== undefined) ofColumn[replicate] = sum;
  }
}

/** 95 % intervals of two word error rates and of their difference, all from the same draws. */
export function bootstrapDifference({ errorsA, errorsB, ...drawing }: BootstrapInput): Bootstrap {
  return bootstrapSystems({ ...drawing, errors: [errorsA, errorsB] }).difference(0, 1);
}

/** 95 % interval of one word error rate; null where there are no reference words. */
export function bootstrapWer({ errors, ...drawing }: Drawing & { readonly errors: ArrayLike<number> }): Interval | null {
  return bootstrapSystems({ ...drawing, errors: [errors] }).interval(0);
}

/** Numbers without gaps, in the order in which they occur: a speaker whose files are not compared must not be drawn. */
function numbered(clusters: ArrayLike<number>): { readonly numbers: Int32Array; readonly count: number } {
  const known = new Map<number, number>();
  const numbers = Int32Array.from(clusters, (cluster) => {
    const number = known.get(cluster) ?? known.size;
    known.set(cluster, number);
    return number;
  });
  return { numbers, count: known.size };
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
