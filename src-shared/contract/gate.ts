import { z } from 'zod';
import { EpochMsSchema, ModeSchema } from './common.ts';

/** Figures of a whole run that a rule may name. */
export const RUN_METRICS = [
  'successRatio',
  'total',
  'done',
  'failed',
  'cancelled',
  'notReached',
  'recovered',
  'warnings',
  'elapsedSec',
  'filesPerHour',
  'meanEndToEndSec',
  'memoryPeakMb',
  'cpuPeakPercent',
] as const;
/** Figures of one mode. Ratios are fractions, times are in the unit of the name. */
export const MODE_METRICS = [
  'werRatio',
  'cerRatio',
  'merRatio',
  'wilRatio',
  'sentenceErrorRatio',
  'averageAccuracy',
  'qualityScore',
  'successRatio',
  'done',
  'failed',
  'scored',
  'warnings',
  'rtf',
  'rtfP50',
  'rtfP95',
  'firstTokenP50Ms',
  'firstTokenP95Ms',
  'finalLatencyP50Ms',
  'finalLatencyP95Ms',
  'processingMeanSec',
] as const;
/** Figures of one result, that is of one file in one mode. */
export const ITEM_METRICS = [
  'werRatio',
  'rtf',
  'audioSec',
  'processingSec',
  'firstTokenMs',
  'hypothesisWords',
  'attempts',
  'warnings',
] as const;

const bounds = {
  /** For people; the default names metric and bounds. */
  name: z.string().min(1).max(200).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** With `tolerance`: the figure must lie within expected ± tolerance. */
  expected: z.number().optional(),
  tolerance: z.number().nonnegative().default(0),
  /** A broken warning is told, but the gate passes. */
  severity: z.enum(['error', 'warning']).default('error'),
  /** A figure that was not measured breaks the rule, unless this is true: a gate must not pass for want of data. */
  optional: z.boolean().default(false),
};

const GateRuleSchema = z
  .discriminatedUnion('scope', [
    z.strictObject({ scope: z.literal('run'), metric: z.enum(RUN_METRICS), ...bounds }),
    z.strictObject({
      scope: z.literal('mode'),
      metric: z.enum(MODE_METRICS),
      /** Default: every mode of the run. */
      modes: z.array(ModeSchema).min(1).optional(),
      ...bounds,
    }),
    z.strictObject({
      scope: z.literal('item'),
      metric: z.enum(ITEM_METRICS),
      modes: z.array(ModeSchema).min(1).optional(),
      /** Results that may break the rule before it counts as broken. */
      allowed: z.int().nonnegative().default(0),
      ...bounds,
    }),
  ])
  .refine(({ min, max, expected }) => min !== undefined || max !== undefined || expected !== undefined, {
    error: 'give at least one of min, max and expected',
  });
export type GateRule = z.infer<typeof GateRuleSchema>;

/** Rules for a run as data (S2.11, S4.19): nothing in it is ever executed. */
export const GateSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().max(200).default(''),
  rules: z.array(GateRuleSchema).min(1).max(200),
});
export type Gate = z.infer<typeof GateSchema>;

export const GateVerdictSchema = z.object({
  name: z.string(),
  /** Every rule of severity `error` holds. */
  valid: z.boolean(),
  /** One sentence for each rule that does not hold, and for each figure that was not measured. */
  warnings: z.array(z.string()),
  checks: z.array(
    z.object({
      name: z.string(),
      passed: z.boolean(),
      severity: z.enum(['error', 'warning']),
      mode: ModeSchema.nullable(),
      /** The figure; of rules for items the number of results that break it. null: not measured. */
      value: z.number().nullable(),
      /** In English, for scripts and logs; `gateCheckText` says it in the reader's language. */
      detail: z.string(),
      /** What was asked for; not with verdicts of older versions. */
      rule: GateRuleSchema.optional(),
      /** Of rules for items: results that were measured and not, and the first that breaks the rule. */
      files: z.object({ measured: z.int(), unmeasured: z.int(), first: z.string().nullable() }).optional(),
    }),
  ),
  judgedAtMs: EpochMsSchema,
});
export type GateVerdict = z.infer<typeof GateVerdictSchema>;
