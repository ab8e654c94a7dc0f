import { expect, test } from 'vitest';
import { suspicionOf } from './suspiciousText.ts';

/** Speech of so many seconds without a pause, from the start. */
function judge(text: string, spokenSec: number, lastWordSec: number | null = spokenSec): string | null {
  return suspicionOf({
    text,
    segments: lastWordSec === null ? [] : [{ endMs: lastWordSec * 1_000 }],
    speechSec: (fromSec = 0) => Math.max(0, spokenSec - fromSec),
  });
}

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');

test('no text for seconds of speech', () => {
  expect(judge('', 12, null)).toBe('no text for 12.0 s of speech');
  expect(judge(' . ', 2, null)).toBe('no text for 2.0 s of speech');
});

test('no text for silence and for a short noise is fine', () => {
  expect(judge('', 0, null)).toBeNull();
  expect(judge('', 1.9, null)).toBeNull();
});

test('a single word for a minute of speech', () => {
  expect(judge('you', 60)).toBe('1 words for 60.0 s of speech');
  expect(judge('네', 60)).toBe('1 words for 60.0 s of speech');
});

test('slow speech, short speech and scripts without spaces are fine', () => {
  expect(judge(words(20), 60)).toBeNull();
  expect(judge('yes', 9)).toBeNull();
  expect(judge('안녕하세요저는오늘아침에학교에갔습니다', 60)).toBeNull();
});

test('a lost end', () => {
  expect(judge(words(1_000), 600, 585)).toBe('15.0 s of speech after the last word');
  expect(judge(words(20), 12, 8)).toBe('4.0 s of speech after the last word');
});

test('an end that is only a little early, and text without times, are fine', () => {
  expect(judge(words(1_000), 600, 592)).toBeNull();
  expect(judge(words(20), 12, 9.5)).toBeNull();
  expect(judge(words(20), 12, null)).toBeNull();
});
