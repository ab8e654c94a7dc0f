import type { Comparison } from '#shared/contract/compare.ts';
import { distributionOf } from '#main/core/reports/distribution.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { readingReads } from '#main/core/persistence/operations/readings.ts';
import type { Reading } from '#main/core/resources/readings.ts';
import type { ScoredRow, SystemFiles } from './comparedFiles.ts';

export type Costs = Comparison['systems'][number]['costs'];

export const NO_COSTS: Costs = {
  firstTokenMs: null,
  finalLatencyMs: null,
  rtf: null,
  decodeRtf: null,
  audioSecPerSec: null,
  gpuMemoryPeakMb: null,
  gpuBusyHours: null,
};

const SAMPLES_IN_PAGE = 2_000;
const BYTES_PER_MB = 1024 * 1024;
/** Nothing is known of what lies between two readings that are farther apart than this and their own length. */
const MAX_SAMPLE_GAP_MS = 5_000;

/** @param rows of the files compared; what failed has no cost */
export function costsOf(connection: Connection, files: SystemFiles, rows: readonly ScoredRow[]): Costs {
  const { run, system, startedAtMs, endedAtMs } = files;
  const isPaced = run.options.pacing === 'realTime';
  const firstTokens: number[] = [];
  const finalLatencies: number[] = [];
  const rtfs: number[] = [];
  const decodeRtfs: number[] = [];
  for (const { answer, decodedSec, processingSec, decodeSec, firstTokenLatencyMs } of rows) {
    if (answer === null) continue;
    // The whole file is sent before the original mode answers: its first word is its last.
    if (firstTokenLatencyMs !== null && system.mode !== 'original') firstTokens.push(firstTokenLatencyMs);
    if (decodedSec === null || decodedSec <= 0) continue;
    if (processingSec !== null && isPaced) finalLatencies.push(Math.max(0, processingSec - decodedSec) * 1_000);
    if (processingSec !== null && !isPaced) rtfs.push(processingSec / decodedSec);
    if (decodeSec !== null) decodeRtfs.push(decodeSec / decodedSec);
  }
  const hasWindow = startedAtMs !== null && endedAtMs !== null && endedAtMs > startedAtMs;
  const madeSec = files.scored.reduce(
    (sum, { answer, doneEarlier, decodedSec }) => sum + (answer === null || doneEarlier ? 0 : (decodedSec ?? 0)),
    0,
  );
  return {
    firstTokenMs: percentiles(firstTokens),
    finalLatencyMs: percentiles(finalLatencies),
    rtf: percentiles(rtfs),
    decodeRtf: percentiles(decodeRtfs),
    audioSecPerSec: hasWindow && !isPaced && madeSec > 0 ? madeSec / ((endedAtMs - startedAtMs) / 1_000) : null,
    ...(hasWindow ? gpuUse(connection, run.id, startedAtMs, endedAtMs) : { gpuMemoryPeakMb: null, gpuBusyHours: null }),
  };
}

function percentiles(values: readonly number[]): { p50: number; p95: number } | null {
  const distribution = distributionOf(values);
  return distribution === null ? null : { p50: distribution.p50, p95: distribution.p95 };
}

/** What the graphics cards did in a stretch of a run; null where no reading says. */
function gpuUse(connection: Connection, runId: number, startMs: number, untilMs: number): Pick<Costs, 'gpuMemoryPeakMb' | 'gpuBusyHours'> {
  let peakBytes: number | null = null;
  let busyMs: number | null = null;
  let previousMs = startMs;
  for (let afterMs = startMs - 1; ;) {
    const page = readingReads.runReadings(connection, { runId, afterMs, untilMs, count: SAMPLES_IN_PAGE });
    const last = page.at(-1);
    if (last === undefined) break;
    afterMs = last.atMs;
    for (const { atMs, json } of page) {
      const { spanMs, mean, high } = JSON.parse(json) as Reading;
      const gapMs = Math.min(Math.max(MAX_SAMPLE_GAP_MS, spanMs), Math.max(0, atMs - previousMs));
      previousMs = atMs;
      const used = high.gpus.flatMap(({ memoryUsedBytes }) => (memoryUsedBytes === null ? [] : [memoryUsedBytes]));
      const busy = mean.gpus.flatMap(({ utilizationPercent }) => (utilizationPercent === null ? [] : [utilizationPercent / 100]));
      if (used.length > 0) peakBytes = Math.max(peakBytes ?? 0, sum(used));
      if (busy.length > 0) busyMs = (busyMs ?? 0) + sum(busy) * gapMs;
    }
  }
  return {
    gpuMemoryPeakMb: peakBytes === null ? null : peakBytes / BYTES_PER_MB,
    gpuBusyHours: busyMs === null ? null : busyMs / 3_600_000,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
