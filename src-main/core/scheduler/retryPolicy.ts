import { kindOf, retryClassOf } from '#shared/errors/errorCodes.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { MAX_LOSSES, type TaskOutcome } from '../persistence/operations/tasks.ts';

/** Delay before attempt n + 1 is min(MAX, BASE · 2^(n−1)), of which a jitter keeps 50–100 % (`runtime.md` section 1). */
const BASE_DELAY_MS = 2_000;
const MAX_DELAY_MS = 300_000;
/** How long a task waits that came back without having been tried. */
const UNTRIED_DELAY_MS = 1_000;
/** A failed attempt is queued one class lower (S1.7), at most this many times. */
const MAX_DEGRADATION = 10;

/** Every end of an attempt but a good one. */
export type FailureOutcome = Exclude<TaskOutcome, { kind: 'done' }>;

export interface FailedTask {
  readonly taskId: number;
  readonly priority: number;
  readonly maxRetries: number;
  /** Before this attempt. */
  readonly failedAttempts: number;
  readonly losses: number;
}

/** A number in [0, 1) that is always the same for a task and an attempt, so that a night can be repeated. */
export function jitterRatio(taskId: number, attempt: number): number {
  let hash = Math.imul(taskId ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(attempt + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** @param failedAttempts including the one that just failed, from 1. */
export function retryDelayMs(taskId: number, failedAttempts: number): number {
  const full = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(failedAttempts - 1, 20));
  return Math.round(full * (0.5 + jitterRatio(taskId, failedAttempts) / 2));
}

/**
 * What becomes of a task whose attempt ended with an error. Decided by the code's retry class (S1.8): never → failed; backoff → a counted
 * attempt and a later, lower place; requeue → back without a counted attempt. What went away with its server, decoder or connection is a
 * loss, which has a limit of its own, so that a file that kills what works on it ends, too. Only what was not tried costs nothing at all.
 * @param isServerGone the process died: the file is not suspected more than its neighbours and may start as soon as the server is back
 */
export function outcomeOfFailure(task: FailedTask, error: WireError, isServerGone: boolean, nowMs: number): FailureOutcome {
  if (isServerGone) return lossOutcome(task, error, 0);
  switch (retryClassOf(error.code)) {
    case 'never':
      return { kind: 'failed', error, counts: null };
    case 'requeue':
      if (error.code === 'SERVER_BUSY' || kindOf(error.code) === 'cancelled') {
        return { kind: 'requeue', error, notBeforeMs: nowMs + UNTRIED_DELAY_MS, isLoss: false };
      }
      return lossOutcome(task, error, nowMs + retryDelayMs(task.taskId, task.losses + 1));
    case 'backoff': {
      const failedAttempts = task.failedAttempts + 1;
      if (failedAttempts > task.maxRetries) return { kind: 'failed', error, counts: null };
      return {
        kind: 'retry',
        error,
        notBeforeMs: nowMs + retryDelayMs(task.taskId, failedAttempts),
        priority: failedAttempts > MAX_DEGRADATION ? task.priority : task.priority + 1,
      };
    }
  }
}

function lossOutcome(task: FailedTask, error: WireError, notBeforeMs: number): FailureOutcome {
  const losses = task.losses + 1;
  if (losses > MAX_LOSSES)
    return { kind: 'failed', error: { code: 'TASK_LOST_TOO_OFTEN', data: { losses, detail: error.code } }, counts: null };
  return { kind: 'requeue', error, notBeforeMs, isLoss: true };
}
