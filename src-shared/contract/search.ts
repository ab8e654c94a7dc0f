import { z } from 'zod';
import { EpochMsSchema, IdSchema, ModeSchema } from './common.ts';

export const SEARCH_TEXT_MAX_CHARS = 200;

/** A stored text with the words looked for. One text may serve several runs: the newest of them that has it is named. */
export const SearchHitSchema = z.object({
  /** Rises with the time of the text. */
  resultId: IdSchema,
  createdAtMs: EpochMsSchema,
  mode: ModeSchema,
  model: z.string(),
  /** null when its runs were removed. */
  runId: IdSchema.nullable(),
  runName: z.string().nullable(),
  itemId: IdSchema.nullable(),
  fileId: z.string().nullable(),
  /** The text around the first match; `…` stands for what is left out. */
  excerpt: z.string(),
  /** Where the words stand in `excerpt`, as [start, end) in UTF-16 units, in order and apart. */
  matches: z.array(z.tuple([z.int(), z.int()])),
});
export type SearchHit = z.infer<typeof SearchHitSchema>;

export const searchRoutes = {
  /**
   * Texts in which every word of `text` occurs, as a part of a word too and without regard to case; words in quotation marks belong together. Newest first; the next page
   * is asked for with `next` as `beforeId`.
   */
  'search.texts': {
    kind: 'query',
    input: z.object({
      text: z.string().trim().min(1).max(SEARCH_TEXT_MAX_CHARS),
      runId: IdSchema.nullable().default(null),
      mode: ModeSchema.nullable().default(null),
      beforeId: IdSchema.nullable().default(null),
      count: z.int().min(1).max(200).default(50),
    }),
    output: z.object({ hits: z.array(SearchHitSchema), next: IdSchema.nullable() }),
  },
} as const;
