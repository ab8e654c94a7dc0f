import { z } from 'zod';
import { ADVICE_CAUSES } from '#shared/domain/advice.ts';
import { EVENT_CODES, EVENT_KINDS, EVENT_LEVELS, type EventCode } from '#shared/domain/eventLog.ts';
import { EpochMsSchema, ErrorCodeSchema, IdSchema, ModeSchema, WireErrorSchema } from './common.ts';
import { ProfileIdSchema } from './profiles.ts';

export const LOG_SEARCH_MAX_CHARS = 200;
/** Entries in one export. */
export const LOG_EXPORT_MAX = 10_000;

/** Something that happened, for a sentence in the reader's language (`texts/eventText.ts`). */
export const LogEntrySchema = z.object({
  /** Rises with time. */
  id: IdSchema,
  atMs: EpochMsSchema,
  level: z.enum(EVENT_LEVELS),
  kind: z.enum(EVENT_KINDS),
  code: z.enum(Object.keys(EVENT_CODES) as [EventCode, ...EventCode[]]),
  runId: IdSchema.nullable(),
  itemId: IdSchema.nullable(),
  /** null also when the file or its run was removed since. */
  fileId: z.string().nullable(),
  mode: ModeSchema.nullable(),
  serverId: z.string().nullable(),
  /** Why, where something went wrong. */
  error: WireErrorSchema.nullable(),
  /** Facts of the code; secrets are masked. */
  data: WireErrorSchema.shape.data,
});
export type LogEntry = z.infer<typeof LogEntrySchema>;

const Filter = z.object({
  /** Entries at least as severe. */
  level: z.enum(EVENT_LEVELS).default('info'),
  /** Empty: all. */
  kinds: z.array(z.enum(EVENT_KINDS)).max(EVENT_KINDS.length).default([]),
  runId: IdSchema.nullable().default(null),
  serverId: ProfileIdSchema.nullable().default(null),
  /** In file names, codes, servers and facts, without regard to case. */
  search: z.string().max(LOG_SEARCH_MAX_CHARS).default(''),
  sinceMs: EpochMsSchema.nullable().default(null),
});
export type LogFilter = z.output<typeof Filter>;

/** What a run suffered from and how often; the sentences are in `texts/adviceText.ts`. */
export const AdviceSchema = z.object({
  cause: z.enum(ADVICE_CAUSES),
  /** Attempts, or 1 for what happened to the run as a whole. */
  count: z.int(),
  itemCount: z.int(),
  modes: z.array(ModeSchema),
  codes: z.array(ErrorCodeSchema),
});
export type Advice = z.infer<typeof AdviceSchema>;

export const logRoutes = {
  /**
   * Entries in the order in which they were written. Without `afterId` the newest ones before `beforeId`, else the first ones after `afterId`.
   * One question looks at a limited number of entries: `next` is where the next one goes on (as `beforeId`), also when nothing was found, and
   * null at the beginning of the log.
   */
  'log.list': {
    kind: 'query',
    input: Filter.extend({
      beforeId: IdSchema.nullable().default(null),
      afterId: z.int().nonnegative().nullable().default(null),
      count: z.int().min(1).max(1_000).default(200),
    }),
    output: z.object({
      entries: z.array(LogEntrySchema),
      next: IdSchema.nullable(),
      /** The newest entry of the log, whatever was asked for; 0 when there is none. To follow the log, ask for what comes after it. */
      newestId: z.int().nonnegative(),
    }),
  },
  /** The newest entries as JSON Lines, oldest first. */
  'log.export': {
    kind: 'query',
    input: Filter,
    output: z.object({ name: z.string(), text: z.string(), count: z.int(), isComplete: z.boolean() }),
  },
  /** What went wrong in a run, grouped by cause, most frequent first; only what really happened. */
  'log.advice': { kind: 'query', input: z.object({ runId: IdSchema }), output: z.object({ advice: z.array(AdviceSchema) }) },
} as const;
