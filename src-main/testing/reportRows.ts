import { RunOptionsSchema, type RunOptions, type RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ReportFacts } from '../core/reports/reportBuilder.ts';
import type { StoredReportItem, StoredReportResult } from '../core/persistence/operations/reports.ts';
import { scorePair } from '../core/scoring/score.ts';

/** Fixed times, so that a model can be compared as a whole. */
export const REPORT_AT_MS = Date.UTC(2026, 10, 21, 4, 0, 0);
const STARTED_MS = REPORT_AT_MS - 3_600_000;

export function reportRun(changes: Partial<RunSummary> = {}, options: Partial<RunOptions> = {}): RunSummary {
  const parsed = RunOptionsSchema.parse({ modes: ['streaming', 'chunked', 'original'], ...options });
  return {
    id: 7,
    name: 'test-clean',
    status: 'finished',
    sources: ['/data/test-clean'],
    options: parsed,
    pausedBy: null,
    pauseAtMs: null,
    stopAfterItemId: null,
    createdAtMs: STARTED_MS - 60_000,
    startedAtMs: STARTED_MS,
    endedAtMs: REPORT_AT_MS - 600_000,
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
    allowedWorkers: 0,
    workersReason: null,
    workersFacts: null,
    memoryPeakMb: 412,
    cpuPeakPercent: 87,
    etaSec: null,
    etaLowSec: null,
    etaHighSec: null,
    progressRatio: 1,
    audioMinPerMin: null,
    audioMinPerMinOverall: null,
    resultsPath: '/out/results.json',
    resultsError: null,
    gatePassed: null,
    normalizerVersion: 1,
    error: null,
    ...changes,
  } satisfies Record<keyof RunSummary, unknown> as RunSummary;
}

export function reportFacts(run: RunSummary = reportRun(), changes: Partial<ReportFacts> = {}): ReportFacts {
  return {
    generatedAtMs: REPORT_AT_MS,
    environment: {
      nightshiftVersion: '0.1.0',
      nodeVersion: 'v24.0.0',
      platform: 'linux x64',
      cpuModel: 'Test CPU',
      cpuCount: 8,
      memoryTotalBytes: 32 * 1024 ** 3,
      decoder: 'ffmpeg 7',
    },
    run,
    modelName: 'tiny-en',
    notes: null,
    verdict: null,
    clusterBySpeaker: false,
    rescoredWith: null,
    ...changes,
  };
}

/** An answer word by word, 0.3 s a word from the start. */
export function answeredResult(
  mode: Mode,
  reference: string | null,
  hypothesis: string,
  changes: Partial<StoredReportResult> & { readonly confidence?: number; readonly audioSec?: number } = {},
): StoredReportResult {
  const { confidence = 0.9, audioSec, ...rest } = changes;
  const words = hypothesis
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word, index) => ({ word, startMs: index * 300, endMs: index * 300 + 280, confidence }));
  const decodedSec = audioSec ?? Math.max(1, words.length * 0.3 + 0.5);
  const segments = words.length === 0 ? [] : [{ startMs: 0, endMs: words.at(-1)?.endMs ?? 0, text: hypothesis, words }];
  return {
    mode,
    status: 'done',
    doneEarlier: false,
    errorCode: null,
    errorData: {},
    attempts: 1,
    failedAttempts: 0,
    counts: reference === null ? null : scorePair(reference, hypothesis, 'simple').counts,
    processingSec: decodedSec * 0.2,
    firstTokenLatencyMs: 250,
    endToEndSec: decodedSec * 0.2 + 0.4,
    answer: {
      hypothesis,
      segmentsJson: JSON.stringify(segments),
      language: null,
      decodedSec,
      announcedSec: decodedSec,
      decodeSec: decodedSec * 0.1,
      warningCode: null,
    },
    ...rest,
  };
}

export function failedResult(
  mode: Mode,
  reference: string | null,
  code: StoredReportResult['errorCode'] = 'MEDIA_CORRUPT',
): StoredReportResult {
  return {
    mode,
    status: 'failed',
    doneEarlier: false,
    errorCode: code,
    errorData: { detail: 'no frame could be decoded' },
    attempts: 2,
    failedAttempts: 2,
    counts: reference === null ? null : scorePair(reference, null, 'simple').counts,
    processingSec: null,
    firstTokenLatencyMs: null,
    endToEndSec: null,
    answer: null,
  };
}

export function reportItem(
  id: number,
  fileId: string,
  reference: string | null,
  results: readonly StoredReportResult[],
  sha256: string | null = `sha-${id}`,
): StoredReportItem {
  return { id, fileId, path: `/data/${fileId}`, sha256, announcedSec: 3, reference, results };
}

const SENTENCES = [
  'the quick brown fox jumps over the lazy dog',
  'she sells sea shells by the sea shore every day',
  'a stitch in time saves nine of the old clothes',
  'all that glitters is not gold said the wise man',
  'to be or not to be that is the question here',
  'the early bird catches the worm before the rain',
  'actions speak louder than words in every language',
  'better late than never but never late is better',
];

/** Names that break whoever does not escape them. */
export const HOSTILE_NAMES = [
  '<script>alert(1)</script>.wav',
  '=cmd|"/c calc"!A1.wav',
  'a "quoted", name\nwith a line.wav',
  "it's & <b>.wav",
];

/**
 * A small night: eight speakers of two files each, in which streaming errs more than original; one file fails in one mode, and the last four have hostile names
 * and no transcript.
 */
export function smallNight(): StoredReportItem[] {
  const items: StoredReportItem[] = [];
  for (let index = 0; index < 16; index++) {
    const reference = `${SENTENCES[index % SENTENCES.length] ?? ''} number ${['one', 'two'][Math.floor(index / 8)] ?? ''}`;
    const speaker = 100 + (index % 8);
    const fileId = `${speaker}/1/${speaker}-1-${String(index).padStart(4, '0')}.flac`;
    const words = reference.split(' ');
    const streaming = words.with(1, 'wrong').with(4, 'bad').join(' ');
    const chunked = index % 2 === 0 ? words.toSpliced(2, 1).join(' ') : reference;
    items.push(
      reportItem(index + 1, fileId, reference, [
        index === 3
          ? failedResult('streaming', reference)
          : answeredResult('streaming', reference, streaming, index === 5 ? { attempts: 2, failedAttempts: 1 } : {}),
        answeredResult('chunked', reference, chunked),
        answeredResult('original', reference, reference, { firstTokenLatencyMs: 900 }),
      ]),
    );
  }
  for (const [index, name] of HOSTILE_NAMES.entries()) {
    items.push(
      reportItem(17 + index, `odd/${name}`, null, [
        answeredResult('streaming', null, `hello <world> number ${index}`),
        answeredResult('chunked', null, `=hello number ${index}`),
        { ...failedResult('original', null, 'DECODER_CRASHED') },
      ]),
    );
  }
  return items;
}
