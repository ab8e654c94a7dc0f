const EAST_ASIAN = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const SPACELESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const LETTERS = /\p{L}/gu;

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Hangul, Han and kana: about one syllable each. */
export function eastAsianLetters(text: string): number {
  return count(text, EAST_ASIAN);
}

/** Units that repeat: words, or characters where more than half of the letters are of scripts written without spaces. */
export function unitsOf(text: string): string[] {
  if (count(text, SPACELESS) * 2 > count(text, LETTERS)) return Array.from(text.replaceAll(/[\p{P}\p{Z}\s]+/gu, ''));
  return text
    .toLowerCase()
    .split(/\s+/u)
    .map((word) => word.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ''))
    .filter((word) => word !== '');
}
