import { parentPort } from 'node:worker_threads';
import { measurePair } from './metrics.ts';
import { alignPair, scorePair } from './score.ts';
import type { ScoreAnswer, ScoreQuestion } from './scoreMessages.ts';

/** Thread that scores long pairs one after another, so that the owner's event loop does not wait for them. */
parentPort?.on('message', (question: ScoreQuestion) => {
  parentPort?.postMessage(answerTo(question));
});

function answerTo(question: ScoreQuestion): ScoreAnswer {
  const { id, what, reference, hypothesis, normalizer } = question;
  try {
    if (what === 'score') return { id, ok: true, what, score: scorePair(reference, hypothesis, normalizer) };
    if (what === 'measure') return { id, ok: true, what, metrics: measurePair(reference, hypothesis, normalizer) };
    return { id, ok: true, what, steps: alignPair(reference, hypothesis, normalizer) };
  } catch (error) {
    return { id, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
