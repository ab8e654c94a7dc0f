import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NORMALIZERS, normalizerLabel } from '#shared/domain/scores.ts';
import { normalizerOf } from './normalizers.ts';

describe('whisper-en', () => {
  const { normalize } = normalizerOf('whisper-en');

  test.each([
    // Facts of the test-suite of openai/whisper (MIT).
    ['two', '2'],
    ['first', '1st'],
    ['nineteen ninety nine', '1999'],
    ['twenty nineteen', '2019'],
    ["let's", 'let us'],
    ["he's like", 'he is like'],
    ["she's been like", 'she has been like'],
    ['10km', '10 km'],
    ['10mph', '10 mph'],
    ['rc232', 'rc 232'],
    ['two fifty', '250'],
    ['fifteen sixteen', '1516'],
    ['one oh one', '101'],
    ['three point one four', '3.14'],
    ['two and a half million', '2500000'],
    ['three hundred and sixty five', '365'],
    ['one', 'one'],
    ['ones', 'ones'],
    ['the first one', 'the 1st one'],
    ['double oh seven', '007'],
    ['triple five', '555'],
    ['minus twenty', '-20'],
    ['ten percent', '10%'],
    ['ten per cent', '10%'],
    ['ten per week', '10 per week'],
    ['twenty dollars and seventy cents', '$20.70'],
    ['seven cents', '¢7'],
    ['point me at it', 'point me at it'],
    ['and a half', ''],
    ['a quintillionth', 'a 1000000000000000000th'],
    ['two decillion', '2000000000000000000000000000000000'],
    // Ways of the original (scoring.md point 8).
    ["john's book", 'john is book'],
    ['oh well', '0 well'],
    ['Mr. & Mrs. Park', 'mister missus park'],
    ['um, well <unk> [noise] (laughs)', 'well'],
    ['Æther naïve Straße', 'aether naive strasse'],
    ['colour', 'colour'],
    ['١٢٣', '123'],
    // Boundaries of words are those of Unicode: JavaScript's own would find `mr` and `uh` in these.
    ['émr uhé', 'emr uhe'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(normalize(text)).toBe(expected);
  });

  test('says what it leaves out', () => {
    expect(NORMALIZERS.map((name) => normalizerLabel(name))).toEqual([
      'none 1',
      'simple 1',
      'whisper-en 1 (no-spelling-list)',
      'whisper-basic 1',
      'korean 1',
    ]);
  });
});

describe('whisper-basic', () => {
  const { normalize } = normalizerOf('whisper-basic');

  test.each([
    ['Être, “l’été” — [bruit] 10,5 %', 'être l été 10 5'],
    ['값이 10,000원이에요.', '값이 10 000원이에요'],
    ['ﬁne ① Ａ', 'fine 1 a'],
    ['हिन्दी', 'ह न द'],
    ['snake_case', 'snake case'],
  ])('%j becomes %j', (text, expected) => {
    expect(normalize(text)).toBe(expected);
  });
});

describe('korean', () => {
  const { normalize } = normalizerOf('korean');

  test.each([
    ['값이 10,000원이에요. (정말요?)', '값이 10000원이에요 정말요'],
    ['파이는 3.14, 아니면 3.1415…', '파이는 3.14 아니면 3.1415'],
    ['한국어'.normalize('NFD'), '한국어'],
    ['ㅋㅋㅋ API를 쓴다', 'ㅋㅋㅋ api를 쓴다'],
    ['\uFEFF보이지\u200B않는\u00A0것', '보이지않는 것'],
    ['그래...근데', '그래 근데'],
    ['1.,2', '1 2'],
  ])('%j becomes %j', (text, expected) => {
    expect(normalize(text)).toBe(expected);
  });
});

test.each(NORMALIZERS)('%s takes any text, and one without words has none after it', (name) => {
  const { normalize } = normalizerOf(name);
  const numbers = fc.constantFrom(
    'one',
    'oh',
    'twenty',
    'double',
    'point',
    'and',
    'a',
    'half',
    'hundred',
    'millions',
    '$5',
    '3.5',
    'per',
    'cents',
    'minus',
    '0',
    'first',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(numbers).map((words) => words.join(' ')),
      ),
      (text) => {
        const normalized = normalize(text);
        if (name !== 'none' && name !== 'simple') expect(normalized).toBe(normalized.trim());
        expect(normalize('')).toBe('');
        expect(normalize(' \n\t').trim()).toBe('');
      },
    ),
    { numRuns: 1_000 },
  );
});
