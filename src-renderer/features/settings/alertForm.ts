import { type AlertRules, AlertRulesSchema } from '#shared/contract/alerts.ts';
import { DEFAULT_THRESHOLDS, THRESHOLD_KINDS, type ThresholdKind } from '#shared/domain/alert.ts';

export const KINDS = Object.keys(THRESHOLD_KINDS) as ThresholdKind[];

/** The thresholds as they are typed. */
export type AlertTexts = Readonly<Record<ThresholdKind, { readonly isOn: boolean; readonly raise: string; readonly clear: string }>>;

export function textsOf(rules: Pick<AlertRules, ThresholdKind>): AlertTexts {
  const text = (kind: ThresholdKind) => ({ isOn: rules[kind].isOn, raise: String(rules[kind].raise), clear: String(rules[kind].clear) });
  return { cpu: text('cpu'), memory: text('memory'), disk: text('disk'), vram: text('vram'), gpuTemperature: text('gpuTemperature') };
}

export const USUAL_TEXTS = textsOf(DEFAULT_THRESHOLDS);

/** Whether the pair of a kind can be used. */
export function isPairValid(texts: AlertTexts, kind: ThresholdKind): boolean {
  return AlertRulesSchema.shape[kind].safeParse(pairOf(texts, kind)).success;
}

/** All rules as typed; null when a pair cannot be used. */
export function readAlertRules(texts: AlertTexts, switches: Pick<AlertRules, 'diskFilling' | 'noProgress'>): AlertRules | null {
  const pairs = Object.fromEntries(KINDS.map((kind) => [kind, pairOf(texts, kind)]));
  return AlertRulesSchema.safeParse({ ...pairs, ...switches }).data ?? null;
}

function pairOf(texts: AlertTexts, kind: ThresholdKind): { isOn: boolean; raise: number; clear: number } {
  const { isOn, raise, clear } = texts[kind];
  return { isOn, raise: numberOf(raise), clear: numberOf(clear) };
}

function numberOf(text: string): number {
  return /^\d{1,3}(?:\.\d{1,2})?$/.test(text.trim()) ? Number(text) : Number.NaN;
}
