import type { Word } from '#main/core/servers/adapters/asrAdapter.ts';

/** Longest time a last piece is taken to sound when nothing follows it: models give starts only, and a pause is no word. */
const LONGEST_LAST_PIECE_MS = 400;

/** Scripts written without spaces, where each sign is scored as a word of its own. */
const SPACELESS_SIGN = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

export interface Tokens {
  readonly texts: readonly string[];
  /** Start of each token, seconds from the start of the piece. */
  readonly startsSec: readonly number[];
  /** Length of each token, seconds; empty where the model gives none. */
  readonly lengthsSec: readonly number[];
  /** Natural logarithm of each token's probability; empty where the model gives none. */
  readonly logProbs: readonly number[];
}

/**
 * Joins word pieces into words: a piece begins a word when it carries a leading space (or SentencePiece's `▁`) or is a sign of a
 * script without spaces. A word ends where the next begins, but not more than 0.4 s after its last piece began. Its confidence is
 * the geometric mean over its pieces.
 * @param offsetMs added to every time
 * @param endMs no word ends after it
 * @returns nothing where the model gives no times
 */
export function joinWords(tokens: Tokens, offsetMs: number, endMs: number): Word[] {
  const { texts, startsSec, lengthsSec, logProbs } = tokens;
  if (startsSec.length !== texts.length) return [];
  const words: Word[] = [];
  let first = 0;
  for (let next = 1; next <= texts.length; next += 1) {
    if (next < texts.length && !beginsWord(texts[next] ?? '', texts[next - 1] ?? '')) continue;
    const text = texts.slice(first, next).join('').replaceAll('▁', ' ').trim();
    if (text !== '') {
      const last = next - 1;
      const startMs = Math.min(offsetMs + toMs(startsSec[first]), endMs);
      const lastStartMs = offsetMs + toMs(startsSec[last]);
      const lengthMs = lengthsSec.length === texts.length ? toMs(lengthsSec[last]) : LONGEST_LAST_PIECE_MS;
      const nextStartMs = next < texts.length ? offsetMs + toMs(startsSec[next]) : endMs;
      words.push({
        word: text,
        startMs,
        endMs: Math.max(startMs, Math.min(lastStartMs + lengthMs, nextStartMs, endMs)),
        confidence: logProbs.length === texts.length ? confidenceOf(logProbs.slice(first, next)) : null,
      });
    }
    first = next;
  }
  return words;
}

function beginsWord(text: string, before: string): boolean {
  return text.startsWith(' ') || text.startsWith('▁') || SPACELESS_SIGN.test(text) || SPACELESS_SIGN.test(before);
}

function toMs(seconds: number | undefined): number {
  return Math.round((seconds ?? 0) * 1_000);
}

function confidenceOf(logProbs: readonly number[]): number {
  const mean = logProbs.reduce((sum, logProb) => sum + logProb, 0) / logProbs.length;
  return Math.round(Math.min(1, Math.max(0, Math.exp(mean))) * 1_000) / 1_000;
}
