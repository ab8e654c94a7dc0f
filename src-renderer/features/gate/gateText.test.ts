import { describe, expect, it } from 'vitest';
import { EXAMPLE_GATE, gateText, readGate } from './gateText.ts';

describe('rules of a gate as text', () => {
  it('reads what it writes', () => {
    expect(readGate(gateText(EXAMPLE_GATE), 'en')).toEqual({ gate: EXAMPLE_GATE });
    expect(gateText(EXAMPLE_GATE)).not.toContain('tolerance');
  });

  it('keeps what is not usual', () => {
    const text = gateText({
      ...EXAMPLE_GATE,
      rules: [{ scope: 'run', metric: 'done', expected: 24, tolerance: 2, severity: 'warning', optional: true }],
    });
    expect(JSON.parse(text)).toMatchObject({
      rules: [{ scope: 'run', metric: 'done', expected: 24, tolerance: 2, severity: 'warning', optional: true }],
    });
  });

  it.each([
    ['{', null, /JSON/],
    ['{"version":1,"rules":[]}', 'rules', /Too small/],
    ['{"version":1,"rules":[{"scope":"run","metric":"werRatio","max":1}]}', 'rules.0.metric', /Invalid option/],
    ['{"version":1,"rules":[{"scope":"run","metric":"done"}]}', 'rules.0', null],
  ])('names the place of what is wrong: %s', (text, place, message) => {
    expect(readGate(text, 'en')).toEqual({ problem: { place, message: message === null ? null : expect.stringMatching(message) } });
  });

  it('says it in Korean, too', () => {
    expect(readGate('{"version":1,"rules":[]}', 'ko')).toEqual({ problem: { place: 'rules', message: expect.stringMatching(/[가-힣]/) } });
  });

  it('takes nothing for nothing', () => {
    expect(readGate(' \n', 'en')).toBeNull();
  });
});
