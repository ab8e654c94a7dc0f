import type { ModeProgress, RunPlan } from '#shared/contract/runs.ts';
import { type Mode, PAUSE_BETWEEN_MODES_MS } from '#shared/domain/mode.ts';
import type { StoredSpeed } from '../persistence/operations/learnedLoads.ts';

/** Audio seconds done in a second at work, and how far off it may be. */
export interface Speed {
  readonly audioSecPerSec: number;
  /** Standard deviation of its logarithm. */
  readonly spread: number;
}

export type Estimate = Pick<ModeProgress, 'etaSec' | 'etaLowSec' | 'etaHighSec'>;

export const NO_ESTIMATE: Estimate = { etaSec: null, etaLowSec: null, etaHighSec: null };

/** Length of a night in each mode, h (S0.26, middles); says how much slower another mode is than one that has run. */
const USUAL_HOURS: Readonly<Record<Mode, number>> = { streaming: 5.75, chunked: 6.5, original: 7 };
/** A machine that depends on its GPU may turn the modes round. */
const OTHER_MODE_SPREAD = 0.35;
/** The same work on another evening. */
const EARLIER_RUN_SPREAD = 0.2;
/** Of one file that is left. */
const REST_SPREAD = 0.6;
/** Four of five values of a normal distribution lie within so many standard deviations. */
const FOUR_OF_FIVE = 1.28;

/** What earlier runs say; null when there are none. */
export function speedOfEarlier(speeds: readonly StoredSpeed[]): Speed | null {
  const audioSec = speeds.reduce((sum, speed) => sum + speed.audioSec, 0);
  const workedSec = speeds.reduce((sum, speed) => sum + speed.workedSec, 0);
  return audioSec > 0 && workedSec > 0 ? { audioSecPerSec: audioSec / workedSec, spread: EARLIER_RUN_SPREAD } : null;
}

/** The speed of a mode, or that of another mode in the usual ratio; null when nothing is known of any. */
export function speedOf(mode: Mode, known: ReadonlyMap<Mode, Speed>): Speed | null {
  const own = known.get(mode);
  if (own !== undefined) return own;
  const [other] = known;
  if (other === undefined) return null;
  const [otherMode, { audioSecPerSec, spread }] = other;
  return {
    audioSecPerSec: (audioSecPerSec * USUAL_HOURS[otherMode]) / USUAL_HOURS[mode],
    spread: Math.hypot(spread, OTHER_MODE_SPREAD),
  };
}

/** @param leftFiles the fewer, the more one of them and the worker that ends last decide */
export function estimateOf(leftAudioSec: number, leftFiles: number, speed: Speed | null): Estimate {
  if (speed === null || speed.audioSecPerSec <= 0) return NO_ESTIMATE;
  const etaSec = leftAudioSec / speed.audioSecPerSec;
  const factor = Math.exp(FOUR_OF_FIVE * Math.hypot(speed.spread, REST_SPREAD / Math.sqrt(Math.max(1, leftFiles))));
  return { etaSec, etaLowSec: etaSec / factor, etaHighSec: etaSec * factor };
}

/** Of all modes together, each taken up by the first of `atOnce` that is free, after the pause between modes. */
export function estimateOfAll(modes: readonly Estimate[], atOnce: number): Estimate {
  if (modes.length === 0 || modes.some(({ etaSec }) => etaSec === null)) return NO_ESTIMATE;
  const last = (pick: (mode: Estimate) => number | null): number =>
    lastEnd(
      modes.map((mode) => pick(mode) ?? 0),
      atOnce,
    );
  return { etaSec: last((mode) => mode.etaSec), etaLowSec: last((mode) => mode.etaLowSec), etaHighSec: last((mode) => mode.etaHighSec) };
}

/** How long a run would take that has not begun. */
export function estimateOfPlan(modes: RunPlan['modes'], known: ReadonlyMap<Mode, Speed>, atOnce: number): Estimate {
  const open = modes.filter(({ remaining }) => remaining > 0);
  return estimateOfAll(
    open.map(({ mode, audioSec, remaining }) => estimateOf(audioSec, remaining, speedOf(mode, known))),
    atOnce,
  );
}

function lastEnd(durationsSec: readonly number[], atOnce: number): number {
  const endsSec = Array<number>(atOnce).fill(0);
  for (const durationSec of durationsSec) {
    const firstSec = Math.min(...endsSec);
    const pauseSec = firstSec === 0 ? 0 : PAUSE_BETWEEN_MODES_MS / 1_000;
    endsSec[endsSec.indexOf(firstSec)] = firstSec + pauseSec + durationSec;
  }
  return Math.max(...endsSec);
}
