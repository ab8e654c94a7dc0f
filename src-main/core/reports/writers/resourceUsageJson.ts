import type { ReportModel } from '#shared/contract/reports.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { Reading } from '#main/core/resources/readings.ts';

const BYTES_PER_GB = 1024 ** 3;
const MB_PER_GB = 1024;

const gb = (bytes: number | null): number | null => (bytes === null ? null : Math.round((bytes / BYTES_PER_GB) * 1e4) / 1e4);

/** One reading as a line of `samples`: means, and beside them the least and the greatest where it is longer than a second. */
export function resourceSampleJson({ spanMs, mean, low, high }: Reading): string {
  const isFolded = spanMs > 1_000;
  return JSON.stringify({
    timestamp: new Date(mean.atMs).toISOString(),
    seconds: spanMs / 1_000,
    ...figuresJson(mean),
    ...(isFolded && { min: figuresJson(low), max: figuresJson(high) }),
  });
}

function figuresJson(sample: Sample): object {
  return {
    cpu_percent: sample.cpuPercent,
    memory_used_gb: gb(sample.memoryUsedBytes),
    memory_total_gb: gb(sample.memoryTotalBytes),
    nightshift_memory_gb: gb(sample.ownRssBytes),
    disk_free_gb: gb(sample.diskFreeBytes),
    disk_total_gb: gb(sample.diskTotalBytes),
    gpus: sample.gpus.map(({ index, utilizationPercent, memoryUsedBytes, memoryTotalBytes, temperatureC, powerW }) => ({
      index,
      utilization_percent: utilizationPercent,
      memory_used_gb: gb(memoryUsedBytes),
      memory_total_gb: gb(memoryTotalBytes),
      temperature_c: temperatureC,
      power_w: powerW,
    })),
    servers: sample.servers.map(({ id, rssBytes, cpuPercent }) => ({ id, memory_gb: gb(rssBytes), cpu_percent: cpuPercent })),
  };
}

/** What `resource_usage_detailed.json` (S4.23, names of S4.28) has besides its list `samples`: means and peaks. null: not measured, never 0. */
export function toResourceUsage({ run, generatedAtMs, resources }: ReportModel): object {
  const inGb = (reading: { mean: number; max: number } | null): { mean_gb: number; max_gb: number } | null =>
    reading === null ? null : { mean_gb: reading.mean / MB_PER_GB, max_gb: reading.max / MB_PER_GB };
  return {
    run_id: run.id,
    run_name: run.name,
    generated_at: new Date(generatedAtMs).toISOString(),
    sample_count: resources.samples,
    cpu_usage: resources.cpuPercent,
    memory_usage: inGb(resources.memoryUsedMb),
    nightshift_memory_usage: inGb(resources.ownMemoryMb),
    disk_usage: { min_free_gb: resources.diskFreeMinMb === null ? null : resources.diskFreeMinMb / MB_PER_GB },
    gpu_usage: resources.gpus.map(({ index, name, utilizationPercent, memoryUsedMb, powerW }) => ({
      index,
      name,
      utilization: utilizationPercent,
      memory: inGb(memoryUsedMb),
      power_w: powerW,
    })),
  };
}
