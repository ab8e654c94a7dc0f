import { describe, expect, test } from 'vitest';
import { GateSchema, ITEM_METRICS, MODE_METRICS, RUN_METRICS, type GateVerdict } from '../contract/gate.ts';
import { QUALITY_KINDS, type QualityKind } from '../contract/reports.ts';
import { findingText, type FindingFacts } from './findingText.ts';
import { gateCheckText } from './gateCheckText.ts';

const FACTS: Readonly<Record<QualityKind, FindingFacts>> = {
  emptyText: { audioSec: 6.25 },
  tooFast: { perSec: 10, unit: 'words' },
  repetition: { phrase: 'thank you', repeats: 5 },
  scriptMismatch: { sharePercent: 3, script: 'Latin or Han' },
  languageMismatch: { heard: 'de', wanted: 'en' },
  lowConfidence: { doubtful: 1, segments: 2, lowest: 0.2 },
  endsEarly: { gapSec: 4, audioSec: 10 },
  partialAudio: {},
  duplicateText: { fileId: 'a.wav' },
  duplicateAudio: { fileId: 'a.wav' },
};

/** English words of four letters or more: names of metrics, units and files are not. */
const ENGLISH = /\b(?!a\.wav)[a-z]{4,}\b/;

describe('doubts about an answer', () => {
  test.each(QUALITY_KINDS)('%s is said in both languages, with every figure', (kind) => {
    for (const language of ['en', 'ko'] as const) {
      const text = findingText(kind, FACTS[kind], language);
      expect(text).not.toMatch(/undefined|NaN/);
      for (const value of Object.values(FACTS[kind])) if (typeof value === 'number') expect(text).toContain(String(Math.floor(value)));
    }
    const korean = findingText(kind, { ...FACTS[kind], ...(kind === 'repetition' && { phrase: '네' }) }, 'ko');
    expect(korean).toMatch(/\p{Script=Hangul}/u);
    expect(korean).not.toMatch(ENGLISH);
  });
});

describe('rules', () => {
  const check = (rule: object, found: Partial<GateVerdict['checks'][number]> = {}): GateVerdict['checks'][number] => {
    const [parsed] = GateSchema.parse({ version: 1, rules: [rule] }).rules;
    if (parsed === undefined) throw new Error('no rule');
    return { name: '', detail: '', passed: false, severity: 'error', mode: null, value: 0.2, rule: parsed, ...found };
  };

  test('every metric has a Korean name', () => {
    const rules = [
      ...RUN_METRICS.map((metric) => ({ scope: 'run', metric, max: 1 })),
      ...MODE_METRICS.map((metric) => ({ scope: 'mode', metric, max: 1 })),
      ...ITEM_METRICS.map((metric) => ({ scope: 'item', metric, max: 1 })),
    ];
    for (const rule of rules) {
      expect(gateCheckText(check(rule), 'en').name).toBe(`${rule.metric} at most 1`);
      const { name, detail } = gateCheckText(check(rule), 'ko');
      expect(name).toContain('1 이하');
      expect(`${name} ${detail}`).not.toMatch(ENGLISH);
    }
  });

  test('say what was found, and that nothing was measured', () => {
    expect(gateCheckText(check({ scope: 'run', metric: 'failed', min: 1, max: 3 }, { value: 5 }), 'ko')).toEqual({
      name: '실패 수 1 이상, 3 이하',
      detail: '실패 수: 5, 기준 1 이상, 3 이하',
    });
    expect(gateCheckText(check({ scope: 'mode', metric: 'rtf', max: 1 }, { value: null }), 'ko').detail).toBe(
      '실시간 계수(RTF): 측정하지 않음',
    );
    const files = { measured: 15, unmeasured: 4, first: 'a.wav' };
    expect(gateCheckText(check({ scope: 'item', metric: 'rtf', max: 1, name: 'speed' }, { value: 2, files }), 'ko')).toEqual({
      name: 'speed',
      detail: '파일 15개 중 2개가 기준 미달, 허용 0개, 첫 파일 a.wav, 4개는 측정하지 않음',
    });
  });

  test('a verdict that was kept without its rules keeps its sentence', () => {
    const { rule: _, ...old } = check({ scope: 'run', metric: 'failed', max: 0 }, { name: 'failed at most 0', detail: 'failed is 5' });
    expect(gateCheckText(old, 'ko')).toEqual({ name: 'failed at most 0', detail: 'failed is 5' });
  });
});
