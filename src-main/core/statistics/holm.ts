/**
 * p values of several comparisons made together, adjusted so that the chance of one wrong rejection among all stays below the level.
 * Source: Holm, "A simple sequentially rejective multiple test procedure" (Scand. J. Statist. 6, 1979).
 * @returns in the order given; never smaller than the p given, never above 1
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((left, right) => left.p - right.p);
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = largest;
  }
  return adjusted;
}
