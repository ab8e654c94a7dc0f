import { z } from 'zod';
import { TASK_STATUSES } from '#shared/domain/run.ts';
import { EpochMsSchema, ErrorCodeSchema, IdSchema, ModeSchema, NormalizerSchema, WireErrorSchema, WordCountsSchema } from './common.ts';

/** State of one task in a row of the table. */
export const TaskCellSchema = z.object({
  taskId: IdSchema,
  mode: ModeSchema,
  status: z.enum(TASK_STATUSES),
  werRatio: z.number().nullable(),
  /** Failed attempts so far. */
  failedAttempts: z.int(),
  maxRetries: z.int(),
  /** When the next attempt may start; null when nothing waits. */
  notBeforeMs: EpochMsSchema.nullable(),
  /** Why it failed, or what is doubtful about a done one (AUDIO_PARTIAL, TEXT_SUSPICIOUS). */
  errorCode: ErrorCodeSchema.nullable(),
  /** Lower is done first. */
  priority: z.int(),
  /** The user holds it back. */
  isHeld: z.boolean(),
  /** The result is from an earlier run. */
  doneEarlier: z.boolean(),
});
export type TaskCell = z.infer<typeof TaskCellSchema>;

export const ItemRowSchema = z.object({
  id: IdSchema,
  runId: IdSchema,
  /** Path relative to the dropped root, with forward slashes; unique in the run. */
  fileId: z.string(),
  sizeBytes: z.number(),
  /** What the container says, seconds; null before probing or when it does not say. */
  audioSec: z.number().nullable(),
  hasReference: z.boolean(),
  /** Why it cannot be read; null when it can. */
  problem: ErrorCodeSchema.nullable(),
  tasks: z.array(TaskCellSchema),
});
export type ItemRow = z.infer<typeof ItemRowSchema>;

export const ITEM_FILTERS = ['all', 'active', 'failed', 'highWer', 'problem', 'noReference'] as const;

export const SEARCH_MAX_CHARS = 500;

const AlignmentStepSchema = z.union([
  z.object({ op: z.enum(['hit', 'substitution']), reference: z.string(), hypothesis: z.string() }),
  z.object({ op: z.literal('deletion'), reference: z.string() }),
  z.object({ op: z.literal('insertion'), hypothesis: z.string() }),
]);

export const AttemptSchema = z.object({
  id: IdSchema,
  mode: ModeSchema,
  number: z.int(),
  startedAtMs: EpochMsSchema,
  endedAtMs: EpochMsSchema.nullable(),
  outcome: z.enum(['running', 'done', 'failed', 'lost', 'released', 'cancelled']),
  error: WireErrorSchema.nullable(),
});

export const ItemDetailSchema = z.object({
  row: ItemRowSchema,
  path: z.string(),
  codec: z.string().nullable(),
  sampleRateHz: z.int().nullable(),
  channels: z.int().nullable(),
  sha256: z.string().nullable(),
  reference: z.string().nullable(),
  results: z.array(
    z.object({
      mode: ModeSchema,
      hypothesis: z.string(),
      normalizer: NormalizerSchema,
      counts: WordCountsSchema.nullable(),
      werRatio: z.number().nullable(),
      /** Reference against hypothesis after normalisation; empty without a reference. */
      alignment: z.array(AlignmentStepSchema),
      decodedSec: z.number(),
      announcedSec: z.number().nullable(),
      processingSec: z.number(),
      firstTokenLatencyMs: z.number().nullable(),
      model: z.string(),
      warningCode: ErrorCodeSchema.nullable(),
    }),
  ),
  attempts: z.array(AttemptSchema),
});
export type ItemDetail = z.infer<typeof ItemDetailSchema>;

export const itemRoutes = {
  /** Pages by position in the run; `afterId` is the last id of the page before. */
  'items.list': {
    kind: 'query',
    input: z.object({
      runId: IdSchema,
      afterId: z.int().nonnegative().default(0),
      count: z.int().min(1).max(1_000).default(200),
      filter: z.enum(ITEM_FILTERS).default('all'),
      /** Part of the file id, case-insensitive. */
      search: z.string().max(SEARCH_MAX_CHARS).default(''),
    }),
    output: z.object({ items: z.array(ItemRowSchema), total: z.int(), counts: z.record(z.enum(ITEM_FILTERS), z.int()) }),
  },
  'items.get': { kind: 'query', input: z.object({ itemId: IdSchema }), output: ItemDetailSchema },
} as const;
