import { describe, expect, it } from 'vitest';
import type { Random } from '../core/ports.ts';
import { createFakeRandom } from '../testing/fakeRandom.ts';
import { createRandom } from './random.ts';

const kinds: readonly (readonly [string, () => Random])[] = [
  ['of the system', createRandom],
  ['fake', () => createFakeRandom(7)],
];

describe.each(kinds)('Random: %s', (_name, create) => {
  it('gives ratios in [0, 1) that spread over the whole range', () => {
    const random = create();
    const tenths = new Set<number>();
    for (let draw = 0; draw < 2_000; draw += 1) {
      const ratio = random.ratio();
      expect(ratio >= 0 && ratio < 1).toBe(true);
      tenths.add(Math.floor(ratio * 10));
    }
    expect(tenths.size).toBe(10);
  });

  it('gives the asked number of bytes as lower-case hexadecimal, different each time', () => {
    const random = create();
    const tokens = Array.from({ length: 50 }, () => random.hex(16));
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(tokens).size).toBe(50);
    expect(random.hex(0)).toBe('');
  });
});

it('the fake repeats itself for a seed and differs between seeds', () => {
  const draw = (seed: number): number[] => {
    const random = createFakeRandom(seed);
    return Array.from({ length: 5 }, () => random.ratio());
  };
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});
