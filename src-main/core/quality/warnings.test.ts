import { expect, test } from 'vitest';
import { DuplicateFinder } from './duplicates.ts';
import { qualityScore } from './qualityScore.ts';
import { WarningCollector } from './warningCollector.ts';

const SIX_WORDS = 'one two three four five six';

test('the same text for two recordings is found once for each later file', () => {
  const finder = new DuplicateFinder();
  const add = (fileId: string, sha256: string | null, hypothesis = SIX_WORDS, reference: string | null = null): unknown =>
    finder.add({ fileId, mode: 'streaming', sha256, hypothesis, reference });
  expect(add('a.wav', 'A')).toEqual([]);
  expect(add('b.wav', 'B', 'One, two, three, four, five, six.')).toEqual([{ kind: 'duplicateText', facts: { fileId: 'a.wav' } }]);
  expect(add('short.wav', 'C', 'yes')).toEqual([]);
  expect(add('short2.wav', 'D', 'yes')).toEqual([]);
});

test('a copy of a recording is a duplicate of it and its text is none', () => {
  const finder = new DuplicateFinder();
  const add = (fileId: string, mode: 'streaming' | 'chunked'): unknown =>
    finder.add({ fileId, mode, sha256: 'A', hypothesis: SIX_WORDS, reference: null });
  expect(add('a.wav', 'streaming')).toEqual([]);
  // Another mode of the same file is no second file.
  expect(add('a.wav', 'chunked')).toEqual([]);
  expect(add('copy.wav', 'streaming')).toEqual([{ kind: 'duplicateAudio', facts: { fileId: 'a.wav' } }]);
});

test('two readers of one sentence are no duplicates', () => {
  const finder = new DuplicateFinder();
  const add = (fileId: string, reference: string): unknown =>
    finder.add({ fileId, mode: 'original', sha256: fileId, hypothesis: SIX_WORDS, reference });
  expect(add('a.wav', SIX_WORDS)).toEqual([]);
  expect(add('b.wav', SIX_WORDS.toUpperCase())).toEqual([]);
  expect(add('c.wav', 'something quite different was said here')).toEqual([{ kind: 'duplicateText', facts: { fileId: 'a.wav' } }]);
});

test('warnings are added up by kind, each file and mode once', () => {
  const warnings = new WarningCollector();
  warnings.add('b.wav', 'original', [{ kind: 'endsEarly', facts: { gapSec: 4, audioSec: 10 } }]);
  warnings.add('a.wav', 'chunked', [
    { kind: 'emptyText', facts: { audioSec: 6 } },
    { kind: 'endsEarly', facts: { gapSec: 5, audioSec: 9 } },
  ]);
  warnings.add('a.wav', 'streaming', [{ kind: 'emptyText', facts: { audioSec: 6 } }]);
  warnings.add('a.wav', 'streaming', [{ kind: 'emptyText', facts: { audioSec: 7 } }]);
  expect(warnings.warnings()).toEqual([
    {
      kind: 'emptyText',
      results: 2,
      files: 1,
      byMode: { chunked: 1, streaming: 1 },
      examples: [{ fileId: 'a.wav', modes: ['streaming', 'chunked'], detail: 'no text for 6.0 s of audio', facts: { audioSec: 6 } }],
    },
    {
      kind: 'endsEarly',
      results: 2,
      files: 2,
      byMode: { original: 1, chunked: 1 },
      examples: [
        { fileId: 'b.wav', modes: ['original'], detail: 'last word 4.0 s before the end of 10.0 s', facts: { gapSec: 4, audioSec: 10 } },
        { fileId: 'a.wav', modes: ['chunked'], detail: 'last word 5.0 s before the end of 9.0 s', facts: { gapSec: 5, audioSec: 9 } },
      ],
    },
  ]);
});

test('of many files ten are named and all are counted', () => {
  const warnings = new WarningCollector();
  for (let index = 0; index < 25; index++) warnings.add(`${index}.wav`, 'streaming', [{ kind: 'tooFast', facts: {} }]);
  const [warning] = warnings.warnings();
  expect(warning).toMatchObject({ results: 25, files: 25 });
  expect(warning?.examples).toHaveLength(10);
});

test('the quality score says how it came about', () => {
  // 100 × 8/10 × (1 − 0.05) × (1 − (2/8) / 2)
  expect(qualityScore({ done: 8, failed: 2, flagged: 2, answeredWer: 0.05 })).toEqual({
    score: 66.5,
    formula: '100 × success rate × accuracy of answered files × (1 − flagged share / 2)',
    successRatio: 0.8,
    accuracy: 0.95,
    flaggedRatio: 0.25,
  });
});

test('the score of a run without references leaves accuracy out, and a WER above 100 % gives 0', () => {
  expect(qualityScore({ done: 4, failed: 0, flagged: 0, answeredWer: null })).toMatchObject({ score: 100, accuracy: null });
  expect(qualityScore({ done: 4, failed: 0, flagged: 0, answeredWer: 1.4 })).toMatchObject({ score: 0, accuracy: 0 });
  expect(qualityScore({ done: 0, failed: 3, flagged: 0, answeredWer: null })).toMatchObject({ score: 0, flaggedRatio: 0 });
  expect(qualityScore({ done: 0, failed: 0, flagged: 0, answeredWer: null })).toBeNull();
});
