import { z } from 'zod';
import { READING_FIGURES, READING_POINTS_MAX } from '#shared/domain/readings.ts';
import { EpochMsSchema, IdSchema } from './common.ts';
import { LogEntrySchema } from './log.ts';

export const GpuSampleSchema = z.object({
  /** NVIDIA's own numbers; cards of AMD follow them. */
  index: z.int(),
  name: z.string(),
  utilizationPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  temperatureC: z.number().nullable(),
  powerW: z.number().nullable(),
});

/** A server that Nightshift started, with every process below it. */
export const ServerSampleSchema = z.object({
  id: z.string(),
  rssBytes: z.number().nullable(),
  /** Of all cores that Nightshift may use, 0–100. */
  cpuPercent: z.number().nullable(),
});

/** One reading a second. null means not available here, never 0. Inside a container the limits of the container are the machine. */
export const SampleSchema = z.object({
  atMs: EpochMsSchema,
  cpuPercent: z.number().nullable(),
  memoryUsedBytes: z.number().nullable(),
  memoryTotalBytes: z.number().nullable(),
  /** Nightshift and its own workers, without the servers. */
  ownRssBytes: z.number(),
  diskFreeBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
  gpus: z.array(GpuSampleSchema),
  servers: z.array(ServerSampleSchema),
});
export type Sample = z.infer<typeof SampleSchema>;
export type GpuSample = z.infer<typeof GpuSampleSchema>;

const Values = z.array(z.number().nullable());

/** One figure over time: a value for each bucket, null where it was not measured. */
export const ReadingSeriesSchema = z.object({
  figure: z.enum(READING_FIGURES),
  /** Index of a graphics card, id of a server; empty for the machine. */
  subject: z.string(),
  /** Name of the card; null for everything else. */
  name: z.string().nullable(),
  min: Values,
  mean: Values,
  max: Values,
});
export type ReadingSeries = z.infer<typeof ReadingSeriesSchema>;

/** What the machine did while a run was under way, with what happened in the run on the same axis. */
export const RunHistorySchema = z.object({
  /** The stretch that was asked for, within what is known. */
  fromMs: EpochMsSchema,
  toMs: EpochMsSchema,
  /** First and last reading of the run; null when there is none. */
  firstMs: EpochMsSchema.nullable(),
  lastMs: EpochMsSchema.nullable(),
  bucketMs: z.int(),
  /** Beginnings of the buckets, rising; stretches without a reading have none. */
  atMs: z.array(EpochMsSchema),
  series: z.array(ReadingSeriesSchema),
  /** Modes, states of the run, servers and what went wrong beside files, oldest first. */
  marks: z.array(LogEntrySchema),
  /** There were more marks than an answer holds; what matters more stayed. */
  isAllMarks: z.boolean(),
  /** Files that failed, by bucket. */
  failures: z.array(z.object({ atMs: EpochMsSchema, count: z.int() })),
});
export type RunHistory = z.infer<typeof RunHistorySchema>;

export const resourceRoutes = {
  /** The last minutes at one reading a second, oldest first. */
  'resources.history': {
    kind: 'query',
    input: z.object({ seconds: z.int().min(1).max(900).default(120) }),
    output: z.object({ samples: z.array(SampleSchema) }),
  },
  /** Kept with the run: every second of its last 15 minutes, every 10 s of its last 24 h, every minute of its last 90 days. */
  'resources.runHistory': {
    kind: 'query',
    input: z.object({
      runId: IdSchema,
      /** null: from the first reading. */
      fromMs: EpochMsSchema.nullable().default(null),
      /** null: to the last one. */
      toMs: EpochMsSchema.nullable().default(null),
      /** Most buckets of the answer. */
      points: z.int().min(10).max(READING_POINTS_MAX).default(1_000),
      /** Empty: all. */
      figures: z.array(z.enum(READING_FIGURES)).max(READING_FIGURES.length).default([]),
    }),
    output: RunHistorySchema,
  },
} as const;
