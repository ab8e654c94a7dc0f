import type { TransitionTable } from './transition.ts';

/**
 * Life of a run:
 * preparing (folders are scanned, files probed; then queued at once when that was asked) · ready (the user looks at the pre-flight list) · queued (waits for an
 * earlier run) · running · pausing (current files finish) · paused · stopping · finished (every task has an outcome) ·
 * stopped (by the user; unfinished tasks are cancelled) · interrupted (Ctrl-C, quit or the owner died; unfinished tasks stay
 * queued and the run can go on, an unfinished preparation begins again) · failed (nothing could be run at all).
 */
export const RUN_STATUSES = [
  'preparing',
  'ready',
  'queued',
  'running',
  'pausing',
  'paused',
  'stopping',
  'finished',
  'stopped',
  'interrupted',
  'failed',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const RUN_TRANSITIONS: TransitionTable<RunStatus> = {
  preparing: ['ready', 'queued', 'failed', 'stopped', 'interrupted'],
  ready: ['queued', 'stopped', 'failed'],
  queued: ['running', 'paused', 'stopped', 'interrupted', 'failed'],
  running: ['pausing', 'paused', 'stopping', 'finished', 'queued', 'interrupted', 'failed'],
  pausing: ['paused', 'running', 'stopping', 'finished', 'interrupted', 'failed'],
  paused: ['queued', 'stopping', 'stopped', 'interrupted'],
  stopping: ['stopped', 'finished', 'interrupted'],
  finished: ['queued'],
  stopped: ['queued'],
  interrupted: ['queued', 'preparing', 'stopped'],
  failed: [],
};

/** Statuses in which the run occupies the scheduler. */
export const ACTIVE_RUN_STATUSES: readonly RunStatus[] = ['running', 'pausing', 'stopping'];

/**
 * Life of a task. `queued` with a `notBeforeMs` in the future is a retry that waits. Terminal states never reopen: a retry of a
 * failed task by the user is a new row.
 */
export const TASK_STATUSES = ['queued', 'claimed', 'done', 'failed', 'skipped', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const TASK_TRANSITIONS: TransitionTable<TaskStatus> = {
  queued: ['claimed', 'skipped', 'cancelled', 'failed'],
  claimed: ['queued', 'done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  skipped: [],
  cancelled: [],
};

/** Whose pause it is. Nightshift itself takes back `lowDisk` and `heat` only; at `failureRate`, `duration` and `diskUsed` a limit of the run was reached. */
export const PAUSE_CAUSES = ['user', 'plannedTime', 'marker', 'lowDisk', 'heat', 'failureRate', 'duration', 'diskUsed'] as const;
export type PauseCause = (typeof PAUSE_CAUSES)[number];

/** Pauses by which a limit of the run ends its night: what is left stays queued, and the command line exits with 4. */
export const LIMIT_CAUSES = ['failureRate', 'duration', 'diskUsed'] as const satisfies readonly PauseCause[];

/** What a task does; the queue itself does not care (S1.16). */
export const TASK_TYPES = ['transcribe'] as const;
export type TaskType = (typeof TASK_TYPES)[number];

/** Lower runs first (S1.4). 0 immediate · 1–5 high · 6–10 normal · 11+ low. */
export const DEFAULT_PRIORITY = 6;

export const PRIORITY_BANDS = ['immediate', 'high', 'normal', 'low'] as const;
export type PriorityBand = (typeof PRIORITY_BANDS)[number];

export function priorityBand(priority: number): PriorityBand {
  return priority <= 0 ? 'immediate' : priority <= 5 ? 'high' : priority <= 10 ? 'normal' : 'low';
}

export const DEFAULT_MAX_RETRIES = 3;
