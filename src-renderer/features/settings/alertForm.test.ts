import { expect, test } from 'vitest';
import { AlertRulesSchema } from '#shared/contract/alerts.ts';
import { isPairValid, readAlertRules, textsOf, USUAL_TEXTS } from './alertForm.ts';

const SWITCHES = { diskFilling: { isOn: true }, noProgress: { isOn: false } };

test('what is typed is what is saved, and the usual values are those of the contract', () => {
  const texts = { ...USUAL_TEXTS, cpu: { isOn: false, raise: ' 90 ', clear: '80.5' } };
  const rules = readAlertRules(texts, SWITCHES);
  expect(rules?.cpu).toEqual({ isOn: false, raise: 90, clear: 80.5 });
  expect(rules?.noProgress).toEqual({ isOn: false });
  expect(USUAL_TEXTS).toEqual(textsOf(AlertRulesSchema.parse({})));
});

test.each([
  ['', '1'],
  ['80', '80'],
  ['70', '80'],
  ['101', '50'],
  ['80', '0'],
  ['8o', '5'],
])('%j over %j is refused', (raise, clear) => {
  const texts = { ...USUAL_TEXTS, memory: { isOn: true, raise, clear } };
  expect(isPairValid(texts, 'memory')).toBe(false);
  expect(readAlertRules(texts, SWITCHES)).toBeNull();
});
