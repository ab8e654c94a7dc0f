import { describe, expect, it } from 'vitest';
import { toggleMode, wholeNumber, withField, type InvalidField } from './optionInput.ts';

describe('option fields', () => {
  it('always leaves one mode', () => {
    expect(toggleMode(['streaming'], 'chunked')).toEqual(['streaming', 'chunked']);
    expect(toggleMode(['streaming', 'chunked'], 'streaming')).toEqual(['chunked']);
    expect(toggleMode(['streaming'], 'streaming')).toEqual(['streaming']);
  });

  it.each([
    ['', null],
    ['  ', null],
    [' 12 ', 12],
    ['0', undefined],
    ['257', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['1o0', undefined],
    ['9'.repeat(40), undefined],
    ['아', undefined],
  ])('%j is %s', (text, value) => {
    expect(wholeNumber(text, 1, 256)).toBe(value);
  });

  it('remembers which fields hold Start back', () => {
    const limit: InvalidField = { id: 'limit', label: 'Limit', min: 1, max: 9, canBeEmpty: true };
    const workers = { ...limit, id: 'workers' };
    const both = withField(withField(withField([], limit, false), workers, false), limit, false);
    expect(both).toEqual([workers, limit]);
    expect(withField(both, limit, true)).toEqual([workers]);
    const none: readonly InvalidField[] = [];
    expect(withField(none, limit, true)).toBe(none);
  });
});
