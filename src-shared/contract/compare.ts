import { z } from 'zod';
import { RUN_STATUSES } from '#shared/domain/run.ts';
import { EpochMsSchema, ErrorCodeSchema, IdSchema, ModeSchema, NormalizerSchema, WireErrorSchema, WordCountsSchema } from './common.ts';
import { IntervalSchema, PairFiguresSchema } from './pairFigures.ts';

/** More than these do not fit beside each other, and every pair of them is a test. */
export const MAX_SYSTEMS = 6;

/** What is compared: one mode of one run. Everywhere below a system is named by its place in the list that was asked for, from 0. */
const SystemSchema = z.strictObject({ runId: IdSchema, mode: ModeSchema });
export type ComparedSystem = z.infer<typeof SystemSchema>;

const PlaceSchema = z
  .int()
  .min(0)
  .max(MAX_SYSTEMS - 1);

/** What every question about a comparison begins with. The same input names the same comparison, which is kept while it is asked about. */
const ComparisonInput = z.object({
  systems: z
    .array(SystemSchema)
    .min(2)
    .max(MAX_SYSTEMS)
    .refine(
      (systems) => new Set(systems.map(({ runId, mode }) => `${runId} ${mode}`)).size === systems.length,
      'expected different systems',
    ),
  /** Texts are scored anew with it, whatever the runs used; null: the one of the first run. Stored figures stay as they are. */
  normalizer: NormalizerSchema.nullable().default(null),
  /** `speaker`: whole speakers are drawn for the intervals, because files of one speaker are no independent evidence. */
  clusterBy: z.enum(['none', 'speaker']).default('none'),
});

/** Lower and upper end, as fractions. */
const PercentilesSchema = z.object({ p50: z.number(), p95: z.number() });

/**
 * Distinct words of the reference, and how many of them the system knows. accuracyRatio = recognisedOnce / words. A word that occurs once weighs as much as
 * one that occurs a thousand times, so that rare words and names show.
 */
const VocabularySchema = z.object({
  words: z.int(),
  /** Recognised in at least one place where they occur. */
  recognisedOnce: z.int(),
  /** Recognised in every place where they occur. */
  recognisedAlways: z.int(),
  accuracyRatio: z.number().nullable(),
});

/**
 * What a system costs, over its answered files among those compared. Null: not measured or, where `pacing` of the comparison says `mixed`, not comparable.
 */
const CostsSchema = z.object({
  /** Until the first words; never of the original mode, whose first word is its last. */
  firstTokenMs: PercentilesSchema.nullable(),
  /** From the end of the audio to the last result; only of runs paced as real time. */
  finalLatencyMs: PercentilesSchema.nullable(),
  /** Processing / audio for each file; null in a paced run, where it cannot be below 1. */
  rtf: PercentilesSchema.nullable(),
  /** The same with the seconds the server says it decoded, which says something about speed in a paced run, too. */
  decodeRtf: PercentilesSchema.nullable(),
  /** Audio seconds for each second of the mode's time, over results made in this run; null in a paced run and where all results are from earlier runs. */
  audioSecPerSec: z.number().nullable(),
  /** Most memory in use on all graphics cards together while the mode ran, other programs included, MB. */
  gpuMemoryPeakMb: z.number().nullable(),
  /** Use of the graphics cards added up over the mode's time: one card at 50 % for two hours is one hour. */
  gpuBusyHours: z.number().nullable(),
});

const ComparedSystemSchema = z.object({
  runId: IdSchema,
  mode: ModeSchema,
  runName: z.string(),
  runStatus: z.enum(RUN_STATUSES),
  modelName: z.string().nullable(),
  language: z.string().nullable(),
  /** Of the figures the run stored: name, version and variant. */
  runNormalizer: z.string(),
  pacing: z.enum(['asFast', 'realTime']),
  /** Of the mode; null where it has not begun or ended. */
  startedAtMs: EpochMsSchema.nullable(),
  endedAtMs: EpochMsSchema.nullable(),
  /** Files of the run that this mode was asked to cover, and of these the ones with a reference and an outcome. */
  files: z.int(),
  scoredFiles: z.int(),
  /** Over all of `scoredFiles`, whoever else has them. Every other figure is over the common files. */
  scoredWerRatio: z.number().nullable(),
  /** Files without an answer among those compared, and their reference words, which count as deleted. */
  failedFiles: z.int(),
  failedWords: z.int(),
  counts: WordCountsSchema,
  werRatio: z.number().nullable(),
  /** 95 %, by bootstrap; null with too few files (or speakers). */
  werInterval: IntervalSchema.nullable(),
  cerRatio: z.number().nullable(),
  vocabulary: VocabularySchema,
  /** In the order of `speakers` of the comparison; null where a speaker's references are empty. */
  speakerWerRatios: z.array(z.number().nullable()),
  costs: CostsSchema,
});

const ComparisonPairSchema = PairFiguresSchema.extend({
  a: PlaceSchema,
  b: PlaceSchema,
  /** Files without any error in only one of the two, on which McNemar's test rests. */
  onlyACorrect: z.int(),
  onlyBCorrect: z.int(),
});

/** A difference that test and interval agree on. */
const FindingSchema = z.object({
  better: PlaceSchema,
  worse: PlaceSchema,
  /** WER of the worse − WER of the better: above 0, as the interval is. */
  difference: z.number(),
  interval: IntervalSchema,
  z: z.number().nullable(),
  pHolm: z.number(),
});

/** What there is to say in one or two sentences. Every pair of systems is in exactly one of the three lists. */
const HeadlineSchema = z.object({
  /** The largest first. */
  findings: z.array(FindingSchema),
  notDistinguishable: z.array(z.tuple([PlaceSchema, PlaceSchema])),
  notEnoughData: z.array(z.tuple([PlaceSchema, PlaceSchema])),
});

/** One kind of error with how often each system made it. A substitution has both words, a deletion no hypothesis, an insertion no reference. */
const ErrorTallySchema = z.object({
  reference: z.string().nullable(),
  hypothesis: z.string().nullable(),
  /** By system. */
  counts: z.array(z.int()),
  total: z.int(),
});
export type ErrorTally = z.infer<typeof ErrorTallySchema>;

export const COMPARISON_WARNINGS = [
  /** Scored files of `system` that not all of the others have an outcome for: not compared. */
  'filesNotCommon',
  /** Files that are the same but whose references differ: not compared. */
  'differentReferences',
  /** Files of the run of `system` without a reference: not compared. Told once for each run. */
  'withoutReference',
  /** Files of `system` without an outcome yet, or cancelled: not compared. */
  'withoutOutcome',
  'differentModels',
  'differentLanguages',
  /** The stored figures of the run of `system` are of an older version of their normaliser: they are not those of this comparison. */
  'olderNormalizer',
  /** Some paced as real time, some as fast as possible: figures of speed are left out. */
  'mixedPacing',
] as const;

export const COMPARISON_FILTERS = ['all', 'disagreement', 'worse', 'deletions', 'insertions', 'substitutions', 'failed'] as const;

export const ComparisonSchema = z.object({
  /** Which normaliser these figures are of, and its label with version and variant. */
  normalizer: NormalizerSchema,
  normalizerLabel: z.string(),
  clusterBy: z.enum(['none', 'speaker']),
  /** Which rate is shown first: CER for Korean, Japanese and Chinese. */
  headlineRate: z.enum(['wer', 'cer']),
  /** Files with a reference that have an outcome in every system, and the words of their references. */
  files: z.int(),
  referenceWords: z.int(),
  audioSec: z.number(),
  pacing: z.enum(['asFast', 'realTime', 'mixed']),
  replicates: z.int(),
  systems: z.array(ComparedSystemSchema),
  /** Each two systems, in the order of the list. */
  pairs: z.array(ComparisonPairSchema),
  headline: HeadlineSchema,
  /** Speakers that the file names tell, with the files and words compared. Empty where they tell none. */
  speakers: z.array(z.object({ name: z.string(), files: z.int(), referenceWords: z.int() })),
  /** Folders of the first path level, `.` for the root. */
  folders: z.array(z.object({ name: z.string(), files: z.int(), referenceWords: z.int(), werRatios: z.array(z.number().nullable()) })),
  /** Files behind each filter. `worse` is by system: files in which it has more errors than every other system. */
  chips: z.object({
    all: z.int(),
    /** Not all systems have the same number of errors. */
    disagreement: z.int(),
    worse: z.array(z.int()),
    /** At least one system has such an error (has failed). */
    deletions: z.int(),
    insertions: z.int(),
    substitutions: z.int(),
    failed: z.int(),
  }),
  /** The most frequent errors of answered files; a failed file's words are in the counts, and not here. */
  topErrors: z.object({
    substitutions: z.array(ErrorTallySchema),
    deletions: z.array(ErrorTallySchema),
    insertions: z.array(ErrorTallySchema),
  }),
  warnings: z.array(z.object({ code: z.enum(COMPARISON_WARNINGS), system: PlaceSchema.nullable(), files: z.int().nullable() })),
});
export type Comparison = z.infer<typeof ComparisonSchema>;

export const ComparisonRowSchema = z.object({
  /** Names the file in this comparison: the id of its item in the run of the first system. */
  key: IdSchema,
  /** Its item in each system's run. */
  itemIds: z.array(IdSchema),
  fileId: z.string(),
  speaker: z.string().nullable(),
  referenceWords: z.int(),
  systems: z.array(z.object({ status: z.enum(['done', 'failed']), errors: z.int(), werRatio: z.number().nullable() })),
  /** Highest − lowest WER; null where the reference is empty. */
  difference: z.number().nullable(),
});
export type ComparisonRow = z.infer<typeof ComparisonRowSchema>;

/** One step of an alignment after normalisation; times are seconds from the start of the file, null where the server did not say. */
const TimedStepSchema = z.object({
  op: z.enum(['hit', 'substitution', 'deletion', 'insertion']),
  reference: z.string().nullable(),
  hypothesis: z.string().nullable(),
  startSec: z.number().nullable(),
  endSec: z.number().nullable(),
});
export type TimedStep = z.infer<typeof TimedStepSchema>;

const ComparedItemSchema = z.object({
  row: ComparisonRowSchema,
  /** As written, before normalisation. */
  reference: z.string(),
  audioSec: z.number().nullable(),
  systems: z.array(
    z.object({
      itemId: IdSchema,
      status: z.enum(['done', 'failed']),
      counts: WordCountsSchema,
      werRatio: z.number().nullable(),
      /** As the server said it; null without an answer. */
      hypothesis: z.string().nullable(),
      steps: z.array(TimedStepSchema),
      /** What the times are of. `segments`: words of one segment have the times of the whole segment. Null: there are none. */
      timesOf: z.enum(['words', 'segments']).nullable(),
      error: WireErrorSchema.nullable(),
      /** What is doubtful about an answer (AUDIO_PARTIAL, TEXT_SUSPICIOUS). */
      warningCode: ErrorCodeSchema.nullable(),
    }),
  ),
});
export type ComparedItem = z.infer<typeof ComparedItemSchema>;

/** One run over the same data, with rates over the files it shares with the run asked about. */
const TrendPointSchema = z.object({
  runId: IdSchema,
  runName: z.string(),
  runStatus: z.enum(RUN_STATUSES),
  modelName: z.string().nullable(),
  /** Of the figures the run stored; those here are all of one normaliser. */
  runNormalizer: z.string(),
  pacing: z.enum(['asFast', 'realTime']),
  startedAtMs: EpochMsSchema.nullable(),
  /** Files that are the same, with the same reference; of the files with a reference of the run asked about. */
  commonFiles: z.int(),
  overlapRatio: z.number(),
  /** In the order of the modes; only modes with an outcome for at least 90 % of the files: what was stopped early says little. */
  modes: z.array(
    z.object({
      mode: ModeSchema,
      files: z.int(),
      failedFiles: z.int(),
      counts: WordCountsSchema,
      werRatio: z.number().nullable(),
      werInterval: IntervalSchema.nullable(),
    }),
  ),
});

export const compareRoutes = {
  /**
   * The whole comparison without its files. Files of two runs are the same when their content is (hash), else when path below the root and reference are.
   * @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE (reason `noReferences`, `noCommonFiles` or `modeNotRun`)
   */
  'compare.open': { kind: 'query', input: ComparisonInput, output: ComparisonSchema },
  /**
   * Pages through what `compare.open` said last: a list does not change under its reader while a run goes on.
   * @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE
   */
  'compare.items': {
    kind: 'query',
    input: ComparisonInput.extend({
      filter: z.enum(COMPARISON_FILTERS).default('all'),
      /** With `worse`: of which system (null: of any). With the other filters and `error`: only what this system did. */
      system: PlaceSchema.nullable().default(null),
      /** Files with this very error, as in `topErrors`. */
      error: z.object({ reference: z.string().nullable(), hypothesis: z.string().nullable() }).nullable().default(null),
      speaker: z.string().nullable().default(null),
      folder: z.string().nullable().default(null),
      /** Part of the file id, case-insensitive. */
      search: z.string().max(500).default(''),
      /** `difference` and `wer` begin with the highest, `path` with the first; ties in the order of the paths. */
      sort: z.enum(['difference', 'wer', 'path']).default('difference'),
      /** With `wer`: of which system. */
      sortSystem: PlaceSchema.default(0),
      isReversed: z.boolean().default(false),
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(200).default(100),
    }),
    output: z.object({ rows: z.array(ComparisonRowSchema), total: z.int() }),
  },
  /** @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE, ITEM_NOT_FOUND */
  'compare.item': { kind: 'query', input: ComparisonInput.extend({ key: IdSchema }), output: ComparedItemSchema },
  /**
   * Runs over the same data in the order of time, the run asked about included: those that have at least 90 % of its files with a reference, by content and
   * reference; what else they have is left out. At most the latest 50.
   * @throws RUN_NOT_FOUND, NOTHING_TO_COMPARE (reason `noReferences`)
   */
  'compare.trend': {
    kind: 'query',
    input: z.object({ runId: IdSchema, normalizer: NormalizerSchema.nullable().default(null) }),
    output: z.object({ normalizer: NormalizerSchema, normalizerLabel: z.string(), files: z.int(), points: z.array(TrendPointSchema) }),
  },
} as const;
