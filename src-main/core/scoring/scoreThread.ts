import { parentPort } from 'node:worker_threads';
import { measurePair } from './metrics.ts';
import { alignPair, scorePair } from './score.ts';
import type { ScoreAnswer, ScoreQuestion } from './scoreMessages.ts';

/** Thread that scores long pairs, and many short ones, one after another, so that the owner's event loop does not wait for them. */
parentPort?.on('message', (question: ScoreQuestion) => {
  parentPort?.postMessage(answerTo(question));
});

function answerTo(question: ScoreQuestion): ScoreAnswer {
  const { id, normalizer } = question;
  try {
    if (question.what === 'measureMany') {
      const metrics = question.pairs.map(({ reference, hypothesis }) => measurePair(reference, hypothesis, normalizer));
      return { id, ok: true, what: question.what, metrics };
    }
    const { what, reference, hypothesis } = question;
    if (what === 'score') return { id, ok: true, what, score: scorePair(reference, hypothesis, normalizer) };
    if (what === 'measure') return { id, ok: true, what, metrics: measurePair(reference, hypothesis, normalizer) };
    return { id, ok: true, what, steps: alignPair(reference, hypothesis, normalizer) };
  } catch (error) {
    return { id, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
