import { expect, test } from 'vitest';
import { clockTimeMs } from './clockTime.ts';
import { languageCodeOf, primaryLanguageOf } from './languageCode.ts';
import { sherpaWords } from './sherpaTokens.ts';
import { joinPieces, toMs } from './wordTimes.ts';

test('a language is known by its code and by its English name', () => {
  expect(['en', 'en-US', 'english', 'Korean', 'chinese', 'hawaiian', 'cantonese'].map(languageCodeOf)).toEqual([
    'en',
    'en-US',
    'en',
    'ko',
    'zh',
    'haw',
    'yue',
  ]);
  expect([null, undefined, '', 'gibberish talk'].map(languageCodeOf)).toEqual([null, null, null, null]);
  expect(['en-US', 'KO', 'zh-Hant-TW'].map(primaryLanguageOf)).toEqual(['en', 'ko', 'zh']);
});

test('tokens become words at their spaces', () => {
  const piece = (text: string, startSec: number, probability: number | null) => ({ text, startSec, endSec: startSec + 0.25, probability });
  expect(joinPieces([piece(' He', 0, 0.9), piece(' hop', 0.5, 0.8), piece('ed', 0.75, 0.4), piece(' ', 1, null)])).toEqual([
    { word: 'He', startMs: 0, endMs: 250, confidence: 0.9 },
    { word: 'hoped', startMs: 500, endMs: 1_000, confidence: expect.closeTo(0.6) },
  ]);
  expect(joinPieces([])).toEqual([]);
  expect(toMs(1.1)).toBe(1_100);
});

test('tokens of sherpa-onnx last until the next one or as long as is said; without times there are no words', () => {
  expect(sherpaWords(['▁he', '▁hop', 'ed'], [0.5, 0.75, 1], [0, 0, Math.log(0.5)], { offsetSec: 2 })).toEqual([
    { word: 'he', startMs: 2_500, endMs: 2_750, confidence: 1 },
    { word: 'hoped', startMs: 2_750, endMs: 3_000, confidence: 0.75 },
  ]);
  expect(sherpaWords([' he'], [0.5], [], { durationsSec: [0.25] })).toEqual([{ word: 'he', startMs: 500, endMs: 750, confidence: null }]);
  expect(sherpaWords([' he', ' hoped'], [], [])).toEqual([]);
});

test('times with hours, minutes and seconds', () => {
  expect(clockTimeMs('0:00:03.10')).toBe(3_100);
  expect(clockTimeMs('1:02:03')).toBe(3_723_000);
  for (const text of ['', 'soon', '3.10', null, undefined]) expect(clockTimeMs(text)).toBeNull();
});
