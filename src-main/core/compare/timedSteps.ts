import type { TimedStep } from '#shared/contract/compare.ts';
import type { AlignmentStep } from '#shared/domain/scores.ts';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { splitWords } from '#main/core/scoring/words.ts';

interface Timed {
  readonly word: string;
  readonly startSec: number;
  readonly endSec: number;
}

export interface TimedAlignment {
  readonly steps: TimedStep[];
  readonly timesOf: 'words' | 'segments' | null;
}

/**
 * Puts the times the server gave beside the words of an alignment. Words of the segments are normalised one by one; where a rule joins or
 * splits words so that they are not those of the alignment, both are aligned, and a word without a partner has no time.
 */
export function timedSteps(
  steps: readonly AlignmentStep[],
  segments: readonly CheckedSegment[],
  normalize: (text: string) => string,
): TimedAlignment {
  const { timed, timesOf } = timedWords(segments, normalize);
  const heard = steps.flatMap((step) => (step.op === 'deletion' ? [] : [step.hypothesis]));
  const times = timesOfWords(heard, timed);
  let next = 0;
  return {
    timesOf,
    steps: steps.map((step) => {
      const time = step.op === 'deletion' ? undefined : times[next++];
      return {
        op: step.op,
        reference: step.op === 'insertion' ? null : step.reference,
        hypothesis: step.op === 'deletion' ? null : step.hypothesis,
        startSec: time?.startSec ?? null,
        endSec: time?.endSec ?? null,
      };
    }),
  };
}

function timedWords(
  segments: readonly CheckedSegment[],
  normalize: (text: string) => string,
): { timed: Timed[]; timesOf: TimedAlignment['timesOf'] } {
  let hasWords = false;
  const timed = segments.flatMap((segment) => {
    if (segment.words.length > 0) hasWords = true;
    const parts = segment.words.length > 0 ? segment.words.map((part) => ({ ...part, text: part.word })) : [segment];
    return parts.flatMap(({ text, startMs, endMs }) =>
      splitWords(normalize(text)).map((word) => ({ word, startSec: startMs / 1_000, endSec: endMs / 1_000 })),
    );
  });
  return { timed, timesOf: timed.length === 0 ? null : hasWords ? 'words' : 'segments' };
}

/** One for each word heard, in order. */
function timesOfWords(heard: readonly string[], timed: readonly Timed[]): (Timed | undefined)[] {
  if (heard.length === timed.length && heard.every((word, index) => word === timed[index]?.word)) return [...timed];
  const times: (Timed | undefined)[] = [];
  let next = 0;
  for (const { op } of alignWords(
    heard,
    timed.map(({ word }) => word),
  ).steps) {
    if (op === 'insertion') next++;
    else times.push(op === 'deletion' ? undefined : timed[next++]);
  }
  return times;
}
