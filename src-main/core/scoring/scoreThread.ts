import { assertNever } from '#shared/util/assertNever.ts';
import { answerAsked } from '#main/core/threads/answerAsked.ts';
import { measurePair } from './metrics.ts';
import { alignPair, scorePair } from './score.ts';
import type { ScoreAnswer, ScoreQuestion } from './scoreMessages.ts';

/** Thread that scores long pairs, and many short ones, one after another, so that the owner's event loop does not wait for them. */
answerAsked((question: ScoreQuestion): ScoreAnswer => {
  const { what, normalizer } = question;
  switch (what) {
    case 'score':
      return { what, score: scorePair(question.reference, question.hypothesis, normalizer) };
    case 'measure':
      return { what, metrics: measurePair(question.reference, question.hypothesis, normalizer) };
    case 'align':
      return { what, steps: alignPair(question.reference, question.hypothesis, normalizer) };
    case 'measureMany':
      return { what, metrics: question.pairs.map(({ reference, hypothesis }) => measurePair(reference, hypothesis, normalizer)) };
    default:
      return assertNever(what);
  }
});
