import { describe, expect, test } from 'vitest';
import { findingText } from '#shared/texts/findingText.ts';
import { checkResult, type CheckedResult, type CheckedSegment } from './checkResult.ts';

function segment(text: string, endSec: number, confidence: number | null = 0.9): CheckedSegment {
  const words = text.split(' ').filter((word) => word !== '');
  return {
    startMs: 0,
    endMs: endSec * 1_000,
    text,
    words: words.map((word, index) => ({
      word,
      startMs: (index / words.length) * endSec * 1_000,
      endMs: ((index + 1) / words.length) * endSec * 1_000,
      confidence,
    })),
  };
}

const SENTENCE = 'the quick brown fox jumps over the lazy dog again';

/** An answer with nothing wrong: ten words in five seconds. */
function answer(changes: Partial<CheckedResult> = {}): CheckedResult {
  const hypothesis = changes.hypothesis ?? SENTENCE;
  return {
    hypothesis,
    reference: null,
    segments: hypothesis === '' ? [] : [segment(hypothesis, 4.8)],
    audioSec: 5,
    wantedLanguage: null,
    heardLanguage: null,
    isPartial: false,
    ...changes,
  };
}

/** Kinds with their sentences in English. */
const told = (result: CheckedResult): [string, string][] =>
  checkResult(result).map(({ kind, facts }) => [kind, findingText(kind, facts, 'en')]);
const kinds = (changes: Partial<CheckedResult>): string[] => checkResult(answer(changes)).map(({ kind }) => kind);

test('an ordinary answer has no findings', () => {
  expect(kinds({})).toEqual([]);
  expect(kinds({ reference: SENTENCE, wantedLanguage: 'en-US', heardLanguage: 'en' })).toEqual([]);
});

describe('empty text', () => {
  test('for long audio', () => {
    expect(told(answer({ hypothesis: '  ', audioSec: 6.25 }))).toEqual([['emptyText', 'no text for 6.3 s of audio']]);
  });
  test('is fine for a short noise and for silence that the transcript knows of', () => {
    expect(kinds({ hypothesis: '', audioSec: 4.9 })).toEqual([]);
    expect(kinds({ hypothesis: '', audioSec: 60, reference: '' })).toEqual([]);
  });
});

describe('more text than speech allows', () => {
  test('ten words in a second', () => {
    expect(told(answer({ audioSec: 1, segments: [] }))).toEqual([['tooFast', '10.0 words a second']]);
  });
  test('counts syllables where words say nothing, and both where they are mixed', () => {
    const korean = '안녕하세요저는오늘아침에학교에갔습니다';
    expect(kinds({ hypothesis: korean, audioSec: 1, segments: [] })).toEqual(['tooFast']);
    expect(kinds({ hypothesis: korean, audioSec: 2, segments: [] })).toEqual([]);
    expect(kinds({ hypothesis: `${korean} one two three four`, audioSec: 1.6, segments: [] })).toEqual(['tooFast']);
  });
  test('a few words are too few to tell', () => {
    expect(kinds({ hypothesis: 'yes we can do', audioSec: 0.3, segments: [] })).toEqual([]);
  });
});

describe('repetition', () => {
  test('a phrase that follows itself', () => {
    const loop = `so ${'thank you for watching '.repeat(5).trim()} bye`;
    expect(told(answer({ hypothesis: loop, audioSec: 30, segments: [segment(loop, 29)] }))).toEqual([
      ['repetition', '“thank you for watching” 5 times in a row'],
    ]);
  });
  test('characters in a script without spaces', () => {
    const loop = `今日は${'ありがとう'.repeat(4)}`;
    expect(kinds({ hypothesis: loop, audioSec: 20, segments: [segment(loop, 19)] })).toEqual(['repetition']);
  });
  test('case and punctuation do not hide it', () => {
    const loop = 'No way. no way, NO WAY no way! okay';
    expect(kinds({ hypothesis: loop, segments: [segment(loop, 4.8)] })).toEqual(['repetition']);
  });
  test('three times is speech, and so is what the transcript repeats', () => {
    const thrice = 'row row row your boat '.repeat(3).trim();
    expect(kinds({ hypothesis: thrice, audioSec: 10, segments: [segment(thrice, 9.5)] })).toEqual([]);
    const sung = 'la la la la la la la la la la';
    expect(kinds({ hypothesis: sung })).toEqual(['repetition']);
    expect(kinds({ hypothesis: sung, reference: sung })).toEqual([]);
  });
});

describe('script and language', () => {
  test('English letters for a Korean recording', () => {
    expect(told(answer({ wantedLanguage: 'ko-KR' }))).toEqual([['scriptMismatch', '0 % of the letters are Hangul']]);
  });
  test('the transcript decides where there is one', () => {
    expect(kinds({ reference: '오늘은 날씨가 아주 좋습니다 그렇지요', wantedLanguage: null })).toEqual(['scriptMismatch']);
    expect(kinds({ reference: 'hello there my dear friends', wantedLanguage: 'ko' })).toEqual([]);
  });
  test('kana and Han are both Japanese, and a foreign name does no harm', () => {
    expect(kinds({ hypothesis: '東京タワーへ行きました Tokyo', wantedLanguage: 'ja' })).toEqual([]);
    expect(kinds({ hypothesis: '안녕하세요 저는 Kim 입니다 반갑습니다', wantedLanguage: 'ko' })).toEqual([]);
  });
  test('a language whose script is not known is not judged', () => {
    expect(kinds({ wantedLanguage: 'xx' })).toEqual([]);
  });
  test('the server heard another language', () => {
    expect(told(answer({ wantedLanguage: 'en', heardLanguage: 'de' }))).toEqual([['languageMismatch', 'heard de, expected en']]);
  });
});

describe('confidence', () => {
  test('names doubtful segments', () => {
    const segments = [segment('a good one here', 2, 0.95), { ...segment('a bad one here', 4.8, 0.2) }];
    expect(told(answer({ segments }))).toEqual([['lowConfidence', '1 of 2 segments, lowest 0.20']]);
  });
  test('two words and words without confidence are not judged', () => {
    expect(kinds({ segments: [segment('two words', 4.8, 0.1)] })).toEqual([]);
    expect(kinds({ segments: [segment(SENTENCE, 4.8, null)] })).toEqual([]);
  });
});

describe('coverage', () => {
  test('the last word is long before the end', () => {
    expect(told(answer({ audioSec: 10, segments: [segment(SENTENCE, 6)] }))).toEqual([
      ['endsEarly', 'last word 4.0 s before the end of 10.0 s'],
    ]);
    expect(kinds({ audioSec: 600, segments: [segment(SENTENCE, 560)] })).toEqual(['endsEarly']);
  });
  test('a pause at the end is normal, and without times nothing is known', () => {
    expect(kinds({ audioSec: 10, segments: [segment(SENTENCE, 7.6)] })).toEqual([]);
    expect(kinds({ audioSec: 600, segments: [segment(SENTENCE, 580)] })).toEqual([]);
    expect(kinds({ audioSec: 600, segments: [] })).toEqual([]);
  });
});

test('a partly readable file is named', () => {
  expect(kinds({ isPartial: true })).toEqual(['partialAudio']);
});
