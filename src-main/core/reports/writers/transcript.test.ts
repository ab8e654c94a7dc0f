import { describe, expect, test } from 'vitest';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';
import { clockText, cuesOf, transcriptText, type TranscriptSource } from './transcript.ts';

function segmentOf(words: readonly (readonly [word: string, startMs: number, endMs: number])[], text?: string): CheckedSegment {
  return {
    startMs: words[0]?.[1] ?? 0,
    endMs: words.at(-1)?.[2] ?? 0,
    text: text ?? words.map(([word]) => word).join(' '),
    words: words.map(([word, startMs, endMs]) => ({ word, startMs, endMs, confidence: 0.5 })),
  };
}

function source(segments: readonly CheckedSegment[], changes: Partial<TranscriptSource> = {}): TranscriptSource {
  return {
    fileId: 'a.wav',
    mode: 'streaming',
    text: segments.map(({ text }) => text).join(' '),
    segments,
    language: 'en',
    audioSec: 10,
    ...changes,
  };
}

const TWO = source([
  segmentOf([
    ['hello', 0, 400],
    ['world', 500, 900],
  ]),
  segmentOf([['again', 61_234, 61_900]]),
]);

test('subtitles in both formats', () => {
  expect(transcriptText(TWO, 'srt')).toBe('1\n00:00:00,000 --> 00:00:00,900\nhello world\n\n2\n00:01:01,234 --> 00:01:01,900\nagain\n\n');
  expect(transcriptText(TWO, 'vtt')).toBe(
    'WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nhello world\n\n00:01:01.234 --> 00:01:01.900\nagain\n\n',
  );
});

test('plain text, tab-separated values and JSON', () => {
  expect(transcriptText(TWO, 'txt')).toBe('hello world\nagain\n');
  expect(transcriptText(TWO, 'tsv')).toBe('start\tend\ttext\n0\t900\thello world\n61234\t61900\tagain\n');
  expect(JSON.parse(transcriptText(TWO, 'transcript-json'))).toMatchObject({
    text: 'hello world again',
    duration: 10,
    segments: [{ id: 0, start: 0, end: 0.9, words: [{ word: 'hello', start: 0, end: 0.4, probability: 0.5 }, {}] }, { start: 61.234 }],
  });
});

test.each([
  [0, '00:00:00,000'],
  [59_999.6, '00:01:00,000'],
  [3_599_999, '00:59:59,999'],
  [3_600_000, '01:00:00,000'],
  [359_999_001, '99:59:59,001'],
  [360_000_000, '100:00:00,000'],
  [-5, '00:00:00,000'],
])('%d ms is %s', (ms, text) => {
  expect(clockText(ms, ',')).toBe(text);
});

describe('subtitles', () => {
  test('long speech is cut between words, into two lines of about the same width', () => {
    const words = Array.from({ length: 60 }, (_, index) => [`word${index}`, index * 300, index * 300 + 280] as const);
    const long = source([segmentOf(words)]);
    const cues = cuesOf(long);
    expect(cues.map(({ text }) => text).join(' ')).toBe(long.text);
    for (const { startMs, endMs, text } of cues) {
      expect(endMs - startMs).toBeLessThanOrEqual(7_000);
      expect(text.length).toBeLessThanOrEqual(80);
    }
    const lines = transcriptText(long, 'srt')
      .split('\n')
      .filter((line) => line.startsWith('word'));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(42);
  });
  test('a silence ends one', () => {
    const [first, second] = cuesOf(
      source([
        segmentOf([
          ['before', 0, 500],
          ['after', 2_100, 2_600],
        ]),
      ]),
    );
    expect([first?.text, second?.text, second?.startMs]).toEqual(['before', 'after', 2_100]);
  });
  test('they never overlap and never last no time', () => {
    const cues = cuesOf(
      source([segmentOf([['one', 1_000, 3_000]]), segmentOf([['two', 2_500, 2_500]]), segmentOf([['three', 2_500, 4_000]])]),
    );
    expect(cues.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [1_000, 3_000],
      [3_000, 3_001],
      [3_001, 4_000],
    ]);
  });
  test('a text cannot end its subtitle, or be markup', () => {
    const hostile = source([{ startMs: 0, endMs: 1_000, text: 'a --> b\n\n2\n<i>&amp;\u0000', words: [] }]);
    expect(transcriptText(hostile, 'srt')).toBe('1\n00:00:00,000 --> 00:00:01,000\na -> b 2 <i>&amp;\n\n');
    expect(transcriptText(hostile, 'vtt')).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na --&gt; b 2 &lt;i&gt;&amp;amp;\n\n');
    expect(transcriptText(source([{ startMs: 0, endMs: 1, text: 'a\tb', words: [] }]), 'tsv')).toContain('0\t1\ta b\n');
  });
  test('words of a script without spaces are joined as they were', () => {
    const chinese = segmentOf(
      [
        ['你好', 0, 400],
        ['世界', 400, 800],
      ],
      '你好世界',
    );
    expect(cuesOf(source([chinese]))).toEqual([{ startMs: 0, endMs: 800, text: '你好世界' }]);
  });
});

test('a server that gives no segments still gave a text', () => {
  const bare = source([], { text: 'only text', audioSec: 2.5 });
  expect(transcriptText(bare, 'srt')).toBe('1\n00:00:00,000 --> 00:00:02,500\nonly text\n\n');
  expect(transcriptText(bare, 'txt')).toBe('only text\n');
});

test('no text is an empty file', () => {
  const silent = source([], { text: '' });
  expect((['txt', 'srt', 'vtt', 'tsv'] as const).map((format) => transcriptText(silent, format))).toEqual([
    '',
    '',
    'WEBVTT\n\n',
    'start\tend\ttext\n',
  ]);
});
