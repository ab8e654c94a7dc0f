import { z } from 'zod';
import { DEFAULT_MAX_RETRIES, DEFAULT_PRIORITY, PAUSE_CAUSES, RUN_STATUSES } from '#shared/domain/run.ts';
import { DEFAULT_PORTS } from '#shared/domain/mode.ts';
import {
  AbsolutePathSchema,
  EpochMsSchema,
  IdSchema,
  ModeSchema,
  NormalizerSchema,
  PathSchema,
  PerModeSchema,
  PortSchema,
  ProblemSchema,
  WireErrorSchema,
  WordCountsSchema,
} from './common.ts';
import { ProfileIdSchema, ServerProfileSchema } from './profiles.ts';
import { GateSchema } from './gate.ts';

/** `command` is started without a shell, with these arguments, in the user's home folder. */
export const WhenDoneSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('nothing') }),
  z.object({ action: z.literal('sleep') }),
  z.object({ action: z.literal('shutDown') }),
  z.object({
    action: z.literal('command'),
    command: z.string().min(1).max(4_000),
    args: z.array(z.string().max(8_000)).max(200).default([]),
  }),
]);
export type WhenDone = z.infer<typeof WhenDoneSchema>;

/** What the user decides before Start. Every field has the product's default, so `{}` is a valid choice. */
export const RunOptionsSchema = z.object({
  /** Modes in any order; they run as streaming → chunked → original. */
  modes: z.array(ModeSchema).min(1).max(3).default(['streaming']),
  /** Files not yet done, per mode (S0.11); null for all. */
  limit: z.int().positive().nullable().default(null),
  calculateWer: z.boolean().default(true),
  normalizer: NormalizerSchema.default('simple'),
  /** BCP-47 tag handed to the server; null lets it detect. */
  language: z.string().min(2).max(35).nullable().default(null),
  /** Folder of a model or the name of a known one, for every mode of this run; null uses the one chosen in the settings. */
  model: z.string().min(1).nullable().default(null),
  /** Longest piece of a long file that is decoded at once, seconds (S1.23). */
  chunkSec: z.number().min(1).max(86_400).default(600),
  /** Window of the chunked mode, seconds. */
  windowSec: z.number().min(0.1).max(600).default(2),
  /** Upper bound on sessions per server; never above what the server reports. null: the server's word. */
  workers: z.int().min(1).max(256).nullable().default(null),
  /** Modes that may be under way at once, each on its own servers; the limits below hold for all of them together. */
  modesAtOnce: z.int().min(1).max(3).default(1),
  priority: z.int().min(0).max(1_000).default(DEFAULT_PRIORITY),
  maxRetries: z.int().min(0).max(100).default(DEFAULT_MAX_RETRIES),
  /** asFast measures throughput, realTime measures latency; results of the two are never mixed. */
  pacing: z.enum(['asFast', 'realTime']).default('asFast'),
  ports: PerModeSchema(PortSchema).default({ ...DEFAULT_PORTS }),
  /** own: Nightshift starts and stops its servers; running: use what already listens on the ports and never end it. */
  servers: z.enum(['own', 'running']).default('own'),
  /** Profiles chosen for this run; each serves its own mode. A mode without one uses those of the settings, or `servers`. */
  serverIds: z.array(ProfileIdSchema).max(48).default([]),
  /**
   * The profiles each mode was started with, whole and without secrets; null: none was chosen, see `servers`. Set by Nightshift: changing a
   * profile later does not change what an earlier run was.
   */
  profiles: PerModeSchema(z.array(ServerProfileSchema).min(1).nullable()).default({ streaming: null, chunked: null, original: null }),
  /** Limit for Nightshift and its own workers, MB (S1.12). */
  memoryLimitMb: z.int().min(64).default(2_048),
  /** No new task is started above this CPU use, percent of all cores (S1.13). */
  cpuLimitPercent: z.number().min(1).max(100).default(90),
  /** Tasks that may be claimed ahead of their start (`--queue-size`, S1.3); the queue itself has no bound. */
  queueSize: z.int().min(1).max(100_000).default(1_000),
  /**
   * The run pauses when this share of the newest 100 tasks finished since it was last resumed, at least 20 of them, failed by a server, the network, a lack of resources or
   * the engine (S4.16); bad files never count. null: never.
   */
  failureThresholdRatio: z.number().gt(0).max(1).nullable().default(0.8),
  /** The run pauses after that time since it was last resumed, seconds (S4.15); null: never. */
  maxDurationSec: z.number().min(1).max(31_536_000).nullable().default(86_400),
  /** The run pauses when Nightshift's data folder takes more, MB (S4.13); null: never. */
  diskLimitMb: z.int().min(1).nullable().default(20_480),
  /** What happens to the machine when the run has ended and no other waits; asked for, never by default. */
  whenDone: WhenDoneSchema.default({ action: 'nothing' }),
  /** Where results.json is kept up to date while the run goes on; null keeps it in the data folder only. */
  outputPath: AbsolutePathSchema.nullable().default(null),
  /** Rules the run is judged by as soon as it has finished; null: it is judged when somebody asks. */
  gate: GateSchema.nullable().default(null),
});
export type RunOptions = z.infer<typeof RunOptionsSchema>;

/** What a caller may leave open: ports that are null are those of the settings. What Nightshift sets itself is not heard. */
const RunChoicesSchema = RunOptionsSchema.omit({ profiles: true }).extend({
  ports: RunOptionsSchema.shape.ports.unwrap().nullable().default(null),
});
export type RunChoices = z.infer<typeof RunChoicesSchema>;
export type RunOptionsInput = z.input<typeof RunChoicesSchema>;

/** Seconds of work that are left, and the range in which four of five such forecasts lie; null: nothing is known. */
const EstimateShape = {
  etaSec: z.number().nullable(),
  etaLowSec: z.number().nullable(),
  etaHighSec: z.number().nullable(),
};

/** What a forecast of the limits said when it held tasks back. */
const WorkersFactsSchema = z.object({
  /** As many as the servers would take. */
  possible: z.int(),
  /** Expected with one worker more, of Nightshift's own at `memoryLimit`, of the whole machine at `machineMemory`; and the limit it is held against, MB. */
  forecastMb: z.number().nullable(),
  limitMb: z.number().nullable(),
  /** Smoothed CPU use of the machine. */
  cpuPercent: z.number().nullable(),
  cpuLimitPercent: z.number(),
});
export type WorkersFacts = z.infer<typeof WorkersFactsSchema>;

const ModeStatusSchema = z.enum(['waiting', 'starting', 'running', 'pausing', 'done', 'failed']);

/** Progress of one mode of one run; counts are tasks. total = queued + active + done + failed + skipped + cancelled. */
export const ModeProgressSchema = z.object({
  mode: ModeSchema,
  status: ModeStatusSchema,
  /** Inputs of the run that this mode was asked to cover, already done ones included. */
  total: z.int(),
  queued: z.int(),
  active: z.int(),
  done: z.int(),
  failed: z.int(),
  skipped: z.int(),
  cancelled: z.int(),
  /** Queued tasks that wait for their next attempt. */
  retrying: z.int(),
  /** Queued tasks of items that the user holds back. */
  held: z.int(),
  /** The mode is paused; its files wait until it is resumed. */
  isHeld: z.boolean(),
  /** Among done and skipped: with a result that is doubtful (AUDIO_PARTIAL, TEXT_SUSPICIOUS). */
  partial: z.int(),
  /** Pooled over everything with an outcome, earlier results included; null without references or without scoring. */
  counts: WordCountsSchema.nullable(),
  werRatio: z.number().nullable(),
  /** Audio seconds with an outcome and the seconds spent on them; rtf = processing / audio. */
  audioSec: z.number(),
  processingSec: z.number(),
  rtf: z.number().nullable(),
  firstTokenLatencyP50Ms: z.number().nullable(),
  startedAtMs: EpochMsSchema.nullable(),
  endedAtMs: EpochMsSchema.nullable(),
  /** Audio seconds still without an outcome, as announced; a file that announces nothing counts as the mean of the others. */
  leftAudioSec: z.number(),
  /** Of everything the mode was asked to cover, what has an outcome included. */
  totalAudioSec: z.number(),
  ...EstimateShape,
  /** Audio minutes done in a minute, of the last minutes; null before anything is done. */
  audioMinPerMin: z.number().nullable(),
  error: WireErrorSchema.nullable(),
});
export type ModeProgress = z.infer<typeof ModeProgressSchema>;

/** The whole state of a run as lists, cards and the command line show it; events carry it whole. */
export const RunSummarySchema = z.object({
  id: IdSchema,
  name: z.string(),
  status: z.enum(RUN_STATUSES),
  sources: z.array(PathSchema),
  options: RunOptionsSchema,
  /** Whose pause it is, while `pausing` or `paused`; else null. */
  pausedBy: z.enum(PAUSE_CAUSES).nullable(),
  /** When it pauses by itself; null: not planned. */
  pauseAtMs: EpochMsSchema.nullable(),
  /** The item after which it pauses; null: none. */
  stopAfterItemId: IdSchema.nullable(),
  createdAtMs: EpochMsSchema,
  startedAtMs: EpochMsSchema.nullable(),
  endedAtMs: EpochMsSchema.nullable(),
  /** Files found, and while preparing how many of them were looked at. */
  itemCount: z.int(),
  inspectedCount: z.int(),
  audioSec: z.number(),
  withReferenceCount: z.int(),
  /** Items that cannot be read, with their reason in `items.list`. */
  unusableCount: z.int(),
  problems: z.array(ProblemSchema),
  problemCount: z.int(),
  modes: z.array(ModeProgressSchema),
  /** Sum over the modes. */
  totals: z.object({
    total: z.int(),
    queued: z.int(),
    active: z.int(),
    done: z.int(),
    failed: z.int(),
    skipped: z.int(),
    cancelled: z.int(),
  }),
  activeWorkers: z.int(),
  allowedWorkers: z.int(),
  /** Why fewer workers than possible are allowed; null when nothing holds them back. */
  workersReason: z.enum(['cpuLimit', 'memoryLimit', 'machineMemory']).nullable(),
  /** The figures behind the reason; null without one. */
  workersFacts: WorkersFactsSchema.nullable(),
  memoryPeakMb: z.number(),
  cpuPeakPercent: z.number(),
  /** How it was judged last; null when it never was. The figures are in its report. */
  gatePassed: z.boolean().nullable(),
  /**
   * Version of the normaliser (`options.normalizer`) that its word counts were made with, the oldest where the run went on under a newer program; null
   * before anything is scored. Where it is not the program's, the run has to be rescored before its figures can be compared.
   */
  normalizerVersion: z.int().nullable(),
  ...EstimateShape,
  /** Share of the audio of all modes that has an outcome, 0–1; goes back only when files are added. */
  progressRatio: z.number(),
  /** Audio minutes done in a minute, all modes together: of the last minutes, and since the run began to work. null before anything is done. */
  audioMinPerMin: z.number().nullable(),
  audioMinPerMinOverall: z.number().nullable(),
  resultsPath: PathSchema,
  /** Why the last write of results.json failed; null when it is up to date. */
  resultsError: WireErrorSchema.nullable(),
  error: WireErrorSchema.nullable(),
});
export type RunSummary = z.infer<typeof RunSummarySchema>;

/** Per-mode counts shown before Start (S0.18): found = already done + unusable + remaining; what lies beyond the limit is not part of the run. */
export const RunPlanSchema = z.object({
  modes: z.array(
    z.object({
      mode: ModeSchema,
      found: z.int(),
      alreadyDone: z.int(),
      unusable: z.int(),
      remaining: z.int(),
      beyondLimit: z.int(),
      audioSec: z.number(),
    }),
  ),
  /** From the speed of earlier runs with the same model. */
  ...EstimateShape,
  /** Things to know before Start, e.g. own recordings on the sample model. */
  warnings: z.array(
    z.object({
      code: z.enum(['sampleModelVocabulary', 'noReferences', 'unusableFiles', 'decoderMissing', 'portInUse']),
      data: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
});
export type RunPlan = z.infer<typeof RunPlanSchema>;

const ByRun = z.object({ runId: IdSchema });

export const runRoutes = {
  /** Scans and probes in the background; the run is `ready` when the pre-flight list is complete. */
  'runs.create': {
    kind: 'command',
    input: z.object({
      sources: z.array(AbsolutePathSchema).min(1).max(1_000),
      name: z.string().min(1).max(200).optional(),
      options: RunChoicesSchema.prefault({}),
      startWhenReady: z.boolean().default(false),
    }),
    output: RunSummarySchema,
  },
  'runs.plan': { kind: 'query', input: ByRun.extend({ options: RunChoicesSchema.prefault({}) }), output: RunPlanSchema },
  /** Freezes the options, plans the tasks and queues the run. */
  'runs.start': { kind: 'command', input: ByRun.extend({ options: RunChoicesSchema.prefault({}) }), output: RunSummarySchema },
  /**
   * Current files finish, nothing new starts (S1.11). `now`: current files end at their last checkpoint and go on from there later. With `mode` only that mode
   * pauses; the run pauses when nothing else is left.
   */
  'runs.pause': {
    kind: 'command',
    input: ByRun.extend({ now: z.boolean().default(false), mode: ModeSchema.nullable().default(null) }),
    output: RunSummarySchema,
  },
  /** Pauses at a time, also after a restart; null takes it back. A time in the past pauses at once. */
  'runs.planPause': { kind: 'command', input: ByRun.extend({ atMs: EpochMsSchema.nullable() }), output: RunSummarySchema },
  /** New files of an unfinished run: scanned, probed and queued while it goes on. @throws RUN_STATE_CONFLICT once the run has ended */
  'runs.addFiles': {
    kind: 'command',
    input: ByRun.extend({ sources: z.array(AbsolutePathSchema).min(1).max(1_000) }),
    output: RunSummarySchema,
  },
  /** Goes on after a pause or an interruption; on a finished or stopped run it redoes what failed or was cancelled. */
  'runs.resume': { kind: 'command', input: ByRun.extend({ mode: ModeSchema.nullable().default(null) }), output: RunSummarySchema },
  /**
   * `now` aborts what is running, otherwise current files finish first. `keep` leaves the rest queued, so that the run is interrupted and can go on;
   * without it the rest is cancelled.
   */
  'runs.stop': {
    kind: 'command',
    input: ByRun.extend({ now: z.boolean().default(true), keep: z.boolean().default(false) }),
    output: RunSummarySchema,
  },
  'runs.get': { kind: 'query', input: ByRun, output: RunSummarySchema },
  /** Newest first. */
  'runs.list': {
    kind: 'query',
    input: z.object({ beforeId: IdSchema.nullable().default(null), count: z.int().min(1).max(200).default(50) }),
    output: z.object({ runs: z.array(RunSummarySchema), total: z.int() }),
  },
  /** Removes the run, its tasks and attempts from the history; results stay, so nothing is transcribed again. */
  'runs.remove': { kind: 'command', input: ByRun, output: z.object({}) },
} as const;
