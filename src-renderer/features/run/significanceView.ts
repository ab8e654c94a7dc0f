import type { ModeComparison } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';

/** How two modes differ, ready to be said: the effect first, then how sure it is. Rates are ratios. */
export type Finding =
  | {
      /** `better` made fewer errors, and more than chance explains. */
      readonly kind: 'better';
      readonly better: Mode;
      readonly worse: Mode;
      /** Positive. */
      readonly difference: number;
      readonly interval: readonly [number, number];
      readonly p: number;
      readonly files: number;
    }
  | {
      readonly kind: 'alike';
      readonly a: Mode;
      readonly b: Mode;
      /** a − b. */
      readonly difference: number;
      readonly interval: readonly [number, number];
      readonly p: number;
      readonly files: number;
    }
  | { readonly kind: 'notEnoughData'; readonly a: Mode; readonly b: Mode; readonly files: number };

/** Turns a comparison round where its second mode is the better one, so that what is said is what was gained. */
export function findingOf({ a, b, difference, interval, p, pHolm, pairs, verdict }: ModeComparison): Finding {
  const sureP = pHolm ?? p;
  if (verdict === 'notEnoughData' || difference === null || interval === null || sureP === null)
    return { kind: 'notEnoughData', a, b, files: pairs };
  if (verdict === 'notDistinguishable') return { kind: 'alike', a, b, difference, interval, p: sureP, files: pairs };
  const isFirstBetter = verdict === 'aBetter';
  const [low, high] = interval;
  return {
    kind: 'better',
    better: isFirstBetter ? a : b,
    worse: isFirstBetter ? b : a,
    difference: Math.abs(difference),
    interval: isFirstBetter ? [-high, -low] : interval,
    p: sureP,
    files: pairs,
  };
}
