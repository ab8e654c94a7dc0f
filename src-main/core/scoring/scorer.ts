import { Worker } from 'node:worker_threads';
import type { AlignmentStep } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { scriptPath } from '#main/programs/programPath.ts';
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

interface Waiting {
  readonly resolve: (answer: Extract<ScoreAnswer, { ok: true }>) => void;
  readonly reject: (error: NightshiftError) => void;
}

/** Scores pairs without holding up its caller; the thread is started by the first long pair and kept until `close`. */
export function createScorer(): Scorer {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let nextId = 1;
  let isClosed = false;

  const rejectAll = (error: NightshiftError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(scriptPath('scoreThread'), { name: 'score' });
    // A thread that waits for work must not keep the program alive.
    started.unref();
    started.on('message', (answer: ScoreAnswer) => {
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      if (asker === undefined) return;
      if (answer.ok) asker.resolve(answer);
      else asker.reject(new NightshiftError('INTERNAL', { detail: answer.detail }));
    });
    const handleEnd = (detail: string): void => {
      if (worker !== started) return;
      worker = null;
      rejectAll(new NightshiftError(isClosed ? 'CANCELLED' : 'INTERNAL', { detail }));
    };
    started.on('error', (error) => handleEnd(error instanceof Error ? error.message : String(error)));
    started.on('exit', (code) => handleEnd(`the score thread ended with ${code}`));
    return started;
  };

  const send = (makeQuestion: (id: number) => ScoreQuestion): Promise<Extract<ScoreAnswer, { ok: true }>> =>
    new Promise((resolve, reject) => {
      if (isClosed) return reject(new NightshiftError('CANCELLED'));
      worker ??= start();
      const question = makeQuestion(nextId++);
      waiting.set(question.id, { resolve, reject });
      worker.ref();
      worker.postMessage(question);
    });
  const ask = (what: 'score' | 'measure' | 'align', { reference, hypothesis, normalizer }: ScoreRequest): ReturnType<typeof send> =>
    send((id) => ({ id, what, reference, hypothesis, normalizer }));

  const isShort = ({ reference, hypothesis }: ScoreRequest): boolean => reference.length + (hypothesis?.length ?? 0) <= MAX_INLINE_LENGTH;

  return {
    async score(request) {
      if (isShort(request)) return scorePair(request.reference, request.hypothesis, request.normalizer);
      const answer = await ask('score', request);
      if (answer.what !== 'score') throw new NightshiftError('INVARIANT_BROKEN', { detail: `asked to score, got ${answer.what}` });
      return answer.score;
    },
    async measure(request) {
      if (isShort(request)) return measurePair(request.reference, request.hypothesis, request.normalizer);
      const answer = await ask('measure', request);
      if (answer.what !== 'measure') throw new NightshiftError('INVARIANT_BROKEN', { detail: `asked to measure, got ${answer.what}` });
      return answer.metrics;
    },
    async measureMany({ pairs, normalizer }) {
      const answer = await send((id) => ({ id, what: 'measureMany', pairs, normalizer }));
      if (answer.what !== 'measureMany') throw new NightshiftError('INVARIANT_BROKEN', { detail: `asked to measure, got ${answer.what}` });
      return answer.metrics;
    },
    async align(request) {
      if (isShort(request)) return alignPair(request.reference, request.hypothesis, request.normalizer);
      const answer = await ask('align', request);
      if (answer.what !== 'align') throw new NightshiftError('INVARIANT_BROKEN', { detail: `asked to align, got ${answer.what}` });
      return answer.steps;
    },
    async close() {
      isClosed = true;
      const ending = worker;
      worker = null;
      rejectAll(new NightshiftError('CANCELLED'));
      await ending?.terminate();
    },
  };
}
