import { describe, expect, it } from 'vitest';
import { buildRow, buildTask } from '../../testing/builders.ts';
import { queuedItem, rowState, rowTone, werTone } from './rowView.ts';

const tasks = (...parts: Parameters<typeof buildTask>[0][]) => buildRow({ tasks: parts.map((part) => buildTask(part)) });

describe('state of a row', () => {
  it.each([
    ['unusable file before anything else', buildRow({ problem: 'FILE_EMPTY' }), { kind: 'unusable', code: 'FILE_EMPTY' }, 'bad'],
    ['nothing planned', buildRow({ tasks: [] }), { kind: 'notPlanned' }, 'idle'],
    [
      'work before failure',
      tasks({ status: 'failed', errorCode: 'MEDIA_CORRUPT' }, { mode: 'chunked', status: 'claimed' }),
      { kind: 'transcribing', mode: 'chunked' },
      'accent',
    ],
    [
      'a retry that waits',
      tasks({ status: 'queued', failedAttempts: 2, notBeforeMs: 18_000 }),
      { kind: 'retry', attempt: 2, of: 3, waitSec: 8 },
      'warn',
    ],
    [
      'a retry that is due',
      tasks({ status: 'queued', failedAttempts: 1, notBeforeMs: 9_000 }),
      { kind: 'retry', attempt: 1, of: 3, waitSec: null },
      'warn',
    ],
    [
      'failure before waiting',
      tasks({ status: 'failed', errorCode: 'MEDIA_CORRUPT' }, { mode: 'chunked' }),
      { kind: 'failed', code: 'MEDIA_CORRUPT', mode: 'streaming' },
      'bad',
    ],
    ['waiting', tasks({ status: 'done' }, { mode: 'chunked' }), { kind: 'queued' }, 'idle'],
    ['held back in every mode', tasks({ isHeld: true, failedAttempts: 1 }, { mode: 'chunked', isHeld: true }), { kind: 'held' }, 'warn'],
    ['held back in one mode', tasks({ isHeld: true }, { mode: 'chunked' }), { kind: 'queued' }, 'idle'],
    ['cancelled', tasks({ status: 'done' }, { status: 'cancelled' }), { kind: 'cancelled' }, 'idle'],
    ['done in part', tasks({ status: 'done', errorCode: 'AUDIO_PARTIAL' }), { kind: 'doubtful', code: 'AUDIO_PARTIAL' }, 'warn'],
    ['all skipped', tasks({ status: 'skipped' }), { kind: 'skipped' }, 'ok'],
    ['done', tasks({ status: 'skipped' }, { status: 'done' }), { kind: 'done' }, 'ok'],
  ] as const)('%s', (_title, row, state, tone) => {
    expect(rowState(row, 10_000)).toEqual(state);
    expect(rowTone(rowState(row, 10_000))).toBe(tone);
  });

  it('knows of a file that waits what its menu offers, and of others that there is none', () => {
    const row = tasks({ priority: 6, isHeld: true }, { mode: 'chunked', priority: 3 }, { mode: 'original', status: 'done', priority: 0 });
    expect(queuedItem(row, row.id)).toEqual({ itemId: row.id, priority: 3, isHeld: false, isStopAfter: true });
    expect(queuedItem(row, null)?.isStopAfter).toBe(false);
    expect(queuedItem(tasks({ status: 'done' }, { status: 'claimed' }), null)).toBeNull();
  });

  it('colours word error rates by the bounds of the design', () => {
    expect([0, 0.001, 0.08, 0.081, 0.2, 0.21, 3].map(werTone)).toEqual(['perfect', 'good', 'good', 'fair', 'fair', 'poor', 'poor']);
  });
});
