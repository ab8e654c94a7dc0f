import { z } from 'zod';
import { EpochMsSchema, IdSchema } from './common.ts';
import { WhenDoneSchema } from './runs.ts';

/** What is about to happen to the machine, because a run that asked for it has ended and no other waits. */
const PendingSchema = z.object({
  runId: IdSchema,
  whenDone: WhenDoneSchema,
  /** When it happens unless it is cancelled. */
  atMs: EpochMsSchema,
});

export const NightStateSchema = z.object({
  /** null: nothing is about to happen. */
  pending: PendingSchema.nullable(),
  /** It is being carried out: a command that is running. */
  isActing: z.boolean(),
});
export type NightState = z.infer<typeof NightStateSchema>;

export const nightRoutes = {
  /** With a run: after it was looked at whether it has ended and what it asked for. */
  'night.get': { kind: 'query', input: z.object({ runId: IdSchema.nullable().default(null) }), output: NightStateSchema },
  /** Takes back what is about to happen; nothing when there is nothing. A command that runs already goes on. */
  'night.cancelWhenDone': { kind: 'command', input: z.object({}), output: NightStateSchema },
} as const;
