import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter, parseGpuLine } from './nvidiaSmiOutput.ts';

const MIB = 1_048_576;

describe('parseGpuLine', () => {
  it('reads a card that tells everything', () => {
    expect(parseGpuLine('0, NVIDIA GeForce RTX 4090, 37, 8123, 24564, 56, 213.45')).toEqual({
      index: 0,
      name: 'NVIDIA GeForce RTX 4090',
      utilizationPercent: 37,
      memoryUsedBytes: 8123 * MIB,
      memoryTotalBytes: 24_564 * MIB,
      temperatureC: 56,
      powerW: 213.45,
    });
  });

  it('keeps a true 0 and makes null of what the card does not tell', () => {
    expect(parseGpuLine('1, Tesla K80, 0, 0, 11441, 30, [Not Supported]')).toMatchObject({
      utilizationPercent: 0,
      memoryUsedBytes: 0,
      powerW: null,
    });
    expect(parseGpuLine('0, Quadro, [N/A], [Unknown Error], N/A, [GPU requires reset], [Insufficient Permissions]')).toEqual({
      index: 0,
      name: 'Quadro',
      utilizationPercent: null,
      memoryUsedBytes: null,
      memoryTotalBytes: null,
      temperatureC: null,
      powerW: null,
    });
  });

  it('shows a card that is divided by MIG without utilisation', () => {
    expect(parseGpuLine('3, NVIDIA A100-SXM4-40GB, [N/A], 5123, 40960, 41, 92.10')).toMatchObject({
      index: 3,
      utilizationPercent: null,
      memoryUsedBytes: 5123 * MIB,
    });
  });

  it('keeps a comma in a name', () => {
    expect(parseGpuLine('0, Card, special, 1, 2, 3, 4, 5')?.name).toBe('Card, special');
  });

  it('does not believe impossible figures', () => {
    expect(parseGpuLine('0, Card, 4294967295, -1, 100, 999, -3')).toMatchObject({
      utilizationPercent: null,
      memoryUsedBytes: null,
      memoryTotalBytes: 100 * MIB,
      temperatureC: null,
      powerW: null,
    });
  });

  it.each([
    '',
    'No devices were found',
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that it is installed, and running, or not.",
    'Failed to initialize NVML: Driver/library version mismatch',
    'index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], temperature.gpu, power.draw [W]',
    '0, NVIDIA GeForce RTX 4090, 37, 8123',
    '0, , 1, 2, 3, 4, 5',
    '-1, Card, 1, 2, 3, 4, 5',
    '0, Card, one, 2, 3, 4, 5',
    '|   0  NVIDIA A100-SXM4-40GB          On  |   00000000:07:00.0 Off |',
  ])('makes nothing of %j', (line) => {
    expect(parseGpuLine(line)).toBeNull();
  });

  it('never throws and never makes up a figure', () => {
    const isHonest = (line: string): boolean => Object.values(parseGpuLine(line) ?? {}).every((value) => !Number.isNaN(value));
    expect(() => fc.assert(fc.property(fc.string(), isHonest))).not.toThrow();
  });
});

describe('createLineSplitter', () => {
  const split = (chunks: readonly string[]): string[] => {
    const lines: string[] = [];
    const feed = createLineSplitter((line) => lines.push(line));
    for (const chunk of chunks) feed(chunk);
    return lines;
  };

  it('gives the same lines however the text is cut', () => {
    const text = '0, A, 1, 2, 3, 4, 5\r\n1, B, 1, 2, 3, 4, 5\n\n0, A, 2, 2, 3, 4, 5\n';
    const whole = split([text]);
    expect(whole).toEqual(['0, A, 1, 2, 3, 4, 5', '1, B, 1, 2, 3, 4, 5', '', '0, A, 2, 2, 3, 4, 5']);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((left, right) => left - right), text.length];
        expect(split(at.slice(1).map((end, index) => text.slice(at[index], end)))).toEqual(whole);
      }),
    );
  });

  it('drops a line without end and goes on with the next', () => {
    expect(split([...Array.from({ length: 100 }, () => 'x'.repeat(1_000)), 'rest of it\nnext\n', `${'y'.repeat(5_000)}\nlast\n`])).toEqual([
      'next',
      'last',
    ]);
  });
});
