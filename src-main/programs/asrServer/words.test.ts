import { expect, test } from 'vitest';
import { joinWords } from './words.ts';

const NONE = { lengthsSec: [], logProbs: [] };

test('pieces join until the next one begins a word, and a word ends where the next begins', () => {
  const words = joinWords({ texts: [' mon', 'day', ' at', ' noon'], startsSec: [0.4, 0.6, 0.8, 1.0], ...NONE }, 1_000, 5_000);
  expect(words).toEqual([
    { word: 'monday', startMs: 1_400, endMs: 1_800, confidence: null },
    { word: 'at', startMs: 1_800, endMs: 2_000, confidence: null },
    { word: 'noon', startMs: 2_000, endMs: 2_400, confidence: null },
  ]);
});

test('a pause is no part of the word before it, and nothing ends after the audio', () => {
  const words = joinWords({ texts: ['▁stop', '▁now'], startsSec: [0, 3], ...NONE }, 0, 3_100);
  expect(words.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [0, 400],
    [3_000, 3_100],
  ]);
});

test('lengths of the model are used where it gives them', () => {
  const [word] = joinWords({ texts: [' long'], startsSec: [0.5], lengthsSec: [1.2], logProbs: [] }, 0, 9_000);
  expect(word).toMatchObject({ startMs: 500, endMs: 1_700 });
});

test('confidence is the geometric mean over the pieces, within 0 and 1', () => {
  const logProbs = [Math.log(0.9), Math.log(0.4), 0.001];
  const words = joinWords({ texts: [' quick', 'ly', ' go'], startsSec: [0, 0.1, 0.2], lengthsSec: [], logProbs }, 0, 1_000);
  expect(words.map(({ confidence }) => confidence)).toEqual([0.6, 1]);
});

test('signs of scripts without spaces are words of their own, Korean words are not cut', () => {
  const words = (texts: string[]): string[] =>
    joinWords({ texts, startsSec: texts.map((_, i) => i), ...NONE }, 0, 99_000).map(({ word }) => word);
  expect(words(['你', '好', 'ok'])).toEqual(['你', '好', 'ok']);
  expect(words(['▁안녕', '하세요', '▁여러', '분'])).toEqual(['안녕하세요', '여러분']);
});

test('without times there are no words rather than invented ones', () => {
  expect(joinWords({ texts: [' a', ' b'], startsSec: [], ...NONE }, 0, 1_000)).toEqual([]);
});
