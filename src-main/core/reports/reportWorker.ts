import { Worker } from 'node:worker_threads';
import { fromWireError, NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { scriptPath } from '#main/programs/programPath.ts';
import type { ReportAnswers, ReportQuestion, ReportReply } from './reportMessages.ts';

/** A thread for one report, started by the first question. */
export interface ReportWorker extends AsyncDisposable {
  /** Answers come in the order of the questions. @throws what the thread threw; INTERNAL when it died */
  ask<Q extends ReportQuestion>(question: Q): Promise<ReportAnswers[Q['ask']]>;
}

export function createReportWorker(): ReportWorker {
  const waiting: { readonly resolve: (value: unknown) => void; readonly reject: (error: NightshiftError) => void }[] = [];
  let worker: Worker | null = null;
  let failure: NightshiftError | null = null;

  const fail = (error: NightshiftError): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  const start = (): Worker => {
    const started = new Worker(scriptPath('reportThread'), { name: 'report' });
    started.on('message', (reply: ReportReply) => {
      const asker = waiting.shift();
      if (reply.ok) asker?.resolve(reply.value);
      else asker?.reject(fromWireError(reply.error));
    });
    started.on('error', (error) => fail(new NightshiftError('INTERNAL', { detail: toNightshiftError(error).message }, { cause: error })));
    started.on('exit', (code) => fail(new NightshiftError('INTERNAL', { detail: `the report thread ended with ${code}` })));
    return started;
  };

  return {
    ask<Q extends ReportQuestion>(question: Q): Promise<ReportAnswers[Q['ask']]> {
      if (failure !== null) return Promise.reject(failure);
      worker ??= start();
      const asked = worker;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve: resolve as (value: unknown) => void, reject });
        asked.postMessage(question);
      });
    },
    async [Symbol.asyncDispose]() {
      failure ??= new NightshiftError('CANCELLED');
      await worker?.terminate();
    },
  };
}
