/**
 * Character classes as the published Whisper normalisers see them: those of Python's `re`, which are Unicode-aware and differ from JavaScript's.
 * A word character is a letter, a number or an underscore; marks are none.
 */
const WORD = '[\\p{L}\\p{N}_]';
/** `\b` after a word character. */
export const WORD_END = `(?!${WORD})`;
/** Python's `str.isspace`: Unicode white space and the four information separators. */
export const SPACE = '[\\p{White_Space}\\u001C-\\u001F]';

/** `\b` on both sides of what begins and ends with a word character. */
export function wholeWord(pattern: string): string {
  return `(?<!${WORD})(?:${pattern})${WORD_END}`;
}

const SPACES = new RegExp(`${SPACE}+`, 'gu');
const EDGES = new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu');

export function collapseSpaces(text: string): string {
  return text.replaceAll(SPACES, ' ');
}

export function splitOnSpaces(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** Trims what `collapseSpaces` may leave at the ends; the original leaves it there, and words are the same with and without. */
export function trimSpaces(text: string): string {
  return text.replaceAll(EDGES, '');
}

const IN_ANGLE_OR_SQUARE_BRACKETS = /[<[][^>\]]*[>\]]/gu;
const IN_PARENTHESES = /\([^)]+?\)/gu;

/** Takes out `<…>`, `[…]` and `(…)`: what was heard but not said. */
export function withoutBracketed(text: string): string {
  return text.replaceAll(IN_ANGLE_OR_SQUARE_BRACKETS, '').replaceAll(IN_PARENTHESES, '');
}
