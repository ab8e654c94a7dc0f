import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../core/ports.ts';

/** Range of `randomInt`, which must stay below 2^48 (nodejs.org/api/crypto.html). */
const STEPS = 2 ** 47;

/** The system's randomness, good enough for tokens. */
export function createRandom(): Random {
  return {
    ratio: () => randomInt(STEPS) / STEPS,
    hex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}
