import type { Sample } from '#shared/contract/resources.ts';
import { READING_TIERS, type ReadingFigure } from '#shared/domain/readings.ts';

/** One value of one series at one moment. */
export interface Figure {
  readonly figure: ReadingFigure;
  readonly subject: string;
  readonly name: string | null;
  readonly value: number;
}

/** Values of one series in one bucket; two of them can be put together without loss. */
export interface Bucket {
  readonly figure: ReadingFigure;
  readonly subject: string;
  readonly name: string | null;
  readonly bucketMs: number;
  readonly atMs: number;
  low: number;
  total: number;
  high: number;
  count: number;
}

/** A stretch of a run: what was measured in it on average, at least and at most. Lists of `low` and `high` are as long as those of `mean`. */
export interface Reading {
  readonly spanMs: number;
  /** Seconds that were measured. */
  readonly count: number;
  readonly mean: Sample;
  readonly low: Sample;
  readonly high: Sample;
}

const GPU_FIGURES = [
  ['gpuUtilizationPercent', 'utilizationPercent'],
  ['gpuMemoryUsedBytes', 'memoryUsedBytes'],
  ['gpuMemoryTotalBytes', 'memoryTotalBytes'],
  ['gpuTemperatureC', 'temperatureC'],
  ['gpuPowerW', 'powerW'],
] as const;
const SERVER_FIGURES = [
  ['serverRssBytes', 'rssBytes'],
  ['serverCpuPercent', 'cpuPercent'],
] as const;
const MACHINE_FIGURES = [
  'cpuPercent',
  'memoryUsedBytes',
  'memoryTotalBytes',
  'ownRssBytes',
  'diskFreeBytes',
  'diskTotalBytes',
] as const satisfies readonly ReadingFigure[];

/** Everything a sample measured; what is null is not there. */
export function figuresOf(sample: Sample): Figure[] {
  const found: Figure[] = [];
  const add = (figure: ReadingFigure, value: number | null, subject = '', name: string | null = null): void => {
    if (value !== null && Number.isFinite(value)) found.push({ figure, subject, name, value });
  };
  for (const figure of MACHINE_FIGURES) add(figure, sample[figure]);
  for (const gpu of sample.gpus) for (const [figure, key] of GPU_FIGURES) add(figure, gpu[key], String(gpu.index), gpu.name);
  for (const server of sample.servers) for (const [figure, key] of SERVER_FIGURES) add(figure, server[key], server.id);
  add('serversRssBytes', sumOf(sample.servers.map(({ rssBytes }) => rssBytes)));
  add('serversCpuPercent', sumOf(sample.servers.map(({ cpuPercent }) => cpuPercent)));
  return found;
}

/** Buckets of every tier that hold these samples. */
export function foldSamples(samples: readonly Sample[]): Bucket[] {
  const buckets = new Map<string, Bucket>();
  for (const sample of samples) {
    for (const { figure, subject, name, value } of figuresOf(sample)) {
      for (const { bucketMs } of READING_TIERS) {
        const atMs = Math.floor(sample.atMs / bucketMs) * bucketMs;
        const key = `${figure} ${bucketMs} ${atMs} ${subject}`;
        const known = buckets.get(key);
        if (known === undefined) {
          buckets.set(key, { figure, subject, name, bucketMs, atMs, low: value, total: value, high: value, count: 1 });
        } else {
          known.low = Math.min(known.low, value);
          known.high = Math.max(known.high, value);
          known.total += value;
          known.count += 1;
        }
      }
    }
  }
  return [...buckets.values()];
}

/** What buckets of one stretch say together, in the shape of a sample. */
export function readingOf(atMs: number, bucketMs: number, buckets: readonly Bucket[]): Reading {
  return {
    spanMs: bucketMs,
    count: Math.max(0, ...buckets.map(({ count }) => count)),
    mean: sampleOf(atMs, buckets, ({ total, count }) => total / count),
    low: sampleOf(atMs, buckets, ({ low }) => low),
    high: sampleOf(atMs, buckets, ({ high }) => high),
  };
}

/** A single sample as the stretch of one second. */
export function readingOfSample(sample: Sample): Reading {
  return { spanMs: 1_000, count: 1, mean: sample, low: sample, high: sample };
}

function sampleOf(atMs: number, buckets: readonly Bucket[], value: (bucket: Bucket) => number): Sample {
  const find = (figure: ReadingFigure, subject = ''): number | null => {
    const bucket = buckets.find((entry) => entry.figure === figure && entry.subject === subject);
    return bucket === undefined ? null : value(bucket);
  };
  const gpus = new Map<string, string>();
  const servers = new Set<string>();
  for (const { figure, subject, name } of buckets) {
    if (figure.startsWith('gpu')) gpus.set(subject, name ?? '');
    else if (subject !== '') servers.add(subject);
  }
  return {
    atMs,
    cpuPercent: find('cpuPercent'),
    memoryUsedBytes: find('memoryUsedBytes'),
    memoryTotalBytes: find('memoryTotalBytes'),
    ownRssBytes: find('ownRssBytes') ?? 0,
    diskFreeBytes: find('diskFreeBytes'),
    diskTotalBytes: find('diskTotalBytes'),
    gpus: [...gpus]
      .toSorted(([left], [right]) => Number(left) - Number(right))
      .map(([subject, name]) => ({
        index: Number(subject),
        name,
        utilizationPercent: find('gpuUtilizationPercent', subject),
        memoryUsedBytes: find('gpuMemoryUsedBytes', subject),
        memoryTotalBytes: find('gpuMemoryTotalBytes', subject),
        temperatureC: find('gpuTemperatureC', subject),
        powerW: find('gpuPowerW', subject),
      })),
    servers: [...servers].toSorted().map((id) => ({ id, rssBytes: find('serverRssBytes', id), cpuPercent: find('serverCpuPercent', id) })),
  };
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
