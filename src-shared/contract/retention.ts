import { z } from 'zod';
import { EpochMsSchema, IdSchema } from './common.ts';

/** What lies in the data folder. `models`, `cache` and `other` are never cleaned by a rule; `answers` are texts in the database that no run uses any more. */
export const STORAGE_KINDS = ['database', 'runs', 'uploads', 'backups', 'logs', 'models', 'cache', 'other'] as const;
export type StorageKind = (typeof STORAGE_KINDS)[number];

const DaysSchema = z.number().min(0).max(36_500).nullable();

/** When something may go. null: never for that reason. */
export const RetentionRulesSchema = z.object({
  /** Finished, stopped and failed runs that ended longer ago. */
  runDays: DaysSchema,
  /** Such runs beyond the newest so many. */
  runCount: z.int().min(0).max(1_000_000).nullable(),
  /** Reports of runs that were written longer ago; they can be made again. */
  reportDays: DaysSchema,
  /** Uploaded recordings that no run uses and that came longer ago. */
  uploadDays: DaysSchema,
  /** Older parts of logs, written longer ago. */
  logDays: DaysSchema,
  /** Whether texts go that no run uses any more. */
  unusedAnswers: z.boolean(),
  /** While the data folder holds more GiB (2^30 bytes), models and the cache not counted, the oldest runs go. */
  diskGib: z.number().min(0).max(1_000_000).nullable(),
});
export type RetentionRules = z.infer<typeof RetentionRulesSchema>;

/** No run goes unless somebody says so; 20 GB is S4.13. */
export const DEFAULT_RETENTION: RetentionRules = {
  runDays: null,
  runCount: null,
  reportDays: null,
  uploadDays: 7,
  logDays: 30,
  unusedAnswers: false,
  diskGib: 20,
};

export const RETENTION_RULES = [
  'runDays',
  'runCount',
  'reportDays',
  'uploadDays',
  'logDays',
  'unusedAnswers',
  'diskGib',
  'runGoes',
] as const;

export const CleaningEntrySchema = z.object({
  /** Stable, for `storage.clean`. */
  key: z.string().min(1).max(200),
  kind: z.enum(['run', 'report', 'upload', 'log', 'answers']),
  /** Name of a run or of a file. */
  name: z.string(),
  runId: IdSchema.nullable(),
  /** Files of it. */
  fileBytes: z.number(),
  /** Its part of the database, estimated by its rows; used again by later runs. */
  databaseBytes: z.number(),
  /** Rule it falls under (`runGoes`: the only run that used it goes), and the rule's own value. */
  rule: z.enum(RETENTION_RULES),
  limit: z.number().nullable(),
  /** End of a run, last change of a file. */
  atMs: EpochMsSchema.nullable(),
});
export type CleaningEntry = z.infer<typeof CleaningEntrySchema>;

export const CleaningPlanSchema = z.object({
  entries: z.array(CleaningEntrySchema),
  fileBytes: z.number(),
  databaseBytes: z.number(),
  /** How much more than the limit would still be used, because what is left may not go; 0 when it fits. */
  overLimitBytes: z.number(),
});
export type CleaningPlan = z.infer<typeof CleaningPlanSchema>;

export const StorageUsageSchema = z.object({
  kinds: z.array(z.object({ kind: z.enum(STORAGE_KINDS), bytes: z.number(), count: z.int() })),
  totalBytes: z.number(),
  /** Inside the database file, used again by later runs. */
  databaseFreeBytes: z.number(),
  pinnedRuns: z.array(z.object({ runId: IdSchema, name: z.string() })),
});
export type StorageUsage = z.infer<typeof StorageUsageSchema>;

/** What is kept of recordings to save work, and made again when it is gone. */
export const MediaCacheUsageSchema = z.object({
  /** Decoded audio, in files. */
  audioBytes: z.number(),
  audioFiles: z.int(),
  /** Files whose hash and form are known as long as they do not change. */
  knownFiles: z.int(),
});
export type MediaCacheUsage = z.infer<typeof MediaCacheUsageSchema>;

export const CleaningReportSchema = z.object({
  removed: z.array(CleaningEntrySchema),
  /** Asked for and still there: changed meanwhile, pinned, or its files could not be removed. */
  left: z.array(z.string()),
  fileBytes: z.number(),
  databaseBytes: z.number(),
});
export type CleaningReport = z.infer<typeof CleaningReportSchema>;

/** Rules for this one time; those not named are those of the settings. */
const RulesChangeSchema = RetentionRulesSchema.partial().default({});

export const retentionRoutes = {
  'storage.usage': { kind: 'query', input: z.object({}), output: StorageUsageSchema },
  /** What would go now. Changes nothing. */
  'storage.preview': { kind: 'query', input: z.object({ rules: RulesChangeSchema }), output: CleaningPlanSchema },
  /** Removes what was named and still falls under the rules. */
  'storage.clean': {
    kind: 'command',
    input: z.object({ rules: RulesChangeSchema, keys: z.array(z.string().min(1).max(200)).max(100_000) }),
    output: CleaningReportSchema,
  },
  'storage.cache': { kind: 'query', input: z.object({}), output: MediaCacheUsageSchema },
  /** Removes all of it, also while runs go on; they decode again. Answers with what went. */
  'storage.emptyCache': { kind: 'command', input: z.object({}), output: MediaCacheUsageSchema },
  /** A pinned run is never cleaned. @throws RUN_NOT_FOUND */
  'storage.pin': { kind: 'command', input: z.object({ runId: IdSchema, isPinned: z.boolean() }), output: z.object({}) },
} as const;
