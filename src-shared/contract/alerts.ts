import { z } from 'zod';
import { ALERT_KINDS, DEFAULT_THRESHOLDS, THRESHOLD_KINDS, type ThresholdKind } from '#shared/domain/alert.ts';
import { EpochMsSchema, IdSchema } from './common.ts';

/** One episode: from the reading that raised it to the one that cleared it. */
export const AlertSchema = z.object({
  kind: z.enum(ALERT_KINDS),
  /** Which one of several: index of the GPU, `data` or `output` for a disk; null where there is only one. */
  subject: z.string().nullable(),
  raisedAtMs: EpochMsSchema,
  /** null: still there, or Nightshift ended before it was over (then it is not among the active ones). */
  clearedAtMs: EpochMsSchema.nullable(),
  /** The run that was under way. */
  runId: IdSchema.nullable(),
  /** What was read when it was raised, in the unit of the kind. */
  value: z.number(),
  /** What `value` was compared with; a disk may be raised for its free space instead (`freeBytes`). */
  limit: z.number(),
  /** Free space of a disk; null for everything else. */
  freeBytes: z.number().nullable(),
});
export type Alert = z.infer<typeof AlertSchema>;

function pairOf(kind: ThresholdKind) {
  const value = z.number().min(1).max(THRESHOLD_KINDS[kind].max);
  return z
    .object({ isOn: z.boolean(), raise: value, clear: value })
    .refine(({ raise, clear }) => raise > clear, { path: ['clear'], message: 'it has to be lower than the value that raises the alert' })
    .default(DEFAULT_THRESHOLDS[kind]);
}

export const AlertRulesSchema = z.object({
  cpu: pairOf('cpu'),
  memory: pairOf('memory'),
  disk: pairOf('disk'),
  vram: pairOf('vram'),
  gpuTemperature: pairOf('gpuTemperature'),
  diskFilling: z.object({ isOn: z.boolean() }).default({ isOn: true }),
  noProgress: z.object({ isOn: z.boolean() }).default({ isOn: true }),
});
export type AlertRules = z.infer<typeof AlertRulesSchema>;

export const AlertsSchema = z.object({
  /** The oldest first. */
  active: z.array(AlertSchema),
});

export const alertRoutes = {
  /** `recent`: episodes that are over, the newest first, as far back as the event log goes. */
  'alerts.list': {
    kind: 'query',
    input: z.object({ count: z.int().min(0).max(500).default(20) }),
    output: AlertsSchema.extend({ recent: z.array(AlertSchema) }),
  },
} as const;
