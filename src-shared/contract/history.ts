import { z } from 'zod';
import { EpochMsSchema, WordCountsSchema } from './common.ts';

/**
 * What the history can be grouped by. Times are those of the outcome, in the time zone of the machine that owns the data folder; `day` is `2026-11-21`, `week` the ISO week
 * `2026-W47`. `run` is number and name, `name` the name alone; `dataSet` is what was dropped, `folder` the first folder below it; `host` is the host that owned
 * the data folder; `language` is the one that was asked for, otherwise the one the server heard.
 */
export const HISTORY_PARAMETERS = [
  'day',
  'week',
  'month',
  'run',
  'name',
  'status',
  'mode',
  'model',
  'normalizer',
  'language',
  'dataSet',
  'folder',
  'pacing',
  'servers',
  'host',
  'taskType',
  'outcome',
  'errorCode',
  'container',
  'sampleRate',
] as const;
export type NamedHistoryParameter = (typeof HISTORY_PARAMETERS)[number];

/** Any other option of a run (`option.windowSec`, `option.ports.streaming`) or field of a task's own data (`data.scenario`). */
const OTHER_PARAMETER = /^(option|data)(\.[A-Za-z_][A-Za-z0-9_]{0,63}){1,4}$/;

export function isHistoryParameter(text: string): boolean {
  return (HISTORY_PARAMETERS as readonly string[]).includes(text) || OTHER_PARAMETER.test(text);
}

const HistoryParameterSchema = z
  .string()
  .max(300)
  .refine(isHistoryParameter, `expected one of ${HISTORY_PARAMETERS.join(', ')}, option.NAME or data.NAME`);

/** Most groups of one answer. */
export const MAX_HISTORY_GROUPS = 10_000;

/**
 * Work that was done, added up. A result that a later run found done is `reused` there and no work again; in the rates it counts as it does in the rates of its
 * run, because a file that fails in every run would otherwise outweigh one that was done once. What the user did again counts with its last outcome.
 */
export const HistoryFiguresSchema = z.object({
  runs: z.int(),
  done: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  reused: z.int(),
  /** (done + reused) / (done + reused + failed); null without an outcome. */
  successRatio: z.number().nullable(),
  /** Of what is done. */
  audioSec: z.number(),
  /** Results with a reference, reused ones included: the pairs behind the rate. A failed file counts as deleted words. */
  scored: z.int(),
  counts: WordCountsSchema.nullable(),
  /** Pooled; null without references, and where counts of more than one normaliser, or of two versions of one, meet: such a rate means nothing. */
  werRatio: z.number().nullable(),
  /** Names with the version that counted: `simple 1`. */
  normalizers: z.array(z.string()),
  processingSec: z.number(),
  /** processing / audio; null without results, and where paced and unpaced runs meet. */
  rtf: z.number().nullable(),
  /** Seconds a result; null as `rtf` is. */
  meanProcessingSec: z.number().nullable(),
  pacings: z.array(z.string()),
});
export type HistoryFigures = z.infer<typeof HistoryFiguresSchema>;

export const HistoryGroupSchema = HistoryFiguresSchema.extend({
  /** One value for each parameter; null where the parameter has none. */
  key: z.array(z.string().nullable()),
});
export type HistoryGroup = z.infer<typeof HistoryGroupSchema>;

export const historyRoutes = {
  /** Outcomes of all runs, grouped; in the natural order of the keys. */
  'history.groups': {
    kind: 'query',
    input: z.object({
      by: z
        .array(HistoryParameterSchema)
        .min(1)
        .max(2)
        .refine((by) => new Set(by).size === by.length, 'expected different parameters'),
      /** Outcomes from this time on; null: from the first. */
      sinceMs: EpochMsSchema.nullable().default(null),
      /** Outcomes before this time; null: to the last. */
      untilMs: EpochMsSchema.nullable().default(null),
      count: z.int().min(1).max(MAX_HISTORY_GROUPS).default(1_000),
    }),
    output: z.object({
      groups: z.array(HistoryGroupSchema),
      /** Groups there are, those beyond `count` included. */
      groupCount: z.int(),
      total: HistoryFiguresSchema,
    }),
  },
} as const;
