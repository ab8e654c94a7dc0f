import type { AlignmentStep } from '#shared/domain/scores.ts';

/** A stretch of an utterance in which at least one of two systems erred. */
export interface ErrorSegment {
  /** With up to two right words on each side. */
  readonly referenceWords: number;
  readonly errorsA: number;
  readonly errorsB: number;
}

/** Right words in a row, of both systems, that end a segment (the default of NIST's sc_stats). */
const RIGHT_WORDS_BETWEEN = 2;

/**
 * Segments of one utterance for the matched-pairs sentence-segment test: cut where both systems have two right words in a row, with
 * nothing inserted between them. Stretches without errors are no segments. What they are depends on how ties of the alignment are broken.
 * Source: Gillick and Cox (ICASSP 1989); Pallett, Fisher, Fiscus (ICASSP 1990); lists compared with those of SCTK 2.10.
 * @param stepsA of the alignment of the reference with the words of A
 * @param stepsB of the same reference
 */
export function mapssweSegments(stepsA: readonly AlignmentStep[], stepsB: readonly AlignmentStep[]): ErrorSegment[] {
  const a = errorsByPlace(stepsA);
  const b = errorsByPlace(stepsB);
  const places = Math.max(a.length, b.length);
  const segments: ErrorSegment[] = [];
  let open: { start: number; end: number; errorsA: number; errorsB: number } | null = null;
  /** Of the reference, in a row, of both systems. */
  let rightWords = 0;
  const words = (places - 1) / 2;
  const close = (): void => {
    if (open === null) return;
    const start = Math.max(0, open.start - RIGHT_WORDS_BETWEEN);
    const end = Math.min(words, open.end + RIGHT_WORDS_BETWEEN);
    segments.push({ referenceWords: end - start, errorsA: open.errorsA, errorsB: open.errorsB });
    open = null;
  };
  for (let place = 0; place < places; place++) {
    const errorsA = a[place] ?? 0;
    const errorsB = b[place] ?? 0;
    const isWord = place % 2 === 1;
    if (errorsA + errorsB === 0) {
      if (isWord) rightWords++;
      continue;
    }
    if (rightWords >= RIGHT_WORDS_BETWEEN) close();
    rightWords = 0;
    const word = place >> 1;
    open ??= { start: word, end: word, errorsA: 0, errorsB: 0 };
    open.errorsA += errorsA;
    open.errorsB += errorsB;
    open.end = isWord ? word + 1 : word;
  }
  close();
  return segments;
}

/** Errors before the first word, of the first word, between the first and the second, …, after the last: two places a word and one. */
function errorsByPlace(steps: readonly AlignmentStep[]): number[] {
  const errors = [0];
  for (const { op } of steps) {
    if (op === 'insertion') errors[errors.length - 1] = (errors.at(-1) ?? 0) + 1;
    else errors.push(op === 'hit' ? 0 : 1, 0);
  }
  return errors;
}
