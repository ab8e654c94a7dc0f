import { LOOP_MAX_UNIT, LOOP_MIN_LENGTH, LOOP_MIN_REPEATS } from './thresholds.ts';

export interface Loop {
  readonly unit: readonly string[];
  readonly repeats: number;
}

/**
 * The longest stretch in which one n-gram follows itself again and again, as decoders that lost their way write it; null when there is none. Of two
 * descriptions of the same stretch the one with the shorter unit is taken.
 */
export function findLoop(units: readonly string[]): Loop | null {
  let best: Loop | null = null;
  let bestLength = 0;
  for (let size = 1; size <= LOOP_MAX_UNIT; size++) {
    let matching = 0;
    for (let i = size; i <= units.length; i++) {
      if (i < units.length && units[i] === units[i - size]) {
        matching++;
        continue;
      }
      const repeats = Math.floor(matching / size) + 1;
      const length = repeats * size;
      if (repeats >= LOOP_MIN_REPEATS && length >= LOOP_MIN_LENGTH && length > bestLength) {
        const start = i - matching - size;
        best = { unit: units.slice(start, start + size), repeats };
        bestLength = length;
      }
      matching = 0;
    }
  }
  return best;
}
