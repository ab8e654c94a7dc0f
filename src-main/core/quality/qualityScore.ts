import type { QualityScore } from '#shared/contract/reports.ts';

const WITH_ACCURACY = '100 × success rate × accuracy of answered files × (1 − flagged share / 2)';
const WITHOUT_ACCURACY = '100 × success rate × (1 − flagged share / 2); no accuracy without references';

/**
 * One figure for a glance, ours: never a substitute for the rates beside it. Failed files lower the success rate and are therefore not part of the
 * accuracy here; a warning is a suspicion, so it takes half of what a wrong file would.
 * @param answeredWer WER of the answered files alone; null without references
 * @returns null before any file has an outcome
 */
export function qualityScore(facts: {
  readonly done: number;
  readonly failed: number;
  readonly flagged: number;
  readonly answeredWer: number | null;
}): QualityScore | null {
  const { done, failed, flagged, answeredWer } = facts;
  if (done + failed === 0) return null;
  const successRatio = done / (done + failed);
  const accuracy = answeredWer === null ? null : Math.max(0, 1 - answeredWer);
  const flaggedRatio = done === 0 ? 0 : flagged / done;
  const score = 100 * successRatio * (accuracy ?? 1) * (1 - flaggedRatio / 2);
  return { score, formula: accuracy === null ? WITHOUT_ACCURACY : WITH_ACCURACY, successRatio, accuracy, flaggedRatio };
}
