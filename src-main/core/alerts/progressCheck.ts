import type { Mode } from '#shared/domain/mode.ts';
import { NO_PROGRESS } from '#shared/domain/alert.ts';

/** How a run came along lately; times are epoch milliseconds, lengths seconds. */
export interface RunPace {
  /** Attempts that ended with an outcome, the newest of them. */
  readonly ended: readonly {
    readonly mode: Mode | null;
    readonly wallMs: number;
    readonly audioSec: number | null;
    readonly endedAtMs: number;
  }[];
  /** Tasks that somebody works on. */
  readonly underWay: readonly { readonly mode: Mode | null; readonly audioSec: number | null }[];
}

/** Fewer have no usual duration. */
const LEAST_ENDED = 5;

/**
 * How long nothing has finished, and how long that may be: three times the usual duration of the mode, or of the file under way that is the first to be
 * expected by its length. null: nothing is under way, or there is nothing to compare with.
 * @param sinceMs nothing is counted from before: the run was not going on then
 */
export function quietTime({ ended, underWay }: RunPace, sinceMs: number, nowMs: number): { quietMs: number; limitMs: number } | null {
  const expected = underWay.flatMap(({ mode, audioSec }) => {
    const known = ended.filter((attempt) => attempt.mode === mode);
    if (known.length < LEAST_ENDED) return [];
    const usualMs = median(known.map(({ wallMs }) => wallMs));
    const perSec = median(
      known.flatMap((attempt) => (attempt.audioSec === null || attempt.audioSec <= 0 ? [] : [attempt.wallMs / attempt.audioSec])),
    );
    return [Math.max(usualMs, (audioSec ?? 0) * perSec)];
  });
  // One of unknown length of time may be the one that takes long.
  if (expected.length === 0 || expected.length < underWay.length) return null;
  const lastMs = Math.max(sinceMs, ...ended.map(({ endedAtMs }) => endedAtMs));
  return { quietMs: nowMs - lastMs, limitMs: Math.max(NO_PROGRESS.leastMs, NO_PROGRESS.factor * Math.min(...expected)) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
