import { z } from 'zod';
import { RUN_STATUSES } from '#shared/domain/run.ts';
import { MESSAGE_LOCALES } from '#shared/errors/messages.ts';
import {
  AbsolutePathSchema,
  EpochMsSchema,
  ErrorCodeSchema,
  IdSchema,
  ModeSchema,
  NormalizerSchema,
  PathSchema,
  ProblemSchema,
  WireErrorSchema,
  WordCountsSchema,
} from './common.ts';
import { GateSchema, GateVerdictSchema } from './gate.ts';
import { IntervalSchema, PairFiguresSchema } from './pairFigures.ts';
import { RunOptionsSchema } from './runs.ts';

/** What can be written of a run. Those of `TRANSCRIPT_FORMATS` are one file for each result, the others one file (csv: two) for the run. */
export const REPORT_FORMATS = [
  'html',
  'brief',
  'pdf',
  'md',
  'csv',
  'json',
  'results',
  'qc',
  'orchestration',
  'resources',
  'txt',
  'srt',
  'vtt',
  'tsv',
  'transcript-json',
] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
export const TRANSCRIPT_FORMATS = ['txt', 'srt', 'vtt', 'tsv', 'transcript-json'] as const satisfies readonly ReportFormat[];
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

const Lines = z.array(z.string().max(4_000)).max(200);

/** What people write about a run (S2.15); every field may be left out. Kept with the run and part of its report. */
export const RunNotesSchema = z
  .strictObject({
    /** As people write dates; not interpreted. */
    date: z.string().max(200),
    author: z.string().max(200),
    role: z.string().max(200),
    phase: z.string().max(200),
    agenda: Lines,
    background: z.string().max(20_000),
    decisions: Lines,
    risks: z.array(z.strictObject({ risk: z.string().max(4_000), mitigation: z.string().max(4_000).default('') })).max(200),
    deliverables: Lines,
    nextActions: Lines,
    links: z.array(z.strictObject({ title: z.string().max(500), url: z.string().max(4_000) })).max(200),
  })
  .partial();
export type RunNotes = z.infer<typeof RunNotesSchema>;

/** What may be doubtful about a result; thresholds and their sources are in docs/reports.md. */
export const QUALITY_KINDS = [
  'emptyText',
  'tooFast',
  'repetition',
  'scriptMismatch',
  'languageMismatch',
  'lowConfidence',
  'endsEarly',
  'partialAudio',
  'duplicateText',
  'duplicateAudio',
] as const;
export type QualityKind = (typeof QUALITY_KINDS)[number];

export const QualityWarningSchema = z.object({
  kind: z.enum(QUALITY_KINDS),
  /** Results it was found in, each counted once; files are distinct over the modes. */
  results: z.int(),
  files: z.int(),
  byMode: z.partialRecord(ModeSchema, z.int()),
  examples: z.array(
    z.object({
      fileId: z.string(),
      modes: z.array(ModeSchema),
      /** In English, for scripts; `findingText` says it in the reader's language. */
      detail: z.string(),
      facts: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
});
export type QualityWarning = z.infer<typeof QualityWarningSchema>;

/** 0–100, with everything that went into it. */
export const QualityScoreSchema = z.object({
  score: z.number(),
  formula: z.string(),
  successRatio: z.number(),
  /** 1 − WER of the answered files, not below 0; null without references, and then not part of the score. */
  accuracy: z.number().nullable(),
  /** Share of the answered files with at least one warning. */
  flaggedRatio: z.number(),
});
export type QualityScore = z.infer<typeof QualityScoreSchema>;

/** Percentiles by linear interpolation over single results; null fields never occur: without values there is no distribution at all. */
export const DistributionSchema = z.object({
  count: z.int(),
  mean: z.number(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});
export type Distribution = z.infer<typeof DistributionSchema>;

const TopErrorsSchema = z.array(z.object({ reference: z.string(), hypothesis: z.string(), count: z.int() }));

export const ReportModeSchema = z.object({
  mode: ModeSchema,
  /** files = done + failed + cancelled + notReached; done includes `doneEarlier`. */
  files: z.int(),
  done: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  notReached: z.int(),
  doneEarlier: z.int(),
  /** Done after at least one attempt that failed or was lost. */
  recovered: z.int(),
  /** done / (done + failed); null before there is an outcome. */
  successRatio: z.number().nullable(),
  /** Results with a reference and an outcome: the pairs behind the rates. A failed file counts as deleted words. */
  scored: z.int(),
  /** Of these, failed ones. */
  scoredFailed: z.int(),
  counts: WordCountsSchema.nullable(),
  werRatio: z.number().nullable(),
  /** 95 %, by bootstrap over files. */
  werInterval: IntervalSchema.nullable(),
  cerRatio: z.number().nullable(),
  cerNoSpacesRatio: z.number().nullable(),
  merRatio: z.number().nullable(),
  wilRatio: z.number().nullable(),
  sentenceErrorRatio: z.number().nullable(),
  /** Mean of the rates of files: another figure than the WER, shown as what it is. */
  meanOfFileWers: z.number().nullable(),
  /** 1 − WER, below 0 where there are more errors than words. */
  averageAccuracy: z.number().nullable(),
  quality: QualityScoreSchema.nullable(),
  /** Results with at least one warning. */
  flagged: z.int(),
  audioSec: z.number(),
  processingSec: z.number(),
  /** processing / audio. In a paced run it cannot be below 1 and says nothing about speed. */
  rtf: z.number().nullable(),
  rtfs: DistributionSchema.nullable(),
  processingSecs: DistributionSchema.nullable(),
  /** Seconds the server says it decoded. */
  decodeSecs: DistributionSchema.nullable(),
  /** From taking the file to its result, file decoding included. */
  endToEndSecs: DistributionSchema.nullable(),
  firstTokenMs: DistributionSchema.nullable(),
  /** From the end of the audio to the last result; only of paced runs. */
  finalLatencyMs: DistributionSchema.nullable(),
  /** Where the time of a result goes, means in seconds over the results of this run that all three were measured for. */
  stageSecs: z
    .object({
      count: z.int(),
      /** What the server says it decoded. */
      serverDecoding: z.number(),
      /** The rest of what the server was asked for: sending, and waiting for its turn. */
      sendingAndWaiting: z.number(),
      /** Everything before and after: reading and decoding the file, storing the result. */
      fileAndStorage: z.number(),
    })
    .nullable(),
  /** Counts of real-time factors in equal steps from 0 to `rtfHistogramMax`; the last holds what is above, too. */
  rtfHistogram: z.array(z.int()),
  rtfHistogramMax: z.number(),
  topSubstitutions: TopErrorsSchema,
  topDeletions: TopErrorsSchema,
  topInsertions: TopErrorsSchema,
  startedAtMs: EpochMsSchema.nullable(),
  endedAtMs: EpochMsSchema.nullable(),
  error: WireErrorSchema.nullable(),
});
export type ReportMode = z.infer<typeof ReportModeSchema>;

export const ModeComparisonSchema = PairFiguresSchema.extend({
  a: ModeSchema,
  b: ModeSchema,
  /** Files with an outcome and a reference in both modes. */
  pairs: z.int(),
  referenceWords: z.int(),
  werA: z.number().nullable(),
  werB: z.number().nullable(),
});
export type ModeComparison = z.infer<typeof ModeComparisonSchema>;

const GroupSchema = z.object({
  name: z.string(),
  cells: z.array(
    z.object({
      mode: ModeSchema,
      files: z.int(),
      failed: z.int(),
      counts: WordCountsSchema.nullable(),
      werRatio: z.number().nullable(),
    }),
  ),
});
export type ReportGroup = z.infer<typeof GroupSchema>;

const DiffStepSchema = z.object({
  op: z.enum(['hit', 'substitution', 'deletion', 'insertion']),
  reference: z.string().nullable(),
  hypothesis: z.string().nullable(),
});
export type DiffStep = z.infer<typeof DiffStepSchema>;

export const WorstFileSchema = z.object({
  fileId: z.string(),
  /** Mode with the highest rate (most errors where there are no reference words); ties: the first in order. */
  mode: ModeSchema,
  /** null without reference words: such a file stands where its errors over one word would put it. */
  werRatio: z.number().nullable(),
  errors: z.int(),
  referenceWords: z.int(),
  byMode: z.partialRecord(ModeSchema, z.number().nullable()),
  /** Of `mode`; cut after `WORST_DIFF_STEPS`. */
  diff: z.array(DiffStepSchema),
  isDiffCut: z.boolean(),
});
export type WorstFile = z.infer<typeof WorstFileSchema>;

const ReadingSchema = z.object({ mean: z.number(), max: z.number() });

export const ReportModelSchema = z.object({
  schemaVersion: z.literal(1),
  generatedAtMs: EpochMsSchema,
  environment: z.object({
    nightshiftVersion: z.string(),
    nodeVersion: z.string(),
    platform: z.string(),
    cpuModel: z.string(),
    cpuCount: z.int(),
    memoryTotalBytes: z.number(),
    gpus: z.array(z.string()),
    decoder: z.string(),
  }),
  run: z.object({
    id: IdSchema,
    name: z.string(),
    status: z.enum(RUN_STATUSES),
    sources: z.array(z.string()),
    modelName: z.string().nullable(),
    /** Name, version and variant of the rule behind every figure of the report. */
    normalizer: z.string(),
    /** The rule the run itself was scored with, where the report was asked for under another; null: the same, or the run was not scored. */
    ownNormalizer: z.string().nullable(),
    /**
     * The present version of the rule, where the figures are of an older one: they can be compared with nothing that is scored now, and whatever is not stored
     * (alignments, characters) is of this one. Null: the figures are of the present version.
     */
    newerNormalizer: z.string().nullable(),
    createdAtMs: EpochMsSchema,
    startedAtMs: EpochMsSchema.nullable(),
    endedAtMs: EpochMsSchema.nullable(),
    itemCount: z.int(),
    audioSec: z.number(),
    withReferenceCount: z.int(),
    unusableCount: z.int(),
    problems: z.array(ProblemSchema),
    problemCount: z.int(),
    options: RunOptionsSchema,
    error: WireErrorSchema.nullable(),
  }),
  outcome: z.object({
    /** Tasks: files times modes. total = done + failed + cancelled + notReached. */
    total: z.int(),
    done: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    notReached: z.int(),
    doneEarlier: z.int(),
    recovered: z.int(),
    /** done / (done + failed). */
    successRatio: z.number().nullable(),
    failureRatio: z.number().nullable(),
    elapsedSec: z.number().nullable(),
    /** Results (a file in a mode) made in this run for each hour of `elapsedSec`; null in a paced run, which says nothing about throughput. */
    filesPerHour: z.number().nullable(),
    meanEndToEndSec: z.number().nullable(),
    memoryPeakMb: z.number(),
    cpuPeakPercent: z.number(),
  }),
  /** Which rate is shown first: CER for Korean, Japanese and Chinese. */
  headline: z.enum(['wer', 'cer']),
  modes: z.array(ReportModeSchema),
  comparisons: z.array(ModeComparisonSchema),
  intervals: z.object({ replicates: z.int(), seed: z.int(), clusteredBySpeaker: z.boolean() }),
  folders: z.array(GroupSchema),
  speakers: z.array(GroupSchema),
  worstFiles: z.array(WorstFileSchema),
  failures: z.array(
    z.object({
      code: ErrorCodeSchema,
      results: z.int(),
      byMode: z.partialRecord(ModeSchema, z.int()),
      examples: z.array(z.object({ fileId: z.string(), modes: z.array(ModeSchema), detail: z.string().nullable() })),
    }),
  ),
  warnings: z.array(QualityWarningSchema),
  resources: z.object({
    samples: z.int(),
    cpuPercent: ReadingSchema.nullable(),
    memoryUsedMb: ReadingSchema.nullable(),
    ownMemoryMb: ReadingSchema.nullable(),
    diskFreeMinMb: z.number().nullable(),
    gpus: z.array(
      z.object({
        index: z.int(),
        name: z.string(),
        utilizationPercent: ReadingSchema.nullable(),
        memoryUsedMb: ReadingSchema.nullable(),
        powerW: ReadingSchema.nullable(),
      }),
    ),
    /** At most 240 points, each the mean of its stretch; null: nothing was measured in it, which is drawn as a gap. */
    series: z.array(
      z.object({
        atSec: z.number(),
        cpuPercent: z.number().nullable(),
        ownMemoryMb: z.number().nullable(),
        memoryPercent: z.number().nullable(),
        gpuPercent: z.number().nullable(),
      }),
    ),
  }),
  notes: RunNotesSchema.nullable(),
  gate: GateVerdictSchema.nullable(),
});
export type ReportModel = z.infer<typeof ReportModelSchema>;

/**
 * The QC report (S2.9): a small file with everything one needs to accept or refuse a run. Names are stable; a new field raises the minor number. Published as
 * `docs/qc-report.schema.json`.
 */
export const QcReportSchema = z.object({
  schema_version: z.literal('1.0'),
  generator: z.string(),
  generated_at: z.iso.datetime(),
  run: z.object({
    id: z.int(),
    name: z.string(),
    status: z.enum(RUN_STATUSES),
    started_at: z.iso.datetime().nullable(),
    ended_at: z.iso.datetime().nullable(),
    sources: z.array(z.string()),
    model: z.string().nullable(),
    normalizer: z.string(),
    pacing: z.enum(['asFast', 'realTime']),
  }),
  verdict: z.enum(['passed', 'failed', 'not_judged']),
  gate: z.object({ name: z.string(), valid: z.boolean(), warnings: z.array(z.string()) }).nullable(),
  indicators: z.object({
    total: z.int(),
    done: z.int(),
    failed: z.int(),
    success_rate: z.number().nullable(),
    failure_rate: z.number().nullable(),
    mean_end_to_end_seconds: z.number().nullable(),
    recovered_by_retry: z.int(),
    gpu_utilization_mean_percent: z.number().nullable(),
  }),
  modes: z.array(
    z.object({
      mode: ModeSchema,
      files: z.int(),
      done: z.int(),
      failed: z.int(),
      wer: z.number().nullable(),
      wer_interval_95: z.tuple([z.number(), z.number()]).nullable(),
      cer: z.number().nullable(),
      accuracy: z.number().nullable(),
      quality_score: z.number().nullable(),
      processing_seconds_mean: z.number().nullable(),
      rtf_p50: z.number().nullable(),
      rtf_p95: z.number().nullable(),
    }),
  ),
  quality_warnings: z.array(z.object({ kind: z.enum(QUALITY_KINDS), results: z.int(), files: z.int(), examples: z.array(z.string()) })),
  failures: z.array(z.object({ code: z.string(), results: z.int(), sentence: z.string(), examples: z.array(z.string()) })),
  notes: RunNotesSchema.nullable(),
});
export type QcReport = z.infer<typeof QcReportSchema>;

const ByRun = z.object({ runId: IdSchema });

/** Every figure under this rule, counted anew from the texts; a verdict of the run, which is about its own figures, is left out. null: the run's own figures. */
const ReportNormalizerSchema = NormalizerSchema.nullable().default(null);

export const reportRoutes = {
  /**
   * Writes the report of a run. Nothing that exists is written over without `force`: then nothing at all is written and OUTPUT_EXISTS names the first.
   * @throws RUN_NOT_FOUND, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, DISK_FULL, PDF_UNAVAILABLE, INPUT_INVALID (naming template)
   */
  'reports.export': {
    kind: 'command',
    input: ByRun.extend({
      formats: z.array(z.enum(REPORT_FORMATS)).min(1).max(REPORT_FORMATS.length),
      /** Null: `report` beside the results of the run in the data folder. */
      folder: AbsolutePathSchema.nullable().default(null),
      language: z.enum(MESSAGE_LOCALES).default('en'),
      force: z.boolean().default(false),
      /** Path of a transcript below the folder; see docs/reports.md. */
      naming: z.string().min(1).max(500).default('{mode}/{folder}/{name}.{ext}'),
      /** Draw whole speakers for the intervals. */
      clusterBySpeaker: z.boolean().default(false),
      normalizer: ReportNormalizerSchema,
    }),
    output: z.object({
      folder: PathSchema,
      /** Without the transcripts, which are only counted. */
      files: z.array(z.object({ format: z.enum(REPORT_FORMATS), path: PathSchema })),
      transcripts: z.int(),
    }),
  },
  'reports.preview': {
    kind: 'query',
    input: ByRun.extend({ clusterBySpeaker: z.boolean().default(false), normalizer: ReportNormalizerSchema }),
    output: ReportModelSchema,
  },
  'reports.notes': { kind: 'query', input: ByRun, output: z.object({ notes: RunNotesSchema.nullable() }) },
  /** Null removes them. */
  'reports.setNotes': { kind: 'command', input: ByRun.extend({ notes: RunNotesSchema.nullable() }), output: z.object({}) },
  /** Judges the run as it is now; the verdict is kept with the run. */
  'reports.judge': { kind: 'command', input: ByRun.extend({ gate: GateSchema }), output: GateVerdictSchema },
} as const;
