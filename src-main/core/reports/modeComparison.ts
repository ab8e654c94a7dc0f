import type { ModeComparison } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { AlignmentStep, WordCounts } from '#shared/domain/scores.ts';
import { LEAST_PAIRS } from '#main/core/scoring/compareSystems.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import {
  BOOTSTRAP_SEED,
  bootstrapSystems,
  bootstrapWer,
  replicatesFor,
  type Interval,
  type SharedBootstrap,
} from '#main/core/statistics/bootstrap.ts';
import { holmAdjusted } from '#main/core/statistics/holm.ts';
import { mapssweSegments } from '#main/core/statistics/mapssweSegments.ts';
import { matchedPairsTest, mcnemarTest } from '#main/core/statistics/pairedTests.ts';

const SIGNIFICANT_P = 0.05;

/** One file of one system as the comparison sees it. */
export interface ScoredFile {
  readonly counts: WordCounts;
  readonly steps: readonly AlignmentStep[];
}

/** One file in one mode. */
export interface ScoredPair extends ScoredFile {
  readonly mode: Mode;
}

/** What the comparison of two systems says; they are named by their places in the list. */
export interface PairComparison extends Omit<ModeComparison, 'a' | 'b'> {
  readonly a: number;
  readonly b: number;
  /** Files without any error in only one of the two. */
  readonly onlyACorrect: number;
  readonly onlyBCorrect: number;
}

interface CommonData {
  readonly words: number[];
  readonly errors: readonly number[][];
  readonly clusters: number[];
}

interface PairData {
  readonly a: number;
  readonly b: number;
  readonly words: number[];
  readonly errorsA: number[];
  readonly errorsB: number[];
  readonly clusters: number[];
  readonly segmentsA: number[];
  readonly segmentsB: number[];
}

/** Collects the common files of each two systems, and tests them at the end. */
export class PairComparisons {
  readonly #pairs: readonly PairData[];
  /** Files that every system has: where these are all there are, one set of draws serves every pair. */
  readonly #common: CommonData;
  readonly #isClustered: boolean;
  #drawn: SharedBootstrap | null = null;

  /**
   * @param systems how many; each is compared with every later one
   * @param isClustered draws whole speakers
   */
  constructor(systems: number, isClustered: boolean) {
    this.#isClustered = isClustered;
    const places = Array.from({ length: systems }, (_, place) => place);
    this.#common = { words: [], errors: places.map(() => []), clusters: [] };
    this.#pairs = places.flatMap((a) =>
      places.slice(a + 1).map((b) => ({ a, b, words: [], errorsA: [], errorsB: [], clusters: [], segmentsA: [], segmentsB: [] })),
    );
  }

  /**
   * @param scored one for each system; undefined where it has no outcome for the file
   * @param cluster number of the speaker, from 0
   */
  addFile(scored: readonly (ScoredFile | undefined)[], cluster: number): void {
    const present = scored.filter((file) => file !== undefined);
    if (present.length === this.#common.errors.length) {
      this.#common.words.push(present[0]?.counts.referenceWords ?? 0);
      this.#common.clusters.push(cluster);
      for (const [place, { counts }] of present.entries()) this.#common.errors[place]?.push(editsOf(counts));
    }
    for (const data of this.#pairs) {
      const left = scored[data.a];
      const right = scored[data.b];
      if (left === undefined || right === undefined) continue;
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

  /** In the order of the systems, first with second, first with third, …; p is corrected over all of them. */
  finish(): PairComparison[] {
    const isOneSet = this.#pairs.every(({ words }) => words.length === this.#common.words.length);
    const shared = isOneSet ? this.#drawCommon() : null;
    const compared = this.#pairs.map((data) => compare(data, this.#isClustered, shared));
    const tested = compared.filter(({ p }) => p !== null);
    const adjusted = holmAdjusted(tested.map(({ p }) => p ?? 1));
    return compared.map((comparison) => {
      const index = tested.indexOf(comparison);
      const pHolm = index === -1 ? null : (adjusted[index] ?? null);
      return { ...comparison, pHolm, verdict: verdictOf(comparison, pHolm) };
    });
  }

  /** 95 % interval of each system over the files that all have; null where these are too few. */
  werIntervals(): (Interval | null)[] {
    const shared = this.#drawCommon();
    return this.#common.errors.map((_, system) => shared?.interval(system) ?? null);
  }

  #drawCommon(): SharedBootstrap | null {
    const { words, errors, clusters: numbers } = this.#common;
    const clusters = this.#isClustered ? numbers : null;
    if (!isEnough(words.length, clusters)) return null;
    return (this.#drawn ??= drawn(words, errors, clusters));
  }
}

/** The same for the modes of one run. */
export class ModeComparisons {
  readonly #modes: readonly Mode[];
  readonly #pairs: PairComparisons;

  /**
   * @param modes in the order of the report; each is compared with every later one
   * @param isClustered draws whole speakers
   */
  constructor(modes: readonly Mode[], isClustered: boolean) {
    this.#modes = modes;
    this.#pairs = new PairComparisons(modes.length, isClustered);
  }

  /** @param cluster number of the speaker, from 0 */
  addItem(scored: readonly ScoredPair[], cluster: number): void {
    this.#pairs.addFile(
      this.#modes.map((mode) => scored.find((pair) => pair.mode === mode)),
      cluster,
    );
  }

  finish(): ModeComparison[] {
    return this.#pairs.finish().flatMap(({ a: placeA, b: placeB, onlyACorrect: _onlyA, onlyBCorrect: _onlyB, ...figures }) => {
      const a = this.#modes[placeA];
      const b = this.#modes[placeB];
      return a === undefined || b === undefined ? [] : [{ a, b, ...figures }];
    });
  }
}

function drawn(
  referenceWords: readonly number[],
  errors: readonly (readonly number[])[],
  clusters: readonly number[] | null,
): SharedBootstrap {
  return bootstrapSystems({ referenceWords, errors, clusters, replicates: replicatesFor(referenceWords.length), seed: BOOTSTRAP_SEED });
}

/** What is drawn, files or speakers, must be there often enough. */
function isEnough(files: number, clusters: readonly number[] | null): boolean {
  return (clusters === null ? files : new Set(clusters).size) >= LEAST_PAIRS;
}

type Tested = Omit<PairComparison, 'pHolm' | 'verdict'>;

/** @param shared draws of exactly the files of this pair; null: it draws by itself */
function compare(data: PairData, isClustered: boolean, shared: SharedBootstrap | null): Tested {
  const { a, b, words, errorsA, errorsB, segmentsA, segmentsB } = data;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const pairs = words.length;
  const referenceWords = sum(words);
  const { onlyACorrect, onlyBCorrect, pExact } = mcnemarTest({ errorsA, errorsB });
  const untested: Tested = {
    a,
    b,
    pairs,
    referenceWords,
    werA: null,
    werB: null,
    difference: null,
    interval: null,
    segments: segmentsA.length,
    z: null,
    p: null,
    mcnemarP: null,
    onlyACorrect,
    onlyBCorrect,
  };
  if (referenceWords === 0) return untested;
  const werA = sum(errorsA) / referenceWords;
  const werB = sum(errorsB) / referenceWords;
  const rates = { ...untested, werA, werB, difference: werA - werB };
  const clusters = isClustered ? data.clusters : null;
  if (!isEnough(pairs, clusters)) return rates;
  const { delta, p: drawnP } = shared?.difference(a, b) ?? drawn(words, [errorsA, errorsB], clusters).difference(0, 1);
  const isTestable = segmentsA.length >= LEAST_PAIRS;
  const { z, p: testedP } = isTestable ? matchedPairsTest({ errorsA: segmentsA, errorsB: segmentsB }) : { z: null, p: null };
  // Where every segment differs by the same, z is undefined although the difference is as plain as can be.
  const p = isTestable ? (testedP ?? drawnP) : null;
  return { ...rates, interval: delta === null ? null : [delta[0], delta[1]], z, p, mcnemarP: pExact };
}

/** Test and interval must agree: a claim that one of them contradicts is none. */
export function verdictOf(
  { difference, interval }: Pick<PairComparison, 'difference' | 'interval'>,
  pHolm: number | null,
): ModeComparison['verdict'] {
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
