import { z } from 'zod';
import { EpochMsSchema, IdSchema, ModeSchema, NormalizerSchema, WordCountsSchema } from './common.ts';

/** Figures of one mode of a run under one normaliser, pooled over all files that have a reference and an answer, or failed. */
export const RescoredModeSchema = z.object({
  mode: ModeSchema,
  /** Files that were compared; failed ones are among them, with every word of their reference deleted. */
  scored: z.int(),
  /** null: nothing was compared. */
  counts: WordCountsSchema.nullable(),
  /** Fractions; null without reference words or characters, and where characters were not counted. */
  werRatio: z.number().nullable(),
  /** Spaces between words are characters of it. */
  cerRatio: z.number().nullable(),
  cerNoSpacesRatio: z.number().nullable(),
  /** Files whose word counts are not those of the run's own figures; null where the run has none to compare with. */
  changed: z.int().nullable(),
});
export type RescoredMode = z.infer<typeof RescoredModeSchema>;

/** All figures of a run under one normaliser: those it was scored with, or a rescoring. */
export const RescoringSchema = z.object({
  /** null: the run's own figures. */
  id: IdSchema.nullable(),
  normalizer: NormalizerSchema,
  normalizerVersion: z.int(),
  /** Name, version and what is left out of the published rules, as it stands beside a figure. */
  normalizerLabel: z.string(),
  /** When it was rescored; of the run's own figures when the run ended, null while it has not. */
  scoredAtMs: EpochMsSchema.nullable(),
  /**
   * False: the run went on after it was rescored, or the figures, perhaps the run's own, are of an older version of the normaliser. Rescoring brings
   * figures that can be compared.
   */
  isCurrent: z.boolean(),
  /** In the order of the modes. */
  modes: z.array(RescoredModeSchema),
});
export type Rescoring = z.infer<typeof RescoringSchema>;

export const RunRescoringsSchema = z.object({
  runId: IdSchema,
  /** The run's own figures first, then the rescorings, the oldest first. */
  rescorings: z.array(RescoringSchema),
});
export type RunRescorings = z.infer<typeof RunRescoringsSchema>;

/** One file in one mode; null counts: not compared. */
export const RescoredItemSchema = z.object({
  taskId: IdSchema,
  fileId: z.string(),
  mode: ModeSchema,
  original: WordCountsSchema.nullable(),
  rescored: WordCountsSchema,
});
export type RescoredItem = z.infer<typeof RescoredItemSchema>;

export const rescoringRoutes = {
  /**
   * Compares references and answers of a run once more under another normaliser, without transcribing anything; the run's own figures stay. The same
   * normaliser in the same version gives what is stored, until the run has gone on. Answers when all is stored: seconds for 100,000 results.
   * @throws RUN_NOT_FOUND, RUN_STATE_CONFLICT (the run is still going), NOTHING_TO_SCORE
   */
  'rescorings.create': {
    kind: 'command',
    input: z.object({ runId: IdSchema, normalizer: NormalizerSchema }),
    output: z.object({
      rescoring: RescoringSchema,
      original: RescoringSchema,
      /** False: it was there already. */
      isNew: z.boolean(),
    }),
  },
  /** @throws RUN_NOT_FOUND */
  'rescorings.list': { kind: 'query', input: z.object({ runId: IdSchema }), output: RunRescoringsSchema },
  /** File by file in the order of the run; `afterTaskId` is the last one of the page before. An empty page is the end. */
  'rescorings.items': {
    kind: 'query',
    input: z.object({
      rescoringId: IdSchema,
      afterTaskId: z.int().nonnegative().default(0),
      count: z.int().min(1).max(1_000).default(200),
      /** Only files whose word counts differ from the run's own. */
      onlyChanged: z.boolean().default(false),
    }),
    output: z.object({ items: z.array(RescoredItemSchema) }),
  },
} as const;
