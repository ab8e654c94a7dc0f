import type { Sample } from '#shared/contract/resources.ts';
import { RunOptionsSchema, type ModeProgress, type RunSummary } from '#shared/contract/runs.ts';

/** A mode in which nothing happened yet, with what a test cares about. */
export function buildModeProgress(changes: Partial<ModeProgress> = {}): ModeProgress {
  return {
    mode: 'streaming',
    status: 'waiting',
    total: 0,
    queued: 0,
    active: 0,
    done: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
    retrying: 0,
    held: 0,
    isHeld: false,
    partial: 0,
    counts: null,
    werRatio: null,
    audioSec: 0,
    processingSec: 0,
    rtf: null,
    firstTokenLatencyP50Ms: null,
    startedAtMs: null,
    endedAtMs: null,
    etaSec: null,
    etaLowSec: null,
    etaHighSec: null,
    leftAudioSec: 0,
    totalAudioSec: 0,
    audioMinPerMin: null,
    error: null,
    ...changes,
  };
}

/** A run just created, with what a test cares about. */
export function buildRun(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    id: 1,
    name: 'audio',
    status: 'preparing',
    sources: ['/data/audio'],
    options: RunOptionsSchema.parse({}),
    pausedBy: null,
    pauseAtMs: null,
    stopAfterItemId: null,
    createdAtMs: 0,
    startedAtMs: null,
    endedAtMs: null,
    itemCount: 0,
    inspectedCount: 0,
    audioSec: 0,
    withReferenceCount: 0,
    unusableCount: 0,
    problems: [],
    problemCount: 0,
    modes: [],
    totals: { total: 0, queued: 0, active: 0, done: 0, failed: 0, skipped: 0, cancelled: 0 },
    activeWorkers: 0,
    allowedWorkers: 1,
    workersReason: null,
    workersFacts: null,
    memoryPeakMb: 0,
    cpuPeakPercent: 0,
    etaSec: null,
    etaLowSec: null,
    etaHighSec: null,
    progressRatio: 0,
    audioMinPerMin: null,
    audioMinPerMinOverall: null,
    resultsPath: '/data/results.json',
    resultsError: null,
    gatePassed: null,
    normalizerVersion: null,
    error: null,
    ...changes,
  };
}

/** A reading of an idle machine without a GPU. */
export function buildSample(changes: Partial<Sample> = {}): Sample {
  return {
    atMs: 0,
    cpuPercent: 0,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
    ownRssBytes: 0,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
    ...changes,
  };
}
