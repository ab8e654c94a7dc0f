import { Worker } from 'node:worker_threads';
import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { fromWireError, NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import type { CompareQuestion, CompareReply, CompareRoute, CompareThreadData } from './compareMessages.ts';

/**
 * Comparisons of modes and runs. Texts are read, aligned and tested in a thread with a connection of its own, where the last comparisons are kept, so that
 * neither the owner's event loop nor the queue waits for them.
 */
export interface CompareService {
  /** @throws as the route; CANCELLED after `close`, INTERNAL when the thread died */
  ask<R extends CompareRoute>(route: R, args: RouteArgs<R>): Promise<RouteOutput<R>>;
  /** Ends the thread; what still waits for it is rejected with CANCELLED. Idempotent. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: NightshiftError) => void;
}

/** The thread is started by the first question and kept until `close`; one that died is started anew by the next question. */
export function createCompareService(databasePath: string): CompareService {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let nextId = 1;
  let isClosed = false;

  const rejectAll = (error: NightshiftError): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(scriptPath('compareThread'), {
      name: 'compare',
      workerData: { databasePath } satisfies CompareThreadData,
    });
    started.on('message', (reply: CompareReply) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      // A thread that waits for questions must not keep the program alive.
      if (waiting.size === 0) started.unref();
      if (reply.ok) asker?.resolve(reply.value);
      else asker?.reject(fromWireError(reply.error));
    });
    const handleEnd = (detail: string, cause?: unknown): void => {
      if (worker !== started) return;
      worker = null;
      rejectAll(new NightshiftError('INTERNAL', { detail }, { cause }));
    };
    started.on('error', (error) => handleEnd(toNightshiftError(error).message, error));
    started.on('exit', (code) => handleEnd(`the comparison thread ended with ${code}`));
    return started;
  };

  return {
    ask(route, args) {
      return new Promise((resolve, reject) => {
        if (isClosed) return reject(new NightshiftError('CANCELLED'));
        worker ??= start();
        const question = { id: nextId++, route, args } as CompareQuestion;
        waiting.set(question.id, { resolve: resolve as (value: unknown) => void, reject });
        worker.ref();
        worker.postMessage(question);
      });
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
