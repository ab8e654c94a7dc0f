import { parentPort, workerData } from 'node:worker_threads';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { openReader, toStorageError } from '#main/core/persistence/connection.ts';
import { createCompareDesk } from './compareDesk.ts';
import type { CompareQuestion, CompareReply, CompareThreadData } from './compareMessages.ts';

/** Thread that compares: texts of whole runs, alignments and thousands of draws, while the owner's event loop turns. */
const { databasePath } = workerData as CompareThreadData;
const answer = createCompareDesk(openReader(databasePath));

parentPort?.on('message', (question: CompareQuestion) => {
  void reply(question).then((message) => parentPort?.postMessage(message));
});

async function reply(question: CompareQuestion): Promise<CompareReply> {
  try {
    return { id: question.id, ok: true, value: await answer(question) };
  } catch (error) {
    return { id: question.id, ok: false, error: toWireError(toStorageError(error)) };
  }
}
