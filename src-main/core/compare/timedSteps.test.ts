import { expect, test } from 'vitest';
import type { AlignmentStep } from '#shared/domain/scores.ts';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import { timedSteps } from './timedSteps.ts';

const { normalize } = normalizerOf('whisper-en');

function stepsOf(reference: string, hypothesis: string): readonly AlignmentStep[] {
  return alignWords(splitWords(normalize(reference)), splitWords(normalize(hypothesis))).steps;
}

/** A second for each word. */
function segmentOf(text: string, startMs = 0): CheckedSegment {
  const words = text
    .split(' ')
    .map((word, index) => ({ word, startMs: startMs + index * 1_000, endMs: startMs + index * 1_000 + 900, confidence: null }));
  return { startMs, endMs: startMs + words.length * 1_000, text, words };
}

test('a word has the time of the word that was heard; what was not heard has none', () => {
  const { steps, timesOf } = timedSteps(
    stepsOf('red green blue sky', 'Red, blue sky there'),
    [segmentOf('Red, blue sky there')],
    normalize,
  );
  expect(timesOf).toBe('words');
  expect(steps.map(({ op, startSec, endSec }) => [op, startSec, endSec])).toEqual([
    ['hit', 0, 0.9],
    ['deletion', null, null],
    ['hit', 1, 1.9],
    ['hit', 2, 2.9],
    ['insertion', 3, 3.9],
  ]);
});

test('words that the rule joins leave the others their times', () => {
  // The rule makes one number of two words, but not when it sees them one by one.
  const { steps } = timedSteps(
    stepsOf('it cost 21 dollars then', 'it cost twenty one dollars then'),
    [segmentOf('it cost twenty one dollars then')],
    normalize,
  );
  const byWord = new Map(steps.map(({ hypothesis, startSec }) => [hypothesis, startSec]));
  expect(byWord.get('it')).toBe(0);
  expect(byWord.get('cost')).toBe(1);
  expect(byWord.get('then')).toBe(5);
});

test('without words the time is that of the segment', () => {
  const segments = [
    { startMs: 500, endMs: 1_500, text: 'red green', words: [] },
    { startMs: 2_000, endMs: 2_500, text: 'blue', words: [] },
  ];
  const { steps, timesOf } = timedSteps(stepsOf('red green blue', 'red green blue'), segments, normalize);
  expect(timesOf).toBe('segments');
  expect(steps.map(({ startSec, endSec }) => [startSec, endSec])).toEqual([
    [0.5, 1.5],
    [0.5, 1.5],
    [2, 2.5],
  ]);
  expect(timedSteps(stepsOf('red', ''), [], normalize)).toMatchObject({ timesOf: null, steps: [{ op: 'deletion', startSec: null }] });
});
