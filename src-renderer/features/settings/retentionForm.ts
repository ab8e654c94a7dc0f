import type { RetentionRules } from '#shared/contract/retention.ts';

/** Rules that are a number or nothing, in the order they are shown, with the largest number each takes. */
export const NUMBER_RULES = [
  { rule: 'runDays', max: 36_500 },
  { rule: 'runCount', max: 1_000_000 },
  { rule: 'reportDays', max: 36_500 },
  { rule: 'uploadDays', max: 36_500 },
  { rule: 'logDays', max: 36_500 },
  { rule: 'diskGib', max: 1_000_000 },
] as const satisfies readonly { readonly rule: keyof RetentionRules; readonly max: number }[];
export type NumberRule = (typeof NUMBER_RULES)[number]['rule'];
export type RuleTexts = Readonly<Record<NumberRule, string>>;

export function textsOf(rules: RetentionRules): RuleTexts {
  const text = (rule: NumberRule): string => (rules[rule] === null ? '' : String(rules[rule]));
  return {
    runDays: text('runDays'),
    runCount: text('runCount'),
    reportDays: text('reportDays'),
    uploadDays: text('uploadDays'),
    logDays: text('logDays'),
    diskGib: text('diskGib'),
  };
}

/** What a field says: null when empty (never), undefined when it cannot be used. Only a number of runs has to be whole. */
export function readRule(rule: NumberRule, text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (!(rule === 'runCount' ? /^\d{1,7}$/ : /^\d{1,7}(?:\.\d{1,3})?$/).test(trimmed)) return undefined;
  const max = NUMBER_RULES.find((known) => known.rule === rule)?.max ?? 0;
  return Number(trimmed) <= max ? Number(trimmed) : undefined;
}

/** All rules as typed; null when a field cannot be used. */
export function readRules(texts: RuleTexts, unusedAnswers: boolean): RetentionRules | null {
  const values = new Map(NUMBER_RULES.map(({ rule }) => [rule, readRule(rule, texts[rule])] as const));
  if ([...values.values()].includes(undefined)) return null;
  const value = (rule: NumberRule): number | null => values.get(rule) ?? null;
  return {
    runDays: value('runDays'),
    runCount: value('runCount'),
    reportDays: value('reportDays'),
    uploadDays: value('uploadDays'),
    logDays: value('logDays'),
    diskGib: value('diskGib'),
    unusedAnswers,
  };
}
