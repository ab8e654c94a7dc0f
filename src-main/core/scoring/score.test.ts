import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NORMALIZER_VERSIONS, NORMALIZERS } from '#shared/domain/scores.ts';
import { normalizerOf } from './normalizers.ts';
import { alignPair, scorePair } from './score.ts';
import { splitWords } from './words.ts';

describe('simple', () => {
  const { normalize } = normalizerOf('simple');
  test.each([
    ["Don't STOP, now!", 'dont stop now'],
    ['one-two  three', 'onetwo  three'],
    ['snake_case 3.14', 'snake_case 314'],
    ['안녕하세요, 세계!', '안녕하세요 세계'],
    ['हिन्दी ภาษาไทย', 'हिन्दी ภาษาไทย'],
    ['cafe\u0301 CAFÉ', 'cafe\u0301 café'],
    ['I \u2764\uFE0F it', 'i  it'],
    ['“¿Qué?” — £5', 'qué  5'],
    ['①½', '①½'],
  ])('%j becomes %j', (text, expected) => {
    expect(normalize(text)).toBe(expected);
  });
});

test('none leaves the text as it is', () => {
  const text = ' Ünïcode\u00A0“text”\n\u0301 — 3.14 ';
  expect(normalizerOf('none').normalize(text)).toBe(text);
});

test.each(NORMALIZERS)('%s has its version', (name) => {
  expect(normalizerOf(name)).toMatchObject({ name, version: NORMALIZER_VERSIONS[name] });
});

// The published Whisper rules are not idempotent.
test.each(['none', 'simple', 'korean'] as const)('%s changes nothing the second time', (name) => {
  const { normalize } = normalizerOf(name);
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => normalize(normalize(text)) === normalize(text)));
});

test('words are what lies between Unicode white space', () => {
  expect(splitWords('  a\tb\u00A0c\u3000d\u0085e\u2009f\r\n')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(splitWords('a\u200Bb \uFEFFc')).toEqual(['a\u200Bb', '\uFEFFc']);
  expect(splitWords(' \n ')).toEqual([]);
});

test('a missing answer deletes every word of the reference', () => {
  expect(scorePair('One, two three.', null, 'simple')).toEqual({
    counts: { hits: 0, substitutions: 0, deletions: 3, insertions: 0, referenceWords: 3 },
    normalizer: 'simple',
    normalizerVersion: 1,
  });
});

test('what is compared is normalised', () => {
  expect(scorePair('HELLO WORLD', 'Hello, world!', 'simple').counts.hits).toBe(2);
  expect(scorePair('HELLO WORLD', 'Hello, world!', 'none').counts.substitutions).toBe(2);
  expect(alignPair('HELLO', 'Hello!', 'simple')).toEqual([{ op: 'hit', reference: 'hello', hypothesis: 'hello' }]);
});
