import { collapseSpaces, trimSpaces, withoutBracketed } from './whisperCharacters.ts';

const MARK_SYMBOL_OR_PUNCTUATION = /[\p{M}\p{S}\p{P}]/gu;

/**
 * The published Whisper normaliser for every language but English, with its defaults: lower case, bracketed text out, NFKC, every mark, symbol and
 * punctuation sign a space. It breaks Indic and Thai vowel signs (`reference/scoring.md` point 9): its figures are comparable with
 * others of the same rule, not good ones. Behaviour of `BasicTextNormalizer` in openai/whisper (MIT).
 */
export function normalizeWhisperBasic(text: string): string {
  const cleaned = withoutBracketed(text.toLowerCase()).normalize('NFKC').replaceAll(MARK_SYMBOL_OR_PUNCTUATION, ' ').toLowerCase();
  return trimSpaces(collapseSpaces(cleaned));
}
