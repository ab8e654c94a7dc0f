import { z } from 'zod';
import { AlertsSchema } from './alerts.ts';
import { EpochMsSchema, IdSchema, ModeSchema, WireErrorSchema } from './common.ts';
import { ItemRowSchema } from './items.ts';
import { NightStateSchema } from './night.ts';
import { QueueStateSchema } from './queue.ts';
import { RunRescoringsSchema } from './rescoring.ts';
import { SampleSchema } from './resources.ts';
import { ModeProgressSchema, RunSummarySchema } from './runs.ts';
import { KnownServerSchema, TestStepSchema } from './servers.ts';
import { SettingsSchema } from './settings.ts';

/** Steps of a run that the command line prints as banners (S0.15–S0.17); each is sent once. */
const RunStepSchema = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('modeStarted'),
    mode: ModeSchema,
    /** 1-based position among `of` modes. */
    position: z.int(),
    of: z.int(),
    url: z.string(),
    /** Inputs of the mode, of which `alreadyDone` are skipped and `remaining` will be processed. */
    found: z.int(),
    alreadyDone: z.int(),
    remaining: z.int(),
    datasetName: z.string(),
  }),
  z.object({
    step: z.literal('modeFinished'),
    mode: ModeSchema,
    progress: ModeProgressSchema,
    next: z.object({ mode: ModeSchema, port: z.int(), waitMs: z.number() }).nullable(),
  }),
  z.object({
    step: z.literal('taskFinished'),
    mode: ModeSchema,
    itemId: IdSchema,
    fileId: z.string(),
    status: z.enum(['done', 'failed', 'cancelled']),
    werRatio: z.number().nullable(),
    error: WireErrorSchema.nullable(),
  }),
  z.object({
    step: z.literal('taskRetrying'),
    mode: ModeSchema,
    itemId: IdSchema,
    fileId: z.string(),
    attempt: z.int(),
    delayMs: z.number(),
    error: WireErrorSchema,
  }),
]);
export type RunStep = z.infer<typeof RunStepSchema>;

/** Each event carries the whole new value, so that a missed one costs nothing but freshness. */
export const events = {
  'run.changed': RunSummarySchema,
  'run.removed': z.object({ runId: IdSchema }),
  'run.stepped': z.object({ runId: IdSchema, atMs: EpochMsSchema, step: RunStepSchema }),
  /** Rows that changed since the last such event; coalesced to at most ten a second and 200 rows, the last row state wins. */
  'items.changed': z.object({ runId: IdSchema, items: z.array(ItemRowSchema), more: z.boolean() }),
  'queue.changed': QueueStateSchema,
  'rescorings.changed': RunRescoringsSchema,
  'server.changed': KnownServerSchema,
  /** One step of `servers.test`. */
  'server.tested': z.object({ testId: z.string(), step: TestStepSchema }),
  /** Profiles were saved or removed: `profiles.list` and `servers.list` answer anew. */
  'profiles.changed': z.object({}),
  'resources.sampled': SampleSchema,
  'alerts.changed': AlertsSchema,
  'night.changed': NightStateSchema,
  'settings.changed': SettingsSchema,
} as const;

export type EventName = keyof typeof events;
export type EventPayload<E extends EventName> = z.output<(typeof events)[E]>;
export type AnyEvent = { [E in EventName]: { readonly name: E; readonly payload: EventPayload<E> } }[EventName];

export function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}
