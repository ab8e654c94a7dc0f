/**
 * Complementary error function, relative error below 1e-13 for 0 ≤ x ≤ 26 (beyond, it is smaller than the least normal number).
 * Below 2 the series erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, above the continued fraction. Source: Abramowitz and Stegun 7.1.6, 7.1.14.
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // From the innermost level outward; at x = 2 some 60 levels are exact, at larger x fewer.
  let fraction = x;
  for (let level = 120; level >= 1; level--) fraction = x + level / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

/** Probability that a standard normal value lies at least |z| from 0, on either side. */
export function normalTwoSidedP(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/**
 * Exact two-sided p of `fewer` or less among `trials` fair tosses: min(1, 2 P(X ≤ fewer)); 1 without trials.
 * Not the normal approximation: the one of sc_stats is wrong above 20 (`reference/scoring.md` point 12).
 * @param fewer the smaller of the two counts, whole, 0 … trials / 2
 */
export function fairCoinTwoSidedP(fewer: number, trials: number): number {
  if (trials === 0) return 1;
  // P(X = fewer), halving on the way: neither the coefficient nor 2^-trials fits into a number when there are many trials.
  let halvings = trials;
  let top = 1;
  for (let chosen = 1; chosen <= fewer; chosen++) {
    top *= (trials - chosen + 1) / chosen;
    while (top > 1 && halvings > 0) {
      top /= 2;
      halvings--;
    }
  }
  // The sum below it, relative to it.
  let term = 1;
  let sum = 1;
  for (let successes = fewer; successes > 0 && term > sum * 1e-18; successes--) {
    term *= successes / (trials - successes + 1);
    sum += term;
  }
  return Math.min(1, 2 * top * sum * 2 ** -halvings);
}
