import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode, retryClassOf } from '#shared/errors/errorCodes.ts';
import { jitterRatio, outcomeOfFailure, retryDelayMs } from './retryPolicy.ts';

const TASK = { taskId: 7, priority: 6, basePriority: 6, maxRetries: 3, failedAttempts: 0, losses: 0 };

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

test('a server error that comes back for ever still ends: it is a loss or a counted attempt', () => {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
    (code) => code !== 'SERVER_BUSY' && ERROR_CODES[code].kind !== 'cancelled',
  );
  for (const code of codes) {
    const outcome = outcomeOfFailure(TASK, { code, data: {} }, false, 0);
    const counts = outcome.kind === 'failed' || outcome.kind === 'retry' || (outcome.kind === 'requeue' && outcome.isLoss);
    expect(counts, `${code} (${retryClassOf(code)})`).toBe(true);
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
