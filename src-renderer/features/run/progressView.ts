import type { ModeProgress, RunSummary } from '#shared/contract/runs.ts';
import type { RunPoint } from '../../state/slices/runs.ts';

/** Widths of a progress bar, ratios of the mode's total that never add up to more than 1. */
export interface BarParts {
  readonly earlier: number;
  readonly done: number;
  readonly failed: number;
}

export function barParts(progress: Pick<ModeProgress, 'total' | 'done' | 'failed' | 'skipped'>): BarParts {
  if (progress.total <= 0) return { earlier: 0, done: 0, failed: 0 };
  const share = (value: number): number => Math.max(0, value) / progress.total;
  return { earlier: share(progress.skipped), done: share(progress.done), failed: share(progress.failed) };
}

/** Tasks that were carried out, now or earlier; a cancelled one was not. */
export function settledCount(totals: Pick<ModeProgress, 'done' | 'failed' | 'skipped'>): number {
  return totals.done + totals.failed + totals.skipped;
}

/** Share of what was tried that succeeded; null before anything was tried. */
export function successRatio(totals: Pick<ModeProgress, 'done' | 'failed'>): number | null {
  const tried = totals.done + totals.failed;
  return tried === 0 ? null : totals.done / tried;
}

/** Window over which the speed is taken, ms: long enough to be calm, short enough to follow a change. */
const SPEED_WINDOW_MS = 30_000;

/** Files per second of the last half minute; null with too little to say. */
export function filesPerSecond(points: readonly RunPoint[]): number | null {
  const last = points.at(-1);
  if (last === undefined) return null;
  const first = points.find((point) => last.atMs - point.atMs <= SPEED_WINDOW_MS);
  if (first === undefined || last.atMs - first.atMs < 2_000) return null;
  return Math.max(0, last.processed - first.processed) / ((last.atMs - first.atMs) / 1000);
}

/** Input files that some mode did not have to do again. */
export function skippedFiles(run: RunSummary): number {
  return Math.max(0, ...run.modes.map((mode) => mode.skipped));
}

/** The mode before this one that is not finished; null when this one is not waiting for another. */
export function waitsFor(run: RunSummary, progress: ModeProgress): ModeProgress | null {
  if (progress.status !== 'waiting') return null;
  const index = run.modes.findIndex(({ mode }) => mode === progress.mode);
  return run.modes.slice(0, index).findLast(({ status }) => status !== 'done' && status !== 'failed') ?? null;
}

export interface RunActions {
  readonly canPause: boolean;
  readonly canResume: boolean;
  readonly canStop: boolean;
  /** Resume means doing again what failed or was cancelled. */
  readonly resumeRedoes: boolean;
  /** Interrupted before there was anything to do: resume looks at the files again. */
  readonly preparesAgain: boolean;
  readonly isOver: boolean;
}

/** Which buttons make sense in which status. */
export function runActions(run: RunSummary): RunActions {
  const unfinished = run.totals.failed + run.totals.cancelled > 0;
  const isOver = run.status === 'finished' || run.status === 'stopped' || run.status === 'failed';
  const preparesAgain = run.status === 'interrupted' && run.modes.length === 0;
  return {
    preparesAgain,
    canPause: run.status === 'running' || run.status === 'queued',
    canResume:
      run.status === 'paused' || run.status === 'interrupted' || ((run.status === 'finished' || run.status === 'stopped') && unfinished),
    canStop: !preparesAgain && ['queued', 'running', 'pausing', 'paused', 'interrupted'].includes(run.status),
    resumeRedoes: run.status === 'finished' || run.status === 'stopped',
    isOver,
  };
}

/** Colour of the status pill. */
export function statusTone(status: RunSummary['status']): 'running' | 'ok' | 'warn' | 'bad' | '' {
  switch (status) {
    case 'running':
    case 'preparing':
      return 'running';
    case 'finished':
      return 'ok';
    case 'pausing':
    case 'paused':
    case 'stopping':
    case 'interrupted':
      return 'warn';
    case 'failed':
      return 'bad';
    case 'ready':
    case 'queued':
    case 'stopped':
      return '';
  }
}
