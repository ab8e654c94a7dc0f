import { Worker } from 'node:worker_threads';
import { fromWireError, NightshiftError, toNightshiftError, type WireError } from '#shared/errors/nightshiftError.ts';
import { scriptPath, type ScriptName } from '#main/programs/programPath.ts';

/** From the owner to the thread. */
export interface AskedQuestion<Question> {
  readonly id: number;
  readonly question: Question;
}

/** From the thread to the owner, in any order. */
export type AskedReply<Answer> =
  | { readonly id: number; readonly ok: true; readonly answer: Answer }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

/** A thread that answers questions: started by the first one, kept until `close`, and started anew by the next question when it died. */
export interface AskedThread<Question, Answer> {
  /** @throws what the thread threw, by its code; CANCELLED after `close`, INTERNAL when the thread died */
  ask(question: Question): Promise<Answer>;
  /** Ends the thread; what still waits for it is rejected with CANCELLED. Idempotent. */
  close(): Promise<void>;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: NightshiftError) => void;
}

/**
 * The other side is `answerAsked` in the script.
 * @param name of the thread, for its logs and errors
 */
export function createAskedThread<Question, Answer>(
  name: string,
  script: ScriptName,
  workerData: unknown = null,
): AskedThread<Question, Answer> {
  const waiting = new Map<number, Waiting<Answer>>();
  let worker: Worker | null = null;
  let nextId = 1;
  let isClosed = false;

  const rejectAll = (error: NightshiftError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(scriptPath(script), { name, workerData });
    started.on('message', (reply: AskedReply<Answer>) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      // A thread that waits for questions must not keep the program alive.
      if (waiting.size === 0) started.unref();
      if (reply.ok) asker?.resolve(reply.answer);
      else asker?.reject(fromWireError(reply.error));
    });
    const handleEnd = (detail: string, cause?: unknown): void => {
      if (worker !== started) return;
      worker = null;
      rejectAll(new NightshiftError('INTERNAL', { detail }, { cause }));
    };
    started.on('error', (error) => handleEnd(toNightshiftError(error).message, error));
    started.on('exit', (code) => handleEnd(`the ${name} thread ended with ${code}`));
    return started;
  };

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new NightshiftError('CANCELLED'));
        worker ??= start();
        const asked: AskedQuestion<Question> = { id: nextId++, question };
        waiting.set(asked.id, { resolve, reject });
        worker.ref();
        worker.postMessage(asked);
      }),
    async close() {
      isClosed = true;
      const ending = worker;
      worker = null;
      rejectAll(new NightshiftError('CANCELLED'));
      await ending?.terminate();
    },
  };
}
