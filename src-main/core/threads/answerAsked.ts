import { parentPort } from 'node:worker_threads';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import type { AskedQuestion, AskedReply } from './askedThread.ts';

/**
 * Answers in this thread what `createAskedThread` asks on the other side. A question that waits lets the next one begin.
 * @param answer may throw: the asker gets the error by its code
 */
export function answerAsked<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  const reply = async ({ id, question }: AskedQuestion<Question>): Promise<AskedReply<Answer>> => {
    try {
      return { id, ok: true, answer: await answer(question) };
    } catch (error) {
      return { id, ok: false, error: toWireError(error) };
    }
  };
  parentPort?.on('message', (asked: AskedQuestion<Question>) => {
    void reply(asked).then((message) => parentPort?.postMessage(message));
  });
}
