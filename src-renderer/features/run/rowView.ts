import type { ItemRow, TaskCell } from '#shared/contract/items.ts';
import type { ErrorCode } from '#shared/errors/errorCodes.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ChosenItem } from '../queue/useItemMenu.tsx';

/** What the state column says; the component turns it into words. */
export type RowState =
  | { readonly kind: 'unusable'; readonly code: ErrorCode }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly mode: Mode }
  | { readonly kind: 'transcribing'; readonly mode: Mode }
  | { readonly kind: 'retry'; readonly attempt: number; readonly of: number; readonly waitSec: number | null }
  | { readonly kind: 'queued' | 'held' | 'cancelled' | 'skipped' | 'done' | 'notPlanned' }
  | { readonly kind: 'doubtful'; readonly code: ErrorCode };

/** The most telling state of all tasks of a file: work under way first, then what went wrong, then what waits. */
export function rowState(row: ItemRow, nowMs: number): RowState {
  if (row.problem !== null) return { kind: 'unusable', code: row.problem };
  if (row.tasks.length === 0) return { kind: 'notPlanned' };
  const has = (status: TaskCell['status']): TaskCell | undefined => row.tasks.find((task) => task.status === status);
  const claimed = has('claimed');
  if (claimed !== undefined) return { kind: 'transcribing', mode: claimed.mode };
  const retrying = row.tasks.find((task) => task.status === 'queued' && task.failedAttempts > 0 && !task.isHeld);
  if (retrying !== undefined) {
    const waitMs = retrying.notBeforeMs === null ? 0 : retrying.notBeforeMs - nowMs;
    return {
      kind: 'retry',
      attempt: retrying.failedAttempts,
      of: retrying.maxRetries,
      waitSec: waitMs > 0 ? Math.ceil(waitMs / 1000) : null,
    };
  }
  const failed = has('failed');
  if (failed !== undefined) return { kind: 'failed', code: failed.errorCode, mode: failed.mode };
  const queued = row.tasks.filter((task) => task.status === 'queued');
  if (queued.length > 0) return { kind: queued.every((task) => task.isHeld) ? 'held' : 'queued' };
  if (has('cancelled') !== undefined) return { kind: 'cancelled' };
  const doubtful = row.tasks.find((task) => task.status === 'done' && task.errorCode !== null);
  if (doubtful?.errorCode != null) return { kind: 'doubtful', code: doubtful.errorCode };
  return row.tasks.every((task) => task.status === 'skipped') ? { kind: 'skipped' } : { kind: 'done' };
}

/** Colour of the dot before the state. */
export function rowTone(state: RowState): 'ok' | 'warn' | 'bad' | 'accent' | 'idle' {
  switch (state.kind) {
    case 'done':
    case 'skipped':
      return 'ok';
    case 'transcribing':
      return 'accent';
    case 'retry':
    case 'held':
    case 'doubtful':
      return 'warn';
    case 'failed':
    case 'unusable':
      return 'bad';
    case 'queued':
    case 'cancelled':
    case 'notPlanned':
      return 'idle';
  }
}

/** How a word error rate is coloured; bounds of the design: 0, up to 8 %, up to 20 %, above. */
export function werTone(ratio: number): 'perfect' | 'good' | 'fair' | 'poor' {
  if (ratio > 0.2) return 'poor';
  if (ratio > 0.08) return 'fair';
  return ratio > 0 ? 'good' : 'perfect';
}

/** What the queue menu has to know of a file; null where nothing of it waits. */
export function queuedItem(row: ItemRow, stopAfterItemId: number | null): ChosenItem | null {
  const queued = row.tasks.filter((task) => task.status === 'queued');
  if (queued.length === 0) return null;
  return {
    itemId: row.id,
    priority: Math.min(...queued.map((task) => task.priority)),
    isHeld: queued.every((task) => task.isHeld),
    isStopAfter: row.id === stopAfterItemId,
  };
}
