import type { Sample } from '#shared/contract/resources.ts';
import type { RunPoint } from '../../state/slices/runs.ts';
import { asSteps, type SparkPoint } from '../../charts/sparkSeries.ts';

export interface GaugeSeries {
  readonly points: readonly SparkPoint[];
  /** Value at the top of the frame. */
  readonly max: number;
}

export function cpuSeries(samples: readonly Sample[]): GaugeSeries {
  return { points: samples.map(({ atMs, cpuPercent }) => ({ atMs, value: cpuPercent })), max: 100 };
}

export function memorySeries(samples: readonly Sample[]): GaugeSeries {
  return {
    points: samples.map(({ atMs, memoryUsedBytes }) => ({ atMs, value: memoryUsedBytes })),
    max: samples.at(-1)?.memoryTotalBytes ?? 0,
  };
}

/** Index of the GPU the gauges show: the first one that reports; null on a machine without. */
export function shownGpu(sample: Sample | undefined): Sample['gpus'][number] | null {
  return sample?.gpus[0] ?? null;
}

export function gpuSeries(samples: readonly Sample[], index: number): GaugeSeries {
  return {
    points: samples.map(({ atMs, gpus }) => ({ atMs, value: gpus.find((gpu) => gpu.index === index)?.utilizationPercent ?? null })),
    max: 100,
  };
}

export function gpuMemorySeries(samples: readonly Sample[], index: number): GaugeSeries {
  const gpuOf = (sample: Sample | undefined) => sample?.gpus.find((gpu) => gpu.index === index);
  return {
    points: samples.map((sample) => ({ atMs: sample.atMs, value: gpuOf(sample)?.memoryUsedBytes ?? null })),
    max: gpuOf(samples.at(-1))?.memoryTotalBytes ?? 0,
  };
}

export function workerSeries(points: readonly RunPoint[]): GaugeSeries {
  return {
    points: asSteps(points.map(({ atMs, activeWorkers }) => ({ atMs, value: activeWorkers }))),
    max: Math.max(1, ...points.map(({ allowedWorkers, activeWorkers }) => Math.max(allowedWorkers, activeWorkers))),
  };
}
