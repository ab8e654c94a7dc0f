import { z } from 'zod';
import { AbsolutePathSchema, EpochMsSchema, IdSchema, ModeSchema } from './common.ts';
import { RunOptionsSchema, RunSummarySchema } from './runs.ts';

/** Changes of the queue that can be taken back. */
export const QUEUE_CHANGES = [
  'runPlaced',
  'runEdited',
  'itemsPlaced',
  'itemsEdited',
  'itemsHeld',
  'itemsReleased',
  'itemsRemoved',
  'stopAfterRunSet',
  'stopAfterItemSet',
] as const;

/** The last change, while it can be taken back: until it is undone or what it concerned has been started. */
const UndoableSchema = z.object({
  id: IdSchema,
  change: z.enum(QUEUE_CHANGES),
  runId: IdSchema,
  /** Tasks or runs it concerned: a file of two modes is two tasks. */
  count: z.int(),
  atMs: EpochMsSchema,
});

export const QueueStateSchema = z.object({
  /** No further run is started; the one under way goes on. Survives a restart. */
  isPaused: z.boolean(),
  /** The queue pauses when this run leaves the scheduler; null: it does not. */
  stopAfterRunId: IdSchema.nullable(),
  /** Carried out now; null: none. */
  currentRunId: IdSchema.nullable(),
  /** Waiting for their turn, the next one first. */
  runIds: z.array(IdSchema),
  /** Left by a quit, a crash or a reboot, and able to go on; newest first. Stopped by a user's hand: not among them. */
  interruptedRunIds: z.array(IdSchema),
  undo: UndoableSchema.nullable(),
});
export type QueueState = z.infer<typeof QueueStateSchema>;

/** Where something goes: top: before all of its own band of priority · next: before everything that waits · last: behind everything. */
export const QUEUE_PLACES = ['top', 'next', 'last'] as const;
const PlaceSchema = z.union([z.enum(QUEUE_PLACES), z.object({ beforeId: IdSchema })]);
export type QueuePlace = z.infer<typeof PlaceSchema>;

/** One queued task in the order in which it will be started. */
export const QueuedTaskSchema = z.object({
  taskId: IdSchema,
  itemId: IdSchema,
  fileId: z.string(),
  mode: ModeSchema,
  priority: z.int(),
  /** Announced seconds; null when not known. */
  audioSec: z.number().nullable(),
  /** Its own language; null: that of the run. */
  language: z.string().nullable(),
  /** Left out by the user until it is released. */
  isHeld: z.boolean(),
  /** Waits for its next attempt until then; null: may start. */
  notBeforeMs: EpochMsSchema.nullable(),
  /** The run pauses after this item. */
  isStopAfter: z.boolean(),
});
export type QueuedTask = z.infer<typeof QueuedTaskSchema>;

const ItemChangeSchema = z
  .object({
    priority: z.int().min(0).max(1_000),
    /** null: that of the run. */
    language: z.string().min(2).max(35).nullable(),
  })
  .partial();

/**
 * Runs to be done, as a file: what to read and how, without results. Files that are done already are known by their content where it is imported. `whenDone` of the options
 * is not taken over by an import.
 */
export const QueueDocumentSchema = z.object({
  format: z.literal('nightshift-queue'),
  version: z.literal(1),
  exportedAtMs: EpochMsSchema,
  runs: z
    .array(
      z.object({
        name: z.string().min(1).max(200),
        sources: z.array(AbsolutePathSchema).min(1).max(1_000),
        options: RunOptionsSchema,
        /** Files that differ from the others of their run, by file id; `isRemoved` ones are not done at all. */
        items: z
          .array(
            z.object({
              fileId: z.string().min(1),
              change: ItemChangeSchema,
              isHeld: z.boolean().default(false),
              isRemoved: z.boolean().default(false),
            }),
          )
          .max(100_000)
          .default([]),
      }),
    )
    .max(1_000),
});
export type QueueDocument = z.infer<typeof QueueDocumentSchema>;

const OfItems = z.object({ runId: IdSchema, itemIds: z.array(IdSchema).min(1).max(10_000) });

export const queueRoutes = {
  'queue.get': { kind: 'query', input: z.object({}), output: QueueStateSchema },
  /** Queued tasks of a mode in the order of their start; `after` is `next` of the page before. */
  'queue.tasks': {
    kind: 'query',
    input: z.object({
      runId: IdSchema,
      mode: ModeSchema,
      after: z.string().nullable().default(null),
      count: z.int().min(1).max(1_000).default(200),
    }),
    output: z.object({ tasks: z.array(QueuedTaskSchema), total: z.int(), next: z.string().nullable() }),
  },
  'queue.pause': { kind: 'command', input: z.object({}), output: QueueStateSchema },
  'queue.resume': { kind: 'command', input: z.object({}), output: QueueStateSchema },
  'queue.placeRun': { kind: 'command', input: z.object({ runId: IdSchema, place: PlaceSchema }), output: QueueStateSchema },
  /** A run of priority 0 takes its turn at once: the one under way goes back to the queue after its current files. */
  'queue.editRun': { kind: 'command', input: z.object({ runId: IdSchema, priority: z.int().min(0).max(1_000) }), output: QueueStateSchema },
  'queue.stopAfterRun': { kind: 'command', input: z.object({ runId: IdSchema.nullable() }), output: QueueStateSchema },
  /** Concern the queued tasks of the items in all modes; what has been started is left as it is. @returns how many tasks changed. */
  'queue.placeItems': { kind: 'command', input: OfItems.extend({ place: PlaceSchema }), output: z.object({ changed: z.int() }) },
  'queue.editItems': { kind: 'command', input: OfItems.extend({ change: ItemChangeSchema }), output: z.object({ changed: z.int() }) },
  'queue.holdItems': { kind: 'command', input: OfItems.extend({ isHeld: z.boolean() }), output: z.object({ changed: z.int() }) },
  'queue.removeItems': { kind: 'command', input: OfItems, output: z.object({ changed: z.int() }) },
  /** The run pauses when everything up to this item has its outcome; null takes the marker away. */
  'queue.stopAfterItem': {
    kind: 'command',
    input: z.object({ runId: IdSchema, itemId: IdSchema.nullable() }),
    output: z.object({ changed: z.int() }),
  },
  /** @throws QUEUE_CHANGE_GONE when it can no longer be taken back */
  'queue.undo': { kind: 'command', input: z.object({ changeId: IdSchema }), output: QueueStateSchema },
  'queue.export': { kind: 'query', input: z.object({}), output: QueueDocumentSchema },
  /**
   * Creates the runs at the end of the queue, in their order. Each is queued when its files have been looked at, with the changes of its files.
   * @throws INPUT_INVALID with the field that is wrong; nothing is created then
   */
  'queue.import': {
    kind: 'command',
    input: z.object({ document: QueueDocumentSchema }),
    output: z.object({ runs: z.array(RunSummarySchema) }),
  },
  /** Every interrupted run goes on, in the order they had; not those that the user put aside. */
  'queue.resumeInterrupted': { kind: 'command', input: z.object({}), output: QueueStateSchema },
} as const;
