import { describe, expect, it } from 'vitest';
import { buildSample } from '../../testing/builders.ts';
import { cpuSeries, gpuMemorySeries, gpuSeries, memorySeries, shownGpu, workerSeries } from './gaugeView.ts';

const gpu = { index: 0, name: 'H100', utilizationPercent: 93, memoryUsedBytes: 8, memoryTotalBytes: 24, temperatureC: 50, powerW: 100 };

describe('gauges', () => {
  it('keeps what is not available as null', () => {
    const samples = [buildSample({ atMs: 1, cpuPercent: null }), buildSample({ atMs: 2, cpuPercent: 71, gpus: [gpu] })];
    expect(cpuSeries(samples)).toEqual({
      points: [
        { atMs: 1, value: null },
        { atMs: 2, value: 71 },
      ],
      max: 100,
    });
    expect(gpuSeries(samples, 0).points.map(({ value }) => value)).toEqual([null, 93]);
    expect(gpuMemorySeries(samples, 0)).toMatchObject({ max: 24, points: [{ value: null }, { value: 8 }] });
    expect(gpuMemorySeries([], 0)).toEqual({ points: [], max: 0 });
    expect(shownGpu(samples[0])).toBeNull();
    expect(shownGpu(samples[1])).toBe(gpu);
    expect(shownGpu(undefined)).toBeNull();
  });

  it('scales memory to the machine', () => {
    expect(memorySeries([buildSample({ memoryUsedBytes: 5, memoryTotalBytes: 32 })])).toEqual({
      points: [{ atMs: 1_000, value: 5 }],
      max: 32,
    });
  });

  it('scales workers to the most that were allowed and never to nothing', () => {
    expect(workerSeries([]).max).toBe(1);
    const points = [
      { atMs: 1, processed: 0, activeWorkers: 0, allowedWorkers: 4 },
      { atMs: 2, processed: 0, activeWorkers: 3, allowedWorkers: 2 },
    ];
    expect(workerSeries(points).max).toBe(4);
  });
});
