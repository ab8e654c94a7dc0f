import { z } from 'zod';
import { SERVER_PROTOCOLS } from '#shared/domain/profileDefaults.ts';
import { SERVER_REASONS, SERVER_STATUSES, SERVER_WARNINGS, WINDOW_REASONS } from '#shared/domain/server.ts';
import { EpochMsSchema, ModeSchema, PortSchema, WireErrorSchema } from './common.ts';
import { ProfileDraftSchema, ProfileIdSchema } from './profiles.ts';

export const ServerStateSchema = z.object({
  mode: ModeSchema,
  port: PortSchema,
  /** As printed and connected to, `ws://localhost:8001`. */
  url: z.string(),
  status: z.enum(SERVER_STATUSES),
  /** Why it is in this state; null before its first change. */
  reason: z.enum(SERVER_REASONS).nullable(),
  warnings: z.array(z.enum(SERVER_WARNINGS)),
  pid: z.int().nullable(),
  /** Sessions it takes at once; null before it said so. */
  capacity: z.int().nullable(),
  sessions: z.int(),
  model: z.string().nullable(),
  /** Resident memory of the process tree, bytes; null when it is not ours or not known. */
  rssBytes: z.number().nullable(),
  /** Unasked exits in the current budget window. */
  crashCount: z.int(),
  /** When a backing-off server starts again. */
  restartAtMs: EpochMsSchema.nullable(),
  sinceMs: EpochMsSchema,
  error: WireErrorSchema.nullable(),
});
export type ServerState = z.infer<typeof ServerStateSchema>;

/** A server and the profile that it belongs to. */
export const KnownServerSchema = ServerStateSchema.extend({
  /** Our own servers are called by their mode. */
  id: ProfileIdSchema,
  name: z.string(),
  protocol: z.enum(SERVER_PROTOCOLS),
  /** Whether Nightshift starts and ends it. */
  isStartable: z.boolean(),
  /** Whether runs that choose nothing use it. */
  isServing: z.boolean(),
  /** It gets no new files until it is resumed; survives a restart. */
  isPaused: z.boolean(),
  /** It gets fewer files at once than it said it takes: how many, and what it did; null: all. */
  window: z.object({ places: z.int(), reason: z.enum(WINDOW_REASONS) }).nullable(),
});
export type KnownServer = z.infer<typeof KnownServerSchema>;

const ById = z.object({ id: ProfileIdSchema });

/** What a test of a server does, in this order. */
export const TEST_STEPS = ['port', 'process', 'readiness', 'greeting', 'audioSent', 'firstText', 'end', 'text', 'closed'] as const;

/** What a step of a test found, for a sentence in the reader's language. */
export const TEST_NOTES = ['portFree', 'portTaken', 'running', 'otherMachine', 'somebodyElse', 'noText', 'spoken'] as const;

export const TestStepSchema = z.object({
  step: z.enum(TEST_STEPS),
  /** `skipped` does not apply to this server; after `failed` nothing more is tried. */
  outcome: z.enum(['ok', 'failed', 'skipped']),
  note: z.enum(TEST_NOTES).nullable(),
  /** What was seen, as the server says it: a port, a process, a greeting, the text. */
  detail: z.string(),
  /** With the note `spoken`: what is spoken in the clip. */
  reference: z.string().nullable(),
  /** Since the test began. */
  elapsedMs: z.number(),
  error: WireErrorSchema.nullable(),
});
export type TestStep = z.infer<typeof TestStepSchema>;

/** What can be done about a port that something else holds. */
export const PORT_CHOICES = ['useExternal', 'otherPort', 'cancel'] as const;

export const serverRoutes = {
  /** Every known server: our own in the order of the modes, then the user's by name. */
  'servers.list': { kind: 'query', input: z.object({}), output: z.object({ servers: z.array(KnownServerSchema) }) },
  /** Refused while a run is using it, because it may be using it with another model. */
  'servers.start': { kind: 'command', input: ById, output: KnownServerSchema },
  /** Refused while a run is using it. */
  'servers.stop': { kind: 'command', input: ById, output: KnownServerSchema },
  /** Files under way finish, no new ones are sent; the process stays as it is. Kept over a restart. */
  'servers.pause': { kind: 'command', input: ById, output: KnownServerSchema },
  'servers.resume': { kind: 'command', input: ById, output: KnownServerSchema },
  /**
   * The last lines of the server's log, oldest first. To follow it, ask again with `next` as `after`: then only newer lines come, and the answer waits
   * for one for up to `waitMs`.
   */
  'servers.log': {
    kind: 'query',
    input: ById.extend({
      lines: z.int().min(1).max(2_000).default(200),
      after: z.int().nonnegative().nullable().default(null),
      waitMs: z.int().min(0).max(20_000).default(0),
    }),
    output: z.object({ path: z.string(), lines: z.array(z.string()), next: z.int() }),
  },
  /**
   * Sends one clip of the samples and tells each step as `server.tested`, too. A server that was not running is started for it and ended after it.
   * A profile need not be saved to be tested. Refused while a run is using it.
   */
  'servers.test': {
    kind: 'command',
    input: z.object({
      /** Chosen by the caller, to know its steps among the events. */
      testId: z.string().min(1).max(100),
      server: z.union([ById, z.object({ draft: ProfileDraftSchema })]),
    }),
    output: z.object({ passed: z.boolean(), steps: z.array(TestStepSchema) }),
  },
  /** Who holds the port of a server and what can be done; no choices when the port is free or the server itself is there. */
  'servers.port': {
    kind: 'query',
    input: ById,
    output: z.object({
      port: PortSchema,
      occupant: z.enum(['free', 'self', 'nightshift', 's0', 'foreign']),
      /** Where the system tells. */
      pid: z.int().nullable(),
      program: z.string().nullable(),
      choices: z.array(z.enum(PORT_CHOICES)),
      /** A port nobody holds now, for `otherPort`. */
      freePort: PortSchema.nullable(),
    }),
  },
  /**
   * `useExternal` adds a profile for what listens there, never ended by Nightshift, and lets it serve the mode; `otherPort` moves the server to `port`.
   */
  'servers.settlePort': {
    kind: 'command',
    input: ById.extend({ choice: z.enum(['useExternal', 'otherPort']), port: PortSchema.nullable().default(null) }),
    output: z.object({ id: ProfileIdSchema }),
  },
} as const;
