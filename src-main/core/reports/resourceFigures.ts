import type { ReportModel } from '#shared/contract/reports.ts';
import type { Reading } from '#main/core/resources/readings.ts';

const MAX_POINTS = 240;
const BYTES_PER_MB = 1024 * 1024;

type Resources = ReportModel['resources'];
type MeanAndPeak = Resources['cpuPercent'];

class Mean {
  #sum = 0;
  #count = 0;
  #max = -Infinity;

  /** @param count seconds that `value` is the mean of, @param high the greatest of them */
  add(value: number | null, count = 1, high: number | null = value): void {
    if (value === null || count === 0) return;
    this.#sum += value * count;
    this.#count += count;
    this.#max = Math.max(this.#max, high ?? value);
  }

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  reading(): MeanAndPeak {
    return this.#count === 0 ? null : { mean: this.#sum / this.#count, max: this.#max };
  }
}

interface Point {
  readonly atMs: number;
  readonly cpuPercent: number | null;
  readonly ownMemoryMb: number;
  readonly memoryPercent: number | null;
  readonly gpuPercent: number | null;
}

interface Gpu {
  readonly name: string;
  readonly utilization: Mean;
  readonly memoryMb: Mean;
  readonly powerW: Mean;
}

/** Adds up the readings of a run: means, peaks and a series short enough to draw. What was not measured is null, never 0. */
export class ResourceFigures {
  readonly #points: Point[] = [];
  #samples = 0;
  readonly #cpu = new Mean();
  readonly #memoryMb = new Mean();
  readonly #ownMb = new Mean();
  readonly #gpus = new Map<number, Gpu>();
  #diskFreeMinMb: number | null = null;

  /** In the order of time. */
  add({ count, mean, low, high }: Reading): void {
    const { atMs, cpuPercent, memoryUsedBytes, memoryTotalBytes, ownRssBytes, gpus } = mean;
    this.#samples += count;
    this.#cpu.add(cpuPercent, count, high.cpuPercent);
    this.#memoryMb.add(inMb(memoryUsedBytes), count, inMb(high.memoryUsedBytes));
    this.#ownMb.add(ownRssBytes / BYTES_PER_MB, count, high.ownRssBytes / BYTES_PER_MB);
    if (low.diskFreeBytes !== null) this.#diskFreeMinMb = Math.min(this.#diskFreeMinMb ?? Infinity, low.diskFreeBytes / BYTES_PER_MB);
    const gpuMean = new Mean();
    for (const [place, { index, name, utilizationPercent, memoryUsedBytes: gpuBytes, powerW }] of gpus.entries()) {
      const gpu = this.#gpus.get(index) ?? { name, utilization: new Mean(), memoryMb: new Mean(), powerW: new Mean() };
      const most = high.gpus[place];
      this.#gpus.set(index, gpu);
      gpu.utilization.add(utilizationPercent, count, most?.utilizationPercent);
      gpu.memoryMb.add(inMb(gpuBytes), count, inMb(most?.memoryUsedBytes ?? null));
      gpu.powerW.add(powerW, count, most?.powerW);
      gpuMean.add(utilizationPercent);
    }
    this.#points.push({
      atMs,
      cpuPercent,
      ownMemoryMb: ownRssBytes / BYTES_PER_MB,
      memoryPercent:
        memoryUsedBytes === null || memoryTotalBytes === null || memoryTotalBytes === 0 ? null : (memoryUsedBytes / memoryTotalBytes) * 100,
      gpuPercent: gpuMean.mean,
    });
  }

  finish(): Resources {
    return {
      samples: this.#samples,
      cpuPercent: this.#cpu.reading(),
      memoryUsedMb: this.#memoryMb.reading(),
      ownMemoryMb: this.#ownMb.reading(),
      diskFreeMinMb: this.#diskFreeMinMb,
      gpus: [...this.#gpus]
        .toSorted(([left], [right]) => left - right)
        .map(([index, { name, utilization, memoryMb, powerW }]) => ({
          index,
          name,
          utilizationPercent: utilization.reading(),
          memoryUsedMb: memoryMb.reading(),
          powerW: powerW.reading(),
        })),
      series: seriesOf(this.#points),
    };
  }
}

function inMb(bytes: number | null): number | null {
  return bytes === null ? null : bytes / BYTES_PER_MB;
}

/** Equal stretches of time, so that a pause of the run is a gap in the picture and not a line across it. */
function seriesOf(points: readonly Point[]): Resources['series'] {
  const startMs = points[0]?.atMs ?? 0;
  const endMs = points.at(-1)?.atMs ?? startMs;
  const stretches = Math.min(MAX_POINTS, points.length);
  if (stretches === 0) return [];
  const widthMs = Math.max(1, (endMs - startMs) / Math.max(1, stretches - 1));
  const series: Resources['series'] = [];
  let next = 0;
  for (let index = 0; index < stretches; index++) {
    const cpu = new Mean();
    const own = new Mean();
    const memory = new Mean();
    const gpu = new Mean();
    const untilMs = startMs + (index + 0.5) * widthMs;
    for (; next < points.length; next++) {
      const point = points[next];
      if (point === undefined || point.atMs > untilMs) break;
      cpu.add(point.cpuPercent);
      own.add(point.ownMemoryMb);
      memory.add(point.memoryPercent);
      gpu.add(point.gpuPercent);
    }
    series.push({
      atSec: (index * widthMs) / 1_000,
      cpuPercent: cpu.mean,
      ownMemoryMb: own.mean,
      memoryPercent: memory.mean,
      gpuPercent: gpu.mean,
    });
  }
  return series;
}
