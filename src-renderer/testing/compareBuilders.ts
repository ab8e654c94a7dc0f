import type { Comparison } from '#shared/contract/compare.ts';

type System = Comparison['systems'][number];
type Pair = Comparison['pairs'][number];

export function buildSystem(part: Partial<System> = {}): System {
  return {
    runId: 1,
    mode: 'streaming',
    runName: 'test-clean',
    runStatus: 'finished',
    modelName: 'tiny-en',
    language: null,
    runNormalizer: 'simple 1',
    pacing: 'asFast',
    startedAtMs: 1_000_000,
    endedAtMs: 2_000_000,
    files: 24,
    scoredFiles: 24,
    scoredWerRatio: 0.05,
    failedFiles: 0,
    failedWords: 0,
    counts: { substitutions: 3, deletions: 1, insertions: 1, hits: 96, referenceWords: 100 },
    werRatio: 0.05,
    werInterval: [0.03, 0.07],
    cerRatio: 0.02,
    vocabulary: { words: 40, recognisedOnce: 39, recognisedAlways: 37, accuracyRatio: 0.975 },
    speakerWerRatios: [0.04, 0.06],
    costs: {
      firstTokenMs: null,
      finalLatencyMs: null,
      rtf: { p50: 0.1, p95: 0.2 },
      decodeRtf: null,
      audioSecPerSec: 12,
      gpuMemoryPeakMb: null,
      gpuBusyHours: null,
    },
    ...part,
  };
}

export function buildPair(part: Partial<Pair> = {}): Pair {
  return {
    a: 0,
    b: 1,
    difference: 0.0042,
    interval: [0.0021, 0.0063],
    segments: 100,
    z: 3.9,
    p: 0.0001,
    pHolm: 0.0001,
    onlyACorrect: 1,
    onlyBCorrect: 9,
    mcnemarP: 0.02,
    verdict: 'bBetter',
    ...part,
  };
}

/** Two modes of one run, the second better. */
export function buildComparison(part: Partial<Comparison> = {}): Comparison {
  return {
    normalizer: 'simple',
    normalizerLabel: 'simple 1',
    clusterBy: 'none',
    headlineRate: 'wer',
    files: 24,
    referenceWords: 100,
    audioSec: 120,
    pacing: 'asFast',
    replicates: 10_000,
    systems: [buildSystem(), buildSystem({ mode: 'original', werRatio: 0.0458 })],
    pairs: [buildPair()],
    headline: {
      findings: [{ better: 1, worse: 0, difference: 0.0042, interval: [0.0021, 0.0063], z: 3.9, pHolm: 0.0001 }],
      notDistinguishable: [],
      notEnoughData: [],
    },
    speakers: [
      { name: '1089', files: 12, referenceWords: 50 },
      { name: '61', files: 12, referenceWords: 50 },
    ],
    folders: [{ name: '.', files: 24, referenceWords: 100, werRatios: [0.05, 0.0458] }],
    chips: { all: 24, disagreement: 7, worse: [5, 2], deletions: 3, insertions: 2, substitutions: 6, failed: 0 },
    topErrors: { substitutions: [], deletions: [], insertions: [] },
    warnings: [],
    ...part,
  };
}
