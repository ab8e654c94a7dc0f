import type { Comparison } from '#shared/contract/compare.ts';

/** What test and interval say together. */
export type PairVerdict = Comparison['pairs'][number]['verdict'];

/** A ratio as a percentage with two decimals; `–` where it is not defined. */
export function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(2)} %`;
}

export function percentInterval(interval: readonly [number, number] | null): string {
  return interval === null ? '' : ` (95 % interval ${(interval[0] * 100).toFixed(2)} to ${(interval[1] * 100).toFixed(2)})`;
}

/** A probability, after the effect it belongs to. */
export function pValue(p: number | null): string {
  return p === null ? 'undefined' : p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** `1 pair`, `2 pairs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Which of two systems is better, and by how much; without a verdict only which rate is lower.
 * @param werDelta WER A − WER B; null where it is not defined
 */
export function differenceOf(werDelta: number | null, verdict: PairVerdict): string {
  if (werDelta === null) return 'There are no reference words: no difference of rates';
  if (werDelta === 0) return 'A and B have the same WER; A − B 0.00 points';
  const says = verdict === 'aBetter' || verdict === 'bBetter' ? 'is better' : 'has the lower WER,';
  return `${werDelta > 0 ? 'B' : 'A'} ${says} by ${Math.abs(werDelta * 100).toFixed(2)} points; A − B ${(werDelta * 100).toFixed(2)} points`;
}

export const NOT_TOLD_APART = '  Not told apart: a difference like this can be chance';

/** As scripts read them. */
export const VERDICTS = {
  aBetter: 'a_better',
  bBetter: 'b_better',
  notDistinguishable: 'not_distinguishable',
  notEnoughData: 'not_enough_data',
} as const satisfies Record<PairVerdict, string>;
