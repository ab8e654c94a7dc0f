import { SCRIPT_MIN_LETTERS, SCRIPT_MIN_SHARE } from './thresholds.ts';

/** Scripts that languages are written in; a language that is not here is not checked. Source: Unicode CLDR 47, likely scripts. */
const SCRIPTS_OF: Readonly<Record<string, readonly ScriptName[]>> = {
  ko: ['Hangul'],
  ja: ['Hiragana', 'Katakana', 'Han'],
  zh: ['Han'],
  yue: ['Han'],
  ru: ['Cyrillic'],
  uk: ['Cyrillic'],
  bg: ['Cyrillic'],
  el: ['Greek'],
  ar: ['Arabic'],
  fa: ['Arabic'],
  ur: ['Arabic'],
  he: ['Hebrew'],
  hi: ['Devanagari'],
  mr: ['Devanagari'],
  ne: ['Devanagari'],
  th: ['Thai'],
  ...Object.fromEntries(
    [
      'en',
      'de',
      'fr',
      'es',
      'it',
      'pt',
      'nl',
      'sv',
      'no',
      'nb',
      'da',
      'fi',
      'pl',
      'cs',
      'sk',
      'hu',
      'ro',
      'tr',
      'vi',
      'id',
      'ms',
      'ca',
      'et',
      'lv',
      'lt',
    ].map((language) => [language, ['Latin']] as const),
  ),
};

const PATTERNS = {
  Latin: /\p{Script=Latin}/gu,
  Hangul: /\p{Script=Hangul}/gu,
  Han: /\p{Script=Han}/gu,
  Hiragana: /\p{Script=Hiragana}/gu,
  Katakana: /\p{Script=Katakana}/gu,
  Cyrillic: /\p{Script=Cyrillic}/gu,
  Greek: /\p{Script=Greek}/gu,
  Arabic: /\p{Script=Arabic}/gu,
  Hebrew: /\p{Script=Hebrew}/gu,
  Devanagari: /\p{Script=Devanagari}/gu,
  Thai: /\p{Script=Thai}/gu,
} as const;
type ScriptName = keyof typeof PATTERNS;
const LETTER = /\p{L}/gu;

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** `ko` of `ko-KR`. */
export function primaryLanguage(tag: string): string {
  return tag.toLowerCase().split(/[-_]/)[0] ?? '';
}

/** The scripts that hold most of the text's letters; Han and kana together are one writing system. Null below the least number of letters. */
function scriptsOfText(text: string): readonly ScriptName[] | null {
  const letters = countOf(text, LETTER);
  if (letters < SCRIPT_MIN_LETTERS) return null;
  const japanese: readonly ScriptName[] = ['Hiragana', 'Katakana', 'Han'];
  const kana = countOf(text, PATTERNS.Hiragana) + countOf(text, PATTERNS.Katakana);
  if (kana > 0 && kana + countOf(text, PATTERNS.Han) > letters * SCRIPT_MIN_SHARE) return japanese;
  const names = Object.keys(PATTERNS) as ScriptName[];
  const main = names.find((name) => countOf(text, PATTERNS[name]) > letters * SCRIPT_MIN_SHARE);
  return main === undefined ? null : [main];
}

/**
 * Whether a text is written in the scripts it should be in: those of the reference where there is one, else those of the language.
 * @returns share of the letters in those scripts, 0–1, and their names; null where it cannot be told
 */
export function scriptShare(
  text: string,
  reference: string | null,
  language: string | null,
): { readonly share: number; readonly expected: string } | null {
  const letters = countOf(text, LETTER);
  if (letters < SCRIPT_MIN_LETTERS) return null;
  const ofReference = reference === null ? null : scriptsOfText(reference);
  const expected = ofReference ?? (language === null ? null : (SCRIPTS_OF[primaryLanguage(language)] ?? null));
  if (expected === null) return null;
  const inThem = expected.reduce((sum, name) => sum + countOf(text, PATTERNS[name]), 0);
  return { share: inThem / letters, expected: expected.join(' or ') };
}
