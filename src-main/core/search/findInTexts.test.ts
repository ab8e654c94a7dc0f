import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerptOf, termsOf } from './findInTexts.ts';

describe('termsOf', () => {
  test.each([
    ['one two', ['one', 'two']],
    ['  "one two"  three ', ['one two', 'three']],
    ['"open end', ['open', 'end']],
    ['one one', ['one']],
    ['""', []],
  ])('%s', (text, terms) => {
    expect(termsOf(text)).toEqual(terms);
  });
});

describe('excerptOf', () => {
  test('marks every term and joins those that touch', () => {
    expect(excerptOf('night shift nights', ['night', 'nights'])).toEqual({
      excerpt: 'night shift nights',
      matches: [
        [0, 5],
        [12, 18],
      ],
    });
  });

  test('begins near the first match of a long text, at a word', () => {
    const { excerpt, matches } = excerptOf(`${'word '.repeat(100)}needle ${'word '.repeat(100)}`, ['needle']);
    expect(excerpt.startsWith('…word ')).toBe(true);
    expect(excerpt.endsWith('…')).toBe(true);
    expect(matches.map(([start, end]) => excerpt.slice(start, end))).toEqual(['needle']);
  });

  test('what is marked is a term, whatever the text', () => {
    const part = fc.constantFrom('a', 'B', ' ', 'İ', '가', '𝒳', 'needle');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 400 }), fc.constantFrom('needle', 'a', '가', 'b'), (parts, term) => {
        const { excerpt, matches } = excerptOf(parts.join(''), [term]);
        for (const [start, end] of matches) expect(excerpt.slice(start, end).toLowerCase().replaceAll(term, '')).toBe('');
      }),
    );
  });
});
