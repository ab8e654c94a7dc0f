import type { ModeComparison } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { AlignmentStep, WordCounts } from '#shared/domain/scores.ts';
import { LEAST_PAIRS } from '#main/core/scoring/compareSystems.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { bootstrapDifference, bootstrapWer, type Interval } from '#main/core/statistics/bootstrap.ts';
import { holmAdjusted } from '#main/core/statistics/holm.ts';
import { mapssweSegments } from '#main/core/statistics/mapssweSegments.ts';
import { matchedPairsTest, mcnemarTest } from '#main/core/statistics/pairedTests.ts';

const SIGNIFICANT_P = 0.05;
/** As Bisani and Ney used; fewer where there are so many files that the draws would take minutes. */
const MAX_REPLICATES = 10_000;
const MIN_REPLICATES = 1_000;
const MAX_DRAWS = 30_000_000;
export const BOOTSTRAP_SEED = 20_041;

/** One file in one mode as the comparison sees it. */
export interface ScoredPair {
  readonly mode: Mode;
  readonly counts: WordCounts;
  readonly steps: readonly AlignmentStep[];
}

export function replicatesFor(files: number): number {
  return Math.max(MIN_REPLICATES, Math.min(MAX_REPLICATES, Math.floor(MAX_DRAWS / Math.max(1, files))));
}

interface PairData {
  readonly words: number[];
  readonly errorsA: number[];
  readonly errorsB: number[];
  readonly clusters: number[];
  readonly segmentsA: number[];
  readonly segmentsB: number[];
}

/** Collects the common files of each two modes, and tests them at the end. */
export class ModeComparisons {
  readonly #modes: readonly Mode[];
  readonly #pairs = new Map<string, PairData>();

  /** @param modes in the order of the report; each is compared with every later one */
  constructor(modes: readonly Mode[]) {
    this.#modes = modes;
    for (const [a, b] of this.#combinations()) {
      this.#pairs.set(`${a} ${b}`, { words: [], errorsA: [], errorsB: [], clusters: [], segmentsA: [], segmentsB: [] });
    }
  }

  /** @param cluster number of the speaker, from 0 */
  addItem(scored: readonly ScoredPair[], cluster: number): void {
    for (const [a, b] of this.#combinations()) {
      const left = scored.find(({ mode }) => mode === a);
      const right = scored.find(({ mode }) => mode === b);
      const data = this.#pairs.get(`${a} ${b}`);
      if (left === undefined || right === undefined || data === undefined) continue;
      data.words.push(left.counts.referenceWords);
      data.errorsA.push(editsOf(left.counts));
      data.errorsB.push(editsOf(right.counts));
      data.clusters.push(cluster);
      for (const { errorsA, errorsB } of mapssweSegments(left.steps, right.steps)) {
        data.segmentsA.push(errorsA);
        data.segmentsB.push(errorsB);
      }
    }
  }

  finish(isClustered: boolean): ModeComparison[] {
    const compared = this.#combinations().map(([a, b]) => compare(a, b, this.#pairs.get(`${a} ${b}`), isClustered));
    const tested = compared.filter(({ p }) => p !== null);
    const adjusted = holmAdjusted(tested.map(({ p }) => p ?? 1));
    return compared.map((comparison) => {
      const index = tested.indexOf(comparison);
      const pHolm = index === -1 ? null : (adjusted[index] ?? null);
      return { ...comparison, pHolm, verdict: verdictOf(comparison, pHolm) };
    });
  }

  #combinations(): [Mode, Mode][] {
    return this.#modes.flatMap((a, index) => this.#modes.slice(index + 1).map((b): [Mode, Mode] => [a, b]));
  }
}

/** What is drawn, files or speakers, must be there often enough. */
function isEnough(files: number, clusters: readonly number[] | null): boolean {
  return (clusters === null ? files : new Set(clusters).size) >= LEAST_PAIRS;
}

type Tested = Omit<ModeComparison, 'pHolm' | 'verdict'>;

function compare(a: Mode, b: Mode, data: PairData | undefined, isClustered: boolean): Tested {
  const pairs = data?.words.length ?? 0;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const referenceWords = data === undefined ? 0 : sum(data.words);
  const untested: Tested = {
    a,
    b,
    pairs,
    referenceWords,
    werA: null,
    werB: null,
    difference: null,
    interval: null,
    segments: data?.segmentsA.length ?? 0,
    z: null,
    p: null,
    mcnemarP: null,
  };
  if (data === undefined || referenceWords === 0) return untested;
  const werA = sum(data.errorsA) / referenceWords;
  const werB = sum(data.errorsB) / referenceWords;
  const rates = { ...untested, werA, werB, difference: werA - werB };
  if (!isEnough(pairs, isClustered ? data.clusters : null)) return rates;
  const { errorsA, errorsB } = data;
  const { delta, p: drawnP } = bootstrapDifference({
    referenceWords: data.words,
    errorsA,
    errorsB,
    clusters: isClustered ? data.clusters : null,
    replicates: replicatesFor(pairs),
    seed: BOOTSTRAP_SEED,
  });
  const isTestable = data.segmentsA.length >= LEAST_PAIRS;
  const { z, p: testedP } = isTestable ? matchedPairsTest({ errorsA: data.segmentsA, errorsB: data.segmentsB }) : { z: null, p: null };
  // Where every segment differs by the same, z is undefined although the difference is as plain as can be.
  const p = isTestable ? (testedP ?? drawnP) : null;
  return { ...rates, interval: delta === null ? null : [delta[0], delta[1]], z, p, mcnemarP: mcnemarTest({ errorsA, errorsB }).pExact };
}

/** Test and interval must agree: a claim that one of them contradicts is none. */
function verdictOf({ difference, interval }: Tested, pHolm: number | null): ModeComparison['verdict'] {
  if (difference === null || interval === null) return 'notEnoughData';
  const isApart = interval[0] > 0 || interval[1] < 0;
  if (pHolm === null || pHolm >= SIGNIFICANT_P || !isApart) return 'notDistinguishable';
  return difference > 0 ? 'bBetter' : 'aBetter';
}

/** 95 % interval of one mode; null below the least number of files, where it would promise too much. */
export function werInterval(words: readonly number[], errors: readonly number[], clusters: readonly number[] | null): Interval | null {
  if (!isEnough(words.length, clusters)) return null;
  return bootstrapWer({ referenceWords: words, errors, clusters, replicates: replicatesFor(words.length), seed: BOOTSTRAP_SEED });
}
