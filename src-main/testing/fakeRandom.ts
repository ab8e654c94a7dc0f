import type { Random } from '../core/ports.ts';

/** Random whose whole sequence follows from `seed` (mulberry32: 32 bits of state, even enough for tests). */
export function createFakeRandom(seed = 1): Random {
  let state = seed >>> 0;
  const ratio = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    ratio,
    hex: (bytes) =>
      Array.from({ length: bytes }, () =>
        Math.floor(ratio() * 256)
          .toString(16)
          .padStart(2, '0'),
      ).join(''),
  };
}
