import { z } from 'zod';
import { AbsolutePathSchema, EpochMsSchema, ErrorCodeSchema, IdSchema, PathSchema, WordCountsSchema } from './common.ts';

/** One row of `raw_results`; names as scripts read them (S0.19). Ratios are fractions, times are seconds. */
export const RawResultSchema = z.object({
  file_id: z.string(),
  audio_path: z.string(),
  reference: z.string().nullable(),
  hypothesis: z.string().nullable(),
  wer: z.number().nullable(),
  substitutions: z.int().nullable(),
  deletions: z.int().nullable(),
  insertions: z.int().nullable(),
  reference_words: z.int().nullable(),
  duration: z.number().nullable(),
  /** Seconds of audio that could really be decoded. */
  decoded_duration: z.number().nullable(),
  processing_time: z.number().nullable(),
  /** Seconds until the first words; streaming only. */
  first_token_latency: z.number().nullable().optional(),
  status: z.enum(['done', 'failed', 'skipped', 'cancelled', 'pending']),
  /** Why it failed; on a done row what is doubtful about it (AUDIO_PARTIAL, TEXT_SUSPICIOUS). */
  error_code: ErrorCodeSchema.nullable(),
  error: z.string().nullable(),
  attempts: z.int(),
  /** True when the result is from an earlier run and was not made again. */
  done_earlier: z.boolean(),
});
export type RawResult = z.infer<typeof RawResultSchema>;

export const resultRoutes = {
  /** Writes results.json to `path` (merging modes another program wrote there); never half a file. Null: next to the data of the run. */
  'results.export': {
    kind: 'command',
    input: z.object({ runId: IdSchema, path: AbsolutePathSchema.nullable().default(null) }),
    output: z.object({ path: PathSchema }),
  },
  /** The same document as text, for a browser to download. */
  'results.read': { kind: 'query', input: z.object({ runId: IdSchema }), output: z.object({ fileName: z.string(), json: z.string() }) },
  /** WER per folder of the first path level, pooled counts, by mode. */
  'results.folders': {
    kind: 'query',
    input: z.object({ runId: IdSchema }),
    output: z.object({
      folders: z.array(
        z.object({ folder: z.string(), mode: z.string(), files: z.int(), counts: WordCountsSchema, werRatio: z.number().nullable() }),
      ),
      asOfMs: EpochMsSchema,
    }),
  },
} as const;
