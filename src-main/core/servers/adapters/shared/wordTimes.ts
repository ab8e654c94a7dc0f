import type { Word } from '../asrAdapter.ts';

/** A piece of a word, or a whole one, times in seconds. */
export interface SpokenPiece {
  readonly text: string;
  readonly startSec: number;
  readonly endSec: number;
  /** 0–1; null where the server says none. */
  readonly probability: number | null;
}

/** Pieces as words: a piece that begins with a space begins a word. A word's confidence is the mean of its pieces. */
export function joinPieces(pieces: readonly SpokenPiece[]): Word[] {
  const words: SpokenPiece[][] = [];
  for (const piece of pieces) {
    const open = words.at(-1);
    if (open === undefined || /^\s/.test(piece.text)) words.push([piece]);
    else open.push(piece);
  }
  return words.map(toWord).filter(({ word }) => word !== '');
}

/** Whole words, however they are spaced. */
export function toWords(pieces: readonly SpokenPiece[]): Word[] {
  return pieces.map((piece) => toWord([piece])).filter(({ word }) => word !== '');
}

function toWord(pieces: readonly SpokenPiece[]): Word {
  const probabilities = pieces.map(({ probability }) => probability).filter((probability) => probability !== null);
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  return {
    word: pieces
      .map(({ text }) => text)
      .join('')
      .trim(),
    startMs: toMs(pieces[0]?.startSec ?? 0),
    endMs: toMs(pieces.at(-1)?.endSec ?? 0),
    confidence: probabilities.length === 0 ? null : Math.max(0, Math.min(1, sum / probabilities.length)),
  };
}

/** Seconds as servers write them, in milliseconds, without the noise of the multiplication. */
export function toMs(seconds: number): number {
  return Math.round(seconds * 1_000_000) / 1_000;
}
