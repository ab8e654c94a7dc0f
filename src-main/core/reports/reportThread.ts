import { parentPort } from 'node:worker_threads';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { createReportDesk } from './reportDesk.ts';
import type { ReportQuestion, ReportReply } from './reportMessages.ts';

/** Thread that makes one report: alignments, checks and thousands of draws, while the owner's event loop turns. */
const answer = createReportDesk();

parentPort?.on('message', (question: ReportQuestion) => {
  let reply: ReportReply;
  try {
    reply = { ok: true, value: answer(question) };
  } catch (error) {
    reply = { ok: false, error: toWireError(error) };
  }
  parentPort?.postMessage(reply);
});
