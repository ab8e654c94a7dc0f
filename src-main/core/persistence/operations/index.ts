import { additionReads, additionWrites } from './additions.ts';
import { adviceReads } from './advice.ts';
import { attemptWrites } from './attempts.ts';
import { checkpointWrites } from './checkpoints.ts';
import { eventLogReads, eventLogWrites } from './eventLog.ts';
import { historyReads } from './history.ts';
import { learnedLoadReads, learnedLoadWrites } from './learnedLoads.ts';
import { lifecycleWrites } from './lifecycle.ts';
import { itemReads, itemWrites } from './items.ts';
import { mediaFactReads, mediaFactWrites } from './mediaFacts.ts';
import { nightGuardReads, nightGuardWrites } from './nightGuard.ts';
import { ownerReads, ownerWrites } from './owner.ts';
import { pauseReads, pauseWrites } from './pauses.ts';
import { profileReads, profileWrites } from './profiles.ts';
import { readingReads, readingWrites } from './readings.ts';
import { queueReads, queueWrites } from './queue.ts';
import { queueImportReads } from './queueImports.ts';
import { queueOrderReads } from './queueOrder.ts';
import { reportReads, reportWrites } from './reports.ts';
import { rescoringReads, rescoringWrites } from './rescorings.ts';
import { retentionReads, retentionWrites } from './retention.ts';
import { resultReads } from './results.ts';
import { runReads, runWrites } from './runs.ts';
import { searchReads, searchWrites } from './search.ts';
import { taskReads, taskWrites } from './tasks.ts';

/** Everything the writer does; each runs inside a transaction that other writes may share. */
export const writes = {
  ...runWrites,
  ...itemWrites,
  ...mediaFactWrites,
  ...taskWrites,
  ...queueWrites,
  ...attemptWrites,
  ...checkpointWrites,
  ...lifecycleWrites,
  ...ownerWrites,
  ...nightGuardWrites,
  ...reportWrites,
  ...readingWrites,
  ...rescoringWrites,
  ...profileWrites,
  ...retentionWrites,
  ...eventLogWrites,
  ...pauseWrites,
  ...additionWrites,
  ...learnedLoadWrites,
  ...searchWrites,
};

/** Everything the reader answers; never changes a row. */
export const reads = {
  ...runReads,
  ...itemReads,
  ...mediaFactReads,
  ...taskReads,
  ...queueReads,
  ...queueOrderReads,
  ...queueImportReads,
  ...resultReads,
  ...ownerReads,
  ...nightGuardReads,
  ...reportReads,
  ...readingReads,
  ...rescoringReads,
  ...profileReads,
  ...historyReads,
  ...retentionReads,
  ...eventLogReads,
  ...adviceReads,
  ...pauseReads,
  ...additionReads,
  ...learnedLoadReads,
  ...searchReads,
};

export type Writes = typeof writes;
export type Reads = typeof reads;
export type WriteName = keyof Writes;
export type ReadName = keyof Reads;

/** Arguments of an operation, without the connection. */
export type OperationArgs<O> = O extends (connection: never, args: infer A) => unknown ? A : never;
export type OperationResult<O> = O extends (...args: never[]) => infer R ? R : never;
