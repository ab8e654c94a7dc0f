import { collapseSpaces, SPACE, trimSpaces, wholeWord, withoutBracketed, WORD_END } from './whisperCharacters.ts';
import { writeNumbers } from './whisperNumbers.ts';

/** Contractions, and titles with the space that the original puts behind them. */
const REPLACED_WORDS: Readonly<Record<string, string>> = {
  "won't": 'will not',
  "can't": 'can not',
  "let's": 'let us',
  "ain't": 'aint',
  "y'all": 'you all',
  wanna: 'want to',
  gotta: 'got to',
  gonna: 'going to',
  "i'ma": 'i am going to',
  imma: 'i am going to',
  woulda: 'would have',
  coulda: 'could have',
  shoulda: 'should have',
  "ma'am": 'madam',
  mr: 'mister ',
  mrs: 'missus ',
  st: 'saint ',
  dr: 'doctor ',
  prof: 'professor ',
  capt: 'captain ',
  gov: 'governor ',
  ald: 'alderman ',
  gen: 'general ',
  sen: 'senator ',
  rep: 'representative ',
  pres: 'president ',
  rev: 'reverend ',
  hon: 'honorable ',
  asst: 'assistant ',
  assoc: 'associate ',
  lt: 'lieutenant ',
  col: 'colonel ',
  jr: 'junior ',
  sr: 'senior ',
  esq: 'esquire ',
};

/** Perfect tenses, before `'s` is taken for `is` and `'d` for `would`. */
const PERFECT_TENSES: Readonly<Record<string, string>> = {
  "'d been": ' had been',
  "'s been": ' has been',
  "'d gone": ' had gone',
  "'s gone": ' has gone',
  "'d done": ' had done',
  "'s got": ' has got',
};

const ENDINGS: Readonly<Record<string, string>> = {
  "'re": ' are',
  "'s": ' is',
  "'d": ' would',
  "'ll": ' will',
  "'t": ' not',
  "'ve": ' have',
  "'m": ' am',
};

/** What has no decomposition but is written with basic letters. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  ß: 'ss',
  ẞ: 'SS',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'th',
  ł: 'l',
  Ł: 'L',
};

/** The longest first: an alternation takes the first that fits. */
function anyOf(table: Readonly<Record<string, string>>): string {
  return Object.keys(table)
    .sort((left, right) => right.length - left.length)
    .join('|');
}

function replaceFrom(text: string, pattern: RegExp, table: Readonly<Record<string, string>>): string {
  return text.replaceAll(pattern, (found) => table[found] ?? found);
}

const FILLERS = new RegExp(wholeWord('hmm|mm|mhm|mmm|uh|um'), 'gu');
const SPACE_BEFORE_APOSTROPHE = new RegExp(`${SPACE}+'`, 'gu');
const WORDS_TO_REPLACE = new RegExp(wholeWord(anyOf(REPLACED_WORDS)), 'gu');
const PERFECT_TENSE = new RegExp(`(?:${anyOf(PERFECT_TENSES)})${WORD_END}`, 'gu');
const NOT = new RegExp(`n't${WORD_END}`, 'gu');
const ENDING = new RegExp(`(?:${anyOf(ENDINGS)})${WORD_END}`, 'gu');
const COMMA_BETWEEN_DIGITS = /(\p{Nd}),(\p{Nd})/gu;
const STOP_BEFORE_NO_DIGIT = /\.([^0-9]|$)/gu;
const MARK_SYMBOL_OR_PUNCTUATION = /[\p{M}\p{S}\p{P}œŒøØæÆßẞđĐðÐþÞłŁ]/gu;
const MARK_WITHOUT_WIDTH = /^\p{Mn}$/u;
const KEPT_SYMBOLS = '.%$¢€£';
const SYMBOL_BEFORE_NO_DIGIT = /[.$¢€£]([^0-9])/gu;
const PERCENT_AFTER_NO_DIGIT = /([^0-9])%/gu;

function plainCharacter(character: string): string {
  if (KEPT_SYMBOLS.includes(character)) return character;
  return PLAIN_LETTERS[character] ?? (MARK_WITHOUT_WIDTH.test(character) ? '' : ' ');
}

/**
 * The published Whisper normaliser for English, without its British-to-American spelling step: `colour` and `color` stay different words
 * here. It turns every `'s` into ` is` and `oh` into 0, splits Hangul into jamo and is not idempotent, as the original (`reference/scoring.md` point 8). Word
 * boundaries are those of Unicode. Behaviour of `EnglishTextNormalizer` as released by openai/whisper (MIT), without what its
 * sources have learnt since: a currency sign that stands apart stays apart, and `half a million` is no number.
 */
export function normalizeWhisperEnglish(text: string): string {
  let words = withoutBracketed(text.toLowerCase()).replaceAll(FILLERS, '').replaceAll(SPACE_BEFORE_APOSTROPHE, "'");
  words = replaceFrom(words, WORDS_TO_REPLACE, REPLACED_WORDS);
  if (words.includes("'")) {
    words = replaceFrom(words, PERFECT_TENSE, PERFECT_TENSES).replaceAll(NOT, ' not');
    words = replaceFrom(words, ENDING, ENDINGS);
  }
  words = words
    .replaceAll(COMMA_BETWEEN_DIGITS, '$1$2')
    .replaceAll(STOP_BEFORE_NO_DIGIT, ' $1')
    .normalize('NFKD')
    .replaceAll(MARK_SYMBOL_OR_PUNCTUATION, plainCharacter);
  const written = writeNumbers(words).replaceAll(SYMBOL_BEFORE_NO_DIGIT, ' $1').replaceAll(PERCENT_AFTER_NO_DIGIT, '$1 ');
  return trimSpaces(collapseSpaces(written));
}
