import { expect, test } from 'vitest';
import { quietCut } from './quietCut.ts';

/** Loud noise that is the same each time. */
function noise(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => Math.sin(i * i) * 0.5);
}

test('cuts in the middle of the pause near the end', () => {
  const samples = noise(20);
  samples.fill(0, 17 * 16_000, 17 * 16_000 + 1_600);
  expect(quietCut(samples)).toBe(17 * 16_000 + 800);
});

test('a pause in the first three quarters is too far away', () => {
  const samples = noise(20);
  samples.fill(0, 5 * 16_000, 6 * 16_000);
  expect(quietCut(samples)).toBeGreaterThanOrEqual(15 * 16_000);
});

test('of two equal pauses the later one, so that pieces stay long', () => {
  const samples = noise(20);
  samples.fill(0, 16 * 16_000, 16 * 16_000 + 1_600);
  samples.fill(0, 19 * 16_000, 19 * 16_000 + 1_600);
  expect(quietCut(samples)).toBe(19 * 16_000 + 800);
});

test('a piece too short to search is taken whole', () => {
  expect(quietCut(new Float32Array(3_000))).toBe(3_000);
});
