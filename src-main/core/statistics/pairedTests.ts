import { fairCoinTwoSidedP, normalTwoSidedP } from './tails.ts';

/** Two systems on the same utterances: errors of each, one element for each utterance. */
export interface PairedErrors {
  readonly errorsA: ArrayLike<number>;
  readonly errorsB: ArrayLike<number>;
}

export interface MatchedPairs {
  readonly n: number;
  /** Mean of the differences, A − B; positive where A is worse. 0 without pairs. */
  readonly mean: number;
  /** Standard deviation of the differences, with n − 1; null below two pairs. */
  readonly standardDeviation: number | null;
  /** mean / (sd / √n); null without spread, where it is undefined (sc_stats prints 0 there). */
  readonly z: number | null;
  /** Two-sided, normal; null where z is. */
  readonly p: number | null;
}

/**
 * Matched-pairs test on differences of error counts: of utterances, or of the segments of MAPSSWE. Source: Gillick and Cox, "Some statistical issues
 * in the comparison of speech recognition algorithms" (ICASSP 1989).
 */
export function matchedPairsTest({ errorsA, errorsB }: PairedErrors): MatchedPairs {
  const n = errorsA.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (errorsA[i] ?? 0) - (errorsB[i] ?? 0);
  const mean = n === 0 ? 0 : sum / n;
  if (n < 2) return { n, mean, standardDeviation: null, z: null, p: null };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((errorsA[i] ?? 0) - (errorsB[i] ?? 0) - mean) ** 2;
  const standardDeviation = Math.sqrt(squares / (n - 1));
  if (standardDeviation === 0) return { n, mean, standardDeviation, z: null, p: null };
  const z = mean / (standardDeviation / Math.sqrt(n));
  return { n, mean, standardDeviation, z, p: normalTwoSidedP(z) };
}

export interface SignTest {
  /** Utterances where A has more errors. */
  readonly aWorse: number;
  readonly bWorse: number;
  readonly ties: number;
  /** Exact, two-sided, ties dropped; 1 where nothing is left. */
  readonly p: number;
}

/** Exact binomial test on the signs of the differences. */
export function signTest({ errorsA, errorsB }: PairedErrors): SignTest {
  let aWorse = 0;
  let bWorse = 0;
  for (let i = 0; i < errorsA.length; i++) {
    const difference = (errorsA[i] ?? 0) - (errorsB[i] ?? 0);
    if (difference > 0) aWorse++;
    else if (difference < 0) bWorse++;
  }
  return {
    aWorse,
    bWorse,
    ties: errorsA.length - aWorse - bWorse,
    p: fairCoinTwoSidedP(Math.min(aWorse, bWorse), aWorse + bWorse),
  };
}

export interface Wilcoxon {
  readonly nonZero: number;
  /** Rank sum of the pairs where A has more errors. */
  readonly wPlus: number;
  readonly wMinus: number;
  /** Positive where A is worse; null where all differences are 0. */
  readonly z: number | null;
  /** Two-sided, normal; null where z is. */
  readonly p: number | null;
}

/** Wilcoxon's signed-rank test: zeros dropped, mean ranks for ties, tie-corrected variance, no continuity correction, normal approximation. */
export function wilcoxonTest({ errorsA, errorsB }: PairedErrors): Wilcoxon {
  const differences = Float64Array.from(errorsA, (errors, i) => errors - (errorsB[i] ?? 0)).filter((difference) => difference !== 0);
  const sizes = differences.map(Math.abs).sort();
  const rankOf = new Map<number, number>();
  let tieCorrection = 0;
  for (let start = 0; start < sizes.length;) {
    const size = sizes[start] ?? 0;
    let end = start;
    while (end < sizes.length && sizes[end] === size) end++;
    rankOf.set(size, (start + 1 + end) / 2);
    const tied = end - start;
    tieCorrection += tied ** 3 - tied;
    start = end;
  }
  let wPlus = 0;
  let wMinus = 0;
  for (const difference of differences) {
    const rank = rankOf.get(Math.abs(difference)) ?? 0;
    if (difference > 0) wPlus += rank;
    else wMinus += rank;
  }
  const n = differences.length;
  if (n === 0) return { nonZero: 0, wPlus, wMinus, z: null, p: null };
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tieCorrection / 48;
  const z = (wPlus - (n * (n + 1)) / 4) / Math.sqrt(variance);
  return { nonZero: n, wPlus, wMinus, z, p: normalTwoSidedP(z) };
}

export interface McNemar {
  readonly bothCorrect: number;
  readonly onlyACorrect: number;
  readonly onlyBCorrect: number;
  readonly bothWrong: number;
  /** Exact binomial, two-sided; 1 where both counts are equal. */
  readonly pExact: number;
  /** Chi-squared with continuity correction, one degree of freedom: what other programs print. 1 where both counts are equal. */
  readonly pChiSquared: number;
}

/** McNemar's test on utterances without any error. */
export function mcnemarTest({ errorsA, errorsB }: PairedErrors): McNemar {
  let bothCorrect = 0;
  let onlyACorrect = 0;
  let onlyBCorrect = 0;
  for (let i = 0; i < errorsA.length; i++) {
    const isACorrect = errorsA[i] === 0;
    const isBCorrect = errorsB[i] === 0;
    if (isACorrect && isBCorrect) bothCorrect++;
    else if (isACorrect) onlyACorrect++;
    else if (isBCorrect) onlyBCorrect++;
  }
  const discordant = onlyACorrect + onlyBCorrect;
  const apart = Math.abs(onlyACorrect - onlyBCorrect);
  return {
    bothCorrect,
    onlyACorrect,
    onlyBCorrect,
    bothWrong: errorsA.length - bothCorrect - discordant,
    pExact: fairCoinTwoSidedP(Math.min(onlyACorrect, onlyBCorrect), discordant),
    pChiSquared: apart === 0 ? 1 : normalTwoSidedP((apart - 1) / Math.sqrt(discordant)),
  };
}
