import { RunOptionsSchema, type ModeProgress, type RunSummary } from '#shared/contract/runs.ts';
import type { ItemRow, TaskCell } from '#shared/contract/items.ts';
import type { QueuedTask, QueueState } from '#shared/contract/queue.ts';
import type { Sample } from '#shared/contract/resources.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import type { SystemInfo } from '#shared/contract/system.ts';

export function buildTask(part: Partial<TaskCell> = {}): TaskCell {
  return {
    taskId: 1,
    mode: 'streaming',
    status: 'queued',
    werRatio: null,
    failedAttempts: 0,
    maxRetries: 3,
    notBeforeMs: null,
    errorCode: null,
    priority: 6,
    isHeld: false,
    doneEarlier: false,
    ...part,
  };
}

export function buildRow(part: Partial<ItemRow> = {}): ItemRow {
  const id = part.id ?? 1;
  return {
    id,
    runId: 1,
    fileId: `1089/134686/1089-134686-${String(id).padStart(4, '0')}.flac`,
    sizeBytes: 200_000,
    audioSec: 8.4,
    hasReference: true,
    problem: null,
    tasks: [buildTask({ taskId: id })],
    ...part,
  };
}

export function buildMode(part: Partial<ModeProgress> = {}): ModeProgress {
  return {
    mode: 'streaming',
    status: 'waiting',
    total: 24,
    queued: 24,
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
    ...part,
  };
}

export function buildRun(part: Partial<RunSummary> = {}): RunSummary {
  const modes = part.modes ?? [buildMode()];
  const sum = (key: 'total' | 'queued' | 'active' | 'done' | 'failed' | 'skipped' | 'cancelled'): number =>
    modes.reduce((total, mode) => total + mode[key], 0);
  return {
    id: 1,
    name: 'test-clean',
    status: 'running',
    sources: ['/data/test-clean'],
    options: RunOptionsSchema.parse(modes.length === 0 ? {} : { modes: modes.map(({ mode }) => mode) }),
    pausedBy: null,
    pauseAtMs: null,
    stopAfterItemId: null,
    createdAtMs: 1_000_000,
    startedAtMs: 1_000_000,
    endedAtMs: null,
    itemCount: 24,
    inspectedCount: 24,
    audioSec: 116,
    withReferenceCount: 24,
    unusableCount: 0,
    problems: [],
    problemCount: 0,
    modes,
    totals: {
      total: sum('total'),
      queued: sum('queued'),
      active: sum('active'),
      done: sum('done'),
      failed: sum('failed'),
      skipped: sum('skipped'),
      cancelled: sum('cancelled'),
    },
    activeWorkers: 1,
    allowedWorkers: 1,
    workersReason: null,
    workersFacts: null,
    memoryPeakMb: 200,
    cpuPeakPercent: 80,
    etaSec: null,
    etaLowSec: null,
    etaHighSec: null,
    progressRatio: 0,
    audioMinPerMin: null,
    audioMinPerMinOverall: null,
    resultsPath: '/home/me/results.json',
    resultsError: null,
    gatePassed: null,
    normalizerVersion: 1,
    error: null,
    ...part,
  };
}

export function buildServer(part: Partial<KnownServer> = {}): KnownServer {
  const mode = part.mode ?? 'streaming';
  return {
    id: mode,
    name: `Nightshift ${mode}`,
    protocol: 'nightshift',
    isStartable: true,
    isServing: true,
    isPaused: false,
    window: null,
    mode,
    port: 8001,
    url: 'ws://localhost:8001',
    status: 'stopped',
    pid: null,
    capacity: null,
    sessions: 0,
    model: null,
    rssBytes: null,
    reason: null,
    warnings: [],
    crashCount: 0,
    restartAtMs: null,
    sinceMs: 0,
    error: null,
    ...part,
  };
}

export function buildQueue(part: Partial<QueueState> = {}): QueueState {
  return { isPaused: false, stopAfterRunId: null, currentRunId: null, runIds: [], interruptedRunIds: [], undo: null, ...part };
}

export function buildQueuedTask(part: Partial<QueuedTask> = {}): QueuedTask {
  const itemId = part.itemId ?? 1;
  return {
    taskId: itemId,
    itemId,
    fileId: `1089/134686/1089-134686-${String(itemId).padStart(4, '0')}.flac`,
    mode: 'streaming',
    priority: 6,
    audioSec: 8.4,
    language: null,
    isHeld: false,
    notBeforeMs: null,
    isStopAfter: false,
    ...part,
  };
}

export function buildSample(part: Partial<Sample> = {}): Sample {
  return {
    atMs: 1_000,
    cpuPercent: 50,
    memoryUsedBytes: 8 * 1024 ** 3,
    memoryTotalBytes: 32 * 1024 ** 3,
    ownRssBytes: 200 * 1024 ** 2,
    diskFreeBytes: null,
    diskTotalBytes: null,
    gpus: [],
    servers: [],
    ...part,
  };
}

export function buildSystem(part: Partial<SystemInfo> = {}): SystemInfo {
  return {
    version: '0.1.0',
    bootId: 'boot-1',
    pid: 4_242,
    dataDir: '/home/me/.local/share/nightshift',
    nodeVersion: '24.21.0',
    platform: 'linux',
    cpuCount: 2,
    memoryTotalBytes: 32 * 1024 ** 3,
    decoder: { route: 'node-av', version: '8.0', path: null },
    model: {
      name: 'tiny-en',
      path: '/app/assets/models/tiny-en',
      vocabularyWords: 140,
      isSample: true,
      modes: ['streaming', 'chunked', 'original'],
    },
    modelError: null,
    sample: { dir: '/app/assets/samples', fileCount: 24 },
    isFirstStart: true,
    ...part,
  };
}
