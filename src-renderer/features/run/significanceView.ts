import type { ModeComparison } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';

/** How two modes differ, ready to be said: the effect first, then how sure it is. Rates are ratios. */
export type Finding =
  | {
      /** better: fewer errors than chance explains; alike: the difference may be chance. */
      readonly kind: 'better' | 'alike';
      /** The mode with fewer errors. */
      readonly better: Mode;
      readonly worse: Mode;
      /** Of the two rates, worse − better. */
      readonly difference: number;
      readonly interval: readonly [number, number];
      readonly p: number;
      readonly files: number;
    }
  | { readonly kind: 'notEnoughData'; readonly a: Mode; readonly b: Mode; readonly files: number };

/** Turns a comparison round where its first mode made fewer errors, so that what is said is what was gained. */
export function findingOf({ a, b, difference, interval, p, pHolm, pairs, verdict }: ModeComparison): Finding {
  const sureP = pHolm ?? p;
  if (verdict === 'notEnoughData' || difference === null || interval === null || sureP === null)
    return { kind: 'notEnoughData', a, b, files: pairs };
  const [low, high] = interval;
  return {
    kind: verdict === 'notDistinguishable' ? 'alike' : 'better',
    ...(difference < 0
      ? { better: a, worse: b, difference: -difference, interval: [-high, -low] }
      : { better: b, worse: a, difference, interval }),
    p: sureP,
    files: pairs,
  };
}
