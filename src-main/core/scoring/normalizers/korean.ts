const INVISIBLE = /\p{Cf}/gu;
/** A comma that groups digits; a point between digits stays. */
const GROUPING_COMMA = /(?<=\p{Nd}),(?=\p{Nd})/gu;
const SYMBOL_OR_PUNCTUATION = /(?!(?<=\p{Nd})\.(?=\p{Nd}))[\p{S}\p{P}]/gu;
const SPACES = /\p{White_Space}+/gu;
/**
 * For Korean, and for Korean mixed with English: characters without a shape of their own (format characters, among them zero-width spaces and
 * byte order marks) out; lower case; NFC, so that jamo are recomposed into syllables and a decomposed text equals a composed one; commas
 * between digits out; every other symbol and punctuation sign a space, but for a point between digits; white space collapsed. Spacing between
 * words stays as written: who does not want it to count looks at CER without spaces. Not NFKC, which would take the letters of
 * `ㅋㅋ` for parts of syllables. Idempotent. Ours.
 */
export function normalizeKorean(text: string): string {
  return text
    .replaceAll(INVISIBLE, '')
    .toLowerCase()
    .normalize('NFC')
    .replaceAll(GROUPING_COMMA, '')
    .replaceAll(SYMBOL_OR_PUNCTUATION, ' ')
    .replaceAll(SPACES, ' ')
    .trim();
}
