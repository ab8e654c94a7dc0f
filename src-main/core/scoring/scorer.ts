import type { AlignmentStep } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { createAskedThread } from '#main/core/threads/askedThread.ts';
import { measurePair, type PairMetrics } from './metrics.ts';
import { alignPair, scorePair, type PairScore } from './score.ts';
import type { ManyRequest, ScoreAnswer, ScoreQuestion, ScoreRequest } from './scoreMessages.ts';

/**
 * Up to this many UTF-16 units on both sides together a pair is scored where it is asked for: at most 2,000 one-letter words a
 * side, below 2 ms (measured). Longer ones go to a thread, because the owner's event loop must not wait 20 ms.
 */
const MAX_INLINE_LENGTH = 8_000;

export interface Scorer {
  /** Counts of a pair. @throws INTERNAL when the thread died, CANCELLED after `close`. */
  score(request: ScoreRequest): Promise<PairScore>;
  /** Words, characters and graphemes of a pair. @throws as `score` */
  measure(request: ScoreRequest): Promise<PairMetrics>;
  /** Many pairs, always in the thread; metrics in the order of the pairs. @throws as `score` */
  measureMany(request: ManyRequest): Promise<PairMetrics[]>;
  /** Steps of a pair, whose counts are those of `score`. @throws as `score` */
  align(request: ScoreRequest): Promise<AlignmentStep[]>;
  /** Ends the thread; what still waits for it is rejected with CANCELLED. Idempotent. */
  close(): Promise<void>;
}

/** Scores pairs without holding up its caller; the thread is started by the first long pair and kept until `close`. */
export function createScorer(): Scorer {
  const thread = createAskedThread<ScoreQuestion, ScoreAnswer>('score', 'scoreThread');
  const ask = async <W extends ScoreAnswer['what']>(question: ScoreQuestion & { readonly what: W }): Promise<ScoreAnswer & { what: W }> => {
    const answer = await thread.ask(question);
    if (!isAbout(answer, question.what))
      throw new NightshiftError('INVARIANT_BROKEN', { detail: `asked to ${question.what}, got ${answer.what}` });
    return answer;
  };
  const isShort = ({ reference, hypothesis }: ScoreRequest): boolean => reference.length + (hypothesis?.length ?? 0) <= MAX_INLINE_LENGTH;

  return {
    async score({ reference, hypothesis, normalizer }) {
      if (isShort({ reference, hypothesis, normalizer })) return scorePair(reference, hypothesis, normalizer);
      return (await ask({ what: 'score', reference, hypothesis, normalizer })).score;
    },
    async measure({ reference, hypothesis, normalizer }) {
      if (isShort({ reference, hypothesis, normalizer })) return measurePair(reference, hypothesis, normalizer);
      return (await ask({ what: 'measure', reference, hypothesis, normalizer })).metrics;
    },
    async measureMany({ pairs, normalizer }) {
      return (await ask({ what: 'measureMany', pairs, normalizer })).metrics;
    },
    async align({ reference, hypothesis, normalizer }) {
      if (isShort({ reference, hypothesis, normalizer })) return alignPair(reference, hypothesis, normalizer);
      return (await ask({ what: 'align', reference, hypothesis, normalizer })).steps;
    },
    close: () => thread.close(),
  };
}

function isAbout<W extends ScoreAnswer['what']>(answer: ScoreAnswer, what: W): answer is ScoreAnswer & { what: W } {
  return answer.what === what;
}
