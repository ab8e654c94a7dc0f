import { expect, test } from 'vitest';
import { audioSecOf, bytesOf, encoderFor, toInt16 } from './samples.ts';

function floats(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

test('16-bit samples are rounded, and cut off at full scale', () => {
  const pcm = toInt16(floats(0, 1 / 32_768, -1 / 32_768, 0.5, 1, -1, 7, -7, 0.7 / 32_768));
  expect(Array.from({ length: 9 }, (_, index) => pcm.readInt16LE(index * 2))).toEqual([
    0, 1, -1, 16_384, 32_767, -32_768, 32_767, -32_768, 1,
  ]);
});

test('float samples go as they are', () => {
  const samples = floats(0.25, -3);
  expect(encoderFor('f32le')(samples)).toBe(samples);
  expect(encoderFor('s16le')(samples)).toHaveLength(4);
});

test('seconds and bytes are the same thing', () => {
  expect(bytesOf(1)).toBe(64_000);
  expect(audioSecOf(bytesOf(12.5))).toBe(12.5);
  expect(bytesOf(0.00001) % 4).toBe(0);
});
