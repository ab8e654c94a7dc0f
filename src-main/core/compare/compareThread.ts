import { workerData } from 'node:worker_threads';
import { openReader, toStorageError } from '#main/core/persistence/connection.ts';
import { answerAsked } from '#main/core/threads/answerAsked.ts';
import { createCompareDesk } from './compareDesk.ts';
import type { CompareQuestion, CompareThreadData } from './compareMessages.ts';

/** Thread that compares: texts of whole runs, alignments and thousands of draws, while the owner's event loop turns. */
const { databasePath } = workerData as CompareThreadData;
const answer = createCompareDesk(openReader(databasePath));

answerAsked(async (question: CompareQuestion) => {
  try {
    return await answer(question);
  } catch (error) {
    throw toStorageError(error);
  }
});
