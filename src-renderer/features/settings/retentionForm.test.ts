import { expect, test } from 'vitest';
import { DEFAULT_RETENTION, RetentionRulesSchema } from '#shared/contract/retention.ts';
import { readRule, readRules, textsOf } from './retentionForm.ts';

test('what is shown is read back as it was, and the contract takes it', () => {
  const rules = { ...DEFAULT_RETENTION, runDays: 0, diskGib: 2.5, unusedAnswers: true };
  const read = readRules(textsOf(rules), true);
  expect(read).toEqual(rules);
  expect(RetentionRulesSchema.parse(read)).toEqual(rules);
});

test.each([
  ['runDays', '', null],
  ['runDays', ' 30 ', 30],
  ['runDays', '-1', undefined],
  ['runDays', '36501', undefined],
  ['runCount', '2.5', undefined],
  ['diskGib', '2.5', 2.5],
  ['diskGib', 'much', undefined],
] as const)('%s “%s” is %s', (rule, text, value) => {
  expect(readRule(rule, text)).toBe(value);
});

test('one field that cannot be used holds all back', () => {
  expect(readRules({ ...textsOf(DEFAULT_RETENTION), logDays: 'x' }, false)).toBe(null);
});
