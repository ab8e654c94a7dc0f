import type { Comparison } from '#shared/contract/compare.ts';

/** What test and interval say together, turned so that every difference found is above 0. */
export function headlineOf(pairs: Comparison['pairs']): Comparison['headline'] {
  const findings: Comparison['headline']['findings'] = [];
  const notDistinguishable: [number, number][] = [];
  const notEnoughData: [number, number][] = [];
  for (const { a, b, verdict, difference, interval, z, pHolm } of pairs) {
    const isFound = (verdict === 'aBetter' || verdict === 'bBetter') && difference !== null && interval !== null && pHolm !== null;
    if (isFound && difference > 0) findings.push({ better: b, worse: a, difference, interval, z, pHolm });
    else if (isFound) {
      const turned: [number, number] = [-interval[1], -interval[0]];
      findings.push({ better: a, worse: b, difference: -difference, interval: turned, z: z === null ? null : -z, pHolm });
    } else if (verdict === 'notEnoughData') notEnoughData.push([a, b]);
    else notDistinguishable.push([a, b]);
  }
  return { findings: findings.toSorted((left, right) => right.difference - left.difference), notDistinguishable, notEnoughData };
}
