import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '#shared/errors/errorCodes.ts';
import { jitterRatio, outcomeOfFailure, retryDelayMs } from './retryPolicy.ts';

const TASK = { taskId: 7, priority: 6, maxRetries: 3, failedAttempts: 0, losses: 0 };

test('a file that is missing, unreadable or broken is never tried again', () => {
  for (const code of ['FILE_NOT_FOUND', 'FILE_UNREADABLE', 'MEDIA_CORRUPT', 'AUDIO_EMPTY'] as const) {
    expect(outcomeOfFailure(TASK, { code, data: {} }, false, 0)).toMatchObject({ kind: 'failed', error: { code } });
  }
});

test('a temporary failure is tried three more times, each later and one class lower, then it is final', () => {
  const error = { code: 'SERVER_SILENT', data: {} } as const;
  let task = TASK;
  const delaysMs: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const outcome = outcomeOfFailure(task, error, false, 1_000);
    if (outcome.kind !== 'retry') throw new Error(`attempt ${attempt} ended as ${outcome.kind}`);
    delaysMs.push(outcome.notBeforeMs - 1_000);
    expect(outcome.priority).toBe(6 + attempt);
    task = { ...task, failedAttempts: attempt, priority: outcome.priority };
  }
  expect(delaysMs.every((delayMs, index) => delayMs >= 1_000 * 2 ** index && delayMs <= 2_000 * 2 ** index)).toBe(true);
  expect(outcomeOfFailure(task, error, false, 1_000)).toMatchObject({ kind: 'failed', error });
});

test('a busy server costs the file nothing', () => {
  expect(outcomeOfFailure({ ...TASK, failedAttempts: 3 }, { code: 'SERVER_BUSY', data: {} }, false, 0)).toMatchObject({
    kind: 'requeue',
    isLoss: false,
  });
});

test('a file that was there each time a worker died is given up after its third loss', () => {
  const error = { code: 'CONNECTION_LOST', data: {} } as const;
  expect(outcomeOfFailure({ ...TASK, losses: 2 }, error, true, 0)).toMatchObject({ kind: 'requeue', isLoss: true });
  expect(outcomeOfFailure({ ...TASK, losses: 3 }, error, true, 0)).toMatchObject({
    kind: 'failed',
    error: { code: 'TASK_LOST_TOO_OFTEN' },
  });
});

test('whatever comes back for ever ends after a few tries, whether the server died or not; only a full server may wait for ever', () => {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
    (code) => code !== 'SERVER_BUSY' && ERROR_CODES[code].kind !== 'cancelled',
  );
  for (const code of codes) {
    for (const isServerGone of [false, true]) {
      let task = TASK;
      let tries = 0;
      for (let outcome = outcomeOfFailure(task, { code, data: {} }, isServerGone, 0); outcome.kind !== 'failed'; tries += 1) {
        expect(tries, code).toBeLessThan(4);
        task = {
          ...task,
          failedAttempts: task.failedAttempts + (outcome.kind === 'retry' ? 1 : 0),
          losses: task.losses + (outcome.kind === 'requeue' && outcome.isLoss ? 1 : 0),
        };
        outcome = outcomeOfFailure(task, { code, data: {} }, isServerGone, 0);
      }
    }
  }
});

test('delays grow to five minutes at most, keep at least half of that, and are the same every night', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 100 }), (taskId, attempt) => {
      const full = Math.min(300_000, 2_000 * 2 ** (attempt - 1));
      const delayMs = retryDelayMs(taskId, attempt);
      return (
        delayMs >= Math.floor(full / 2) && delayMs <= full && delayMs === retryDelayMs(taskId, attempt) && jitterRatio(taskId, attempt) < 1
      );
    }),
  );
});
