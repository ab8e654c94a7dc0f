import { describe, expect, it } from 'vitest';
import { BlockBuilder } from './blockBuilder.ts';

const bytesOf = (samples: readonly number[]): Buffer => Buffer.from(new Float32Array(samples).buffer);
const samplesOf = (block: Buffer | null): number[] => (block === null ? [] : [...new Float32Array(new Uint8Array(block).buffer)]);

describe('BlockBuilder', () => {
  it('cuts blocks of one second whatever the pieces, even through a sample', () => {
    const builder = new BlockBuilder();
    const all = bytesOf(Array.from({ length: 40_000 }, (_, index) => index / 40_000));
    for (let offset = 0; offset < all.length; offset += 1_001) builder.add(all.subarray(offset, offset + 1_001));
    builder.finish();
    const blocks = [builder.take(), builder.take(), builder.take()];
    expect(blocks.map((block) => block?.length)).toEqual([64_000, 64_000, 32_000]);
    expect(builder.take()).toBeNull();
    expect(Buffer.concat(blocks.filter((block) => block !== null)).equals(all)).toBe(true);
    expect(builder.decodedSec).toBe(2.5);
  });

  it('replaces what is no number and counts it', () => {
    const builder = new BlockBuilder();
    builder.add(bytesOf([0.5, Number.NaN, Infinity, -Infinity, ...Array.from({ length: 20 }, () => 1.5)]));
    builder.finish();
    expect(samplesOf(builder.take()).slice(0, 5)).toEqual([0.5, 0, 0, 0, 1.5]);
    expect(builder.nonFiniteSamples).toBe(3);
  });

  it('says when there is nothing to hear', () => {
    const builder = new BlockBuilder();
    expect(builder.isEmpty).toBe(true);
    builder.add(bytesOf([0.1]));
    expect(builder.isEmpty).toBe(false);
    expect(() => {
      builder.finish();
    }).toThrow('AUDIO_EMPTY');
  });

  it('says when not one sample is a number', () => {
    const builder = new BlockBuilder();
    builder.add(bytesOf(Array.from({ length: 1_600 }, () => Number.NaN)));
    expect(() => {
      builder.finish();
    }).toThrow('AUDIO_NOT_FINITE');
  });
});
