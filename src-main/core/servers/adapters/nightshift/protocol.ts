import { z } from 'zod';
import { ModeSchema } from '#shared/contract/common.ts';
import { parseJson } from '../shared/json.ts';

export { audioSecOf } from '../shared/samples.ts';
export { CLOSE_NORMAL } from '../shared/wire.ts';

/**
 * What our speech server and its clients say to each other, a superset of the servers of S0: text frames hold one JSON object
 * each, binary frames hold float32 LE samples, mono, 16 kHz, any whole number of them.
 *
 * server: `hello` (or `busy` and close 1013) · client, per file: `start` (optional), samples, `finish` · server, per file: `partial`
 * and `final` in any number, then `done`, or `error` once and nothing more for that file · client: `stop` · server: close 1000.
 */
export const PROTOCOL_VERSION = 1;
export const SAMPLE_RATE_HZ = 16_000;
export const BYTES_PER_SAMPLE = 4;

/** Biggest message the server takes: S0's batch client sends a whole file (50 MiB at its server) at once. Above it: close 1009. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Longest file, seconds of audio; above it: `error` AUDIO_TOO_LONG. */
export const MAX_AUDIO_SEC = 24 * 3_600;

/** Environment variable with the token that proves to its owner that a server is the one it started. */
export const INSTANCE_VARIABLE = 'NIGHTSHIFT_INSTANCE';

/** Close codes, RFC 6455 section 7.4 and the registry it names. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_TRY_AGAIN_LATER = 1013;

/** How the server program ends when it cannot begin. */
export const EXIT_USAGE = 2;
export const EXIT_MODEL = 3;
export const EXIT_PORT_IN_USE = 98;

/** Codes of `error` messages. */
export const WIRE_ERRORS = ['BAD_MESSAGE', 'BAD_FRAME', 'AUDIO_TOO_LONG', 'DECODE_FAILED'] as const;
export type WireErrorCode = (typeof WIRE_ERRORS)[number];

const FileIdSchema = z.string().max(200);

export const ClientMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    id: FileIdSchema.nullable().default(null),
    language: z.string().max(40).nullable().default(null),
    /** Longest piece decoded at once, seconds; null: the server's choice. */
    chunkSec: z.number().min(1).max(86_400).nullable().default(null),
    /** Window of the chunked mode, seconds; null: the server's choice. */
    windowSec: z.number().min(0.1).max(600).nullable().default(null),
  }),
  z.object({ type: z.literal('finish') }),
  z.object({ type: z.literal('stop') }),
]);
export type ClientMessage = z.input<typeof ClientMessageSchema>;

const MsSchema = z.number();

export const WireWordSchema = z.object({
  word: z.string(),
  startMs: MsSchema,
  endMs: MsSchema,
  confidence: z.number().nullable(),
});

const SpokenSchema = z.object({
  id: FileIdSchema.nullable().optional(),
  start: MsSchema,
  end: MsSchema,
  original: z.string(),
  language: z.string().nullable().optional(),
});

export const ServerMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    message: z.string().optional(),
    /** Missing in the servers of S0. */
    protocol: z.int().optional(),
    mode: ModeSchema.optional(),
    capacity: z.int().positive().optional(),
    model: z.string().nullable().optional(),
    sampleRate: z.int().positive().optional(),
    instance: z.string().nullable().optional(),
  }),
  SpokenSchema.extend({ type: z.literal('partial') }),
  SpokenSchema.extend({
    type: z.literal('final'),
    words: z.array(WireWordSchema).optional(),
    /**
     * The recogniser begins anew at this sample of the file: decoding from here gives what decoding from the start gives after this segment. `decodeMs`:
     * time spent on the file so far. Missing where its state goes on.
     */
    cut: z.object({ sample: z.int().positive(), decodeMs: MsSchema }).optional(),
  }),
  z.object({ type: z.literal('done'), id: FileIdSchema.nullable().optional(), audioMs: MsSchema, decodeMs: MsSchema }),
  z.object({ type: z.literal('busy'), message: z.string().optional(), capacity: z.int().optional() }),
  z.object({ type: z.literal('error'), id: FileIdSchema.nullable().optional(), code: z.string(), message: z.string().optional() }),
]);
const SERVER_MESSAGE_TYPES: ReadonlySet<string> = new Set(['hello', 'partial', 'final', 'done', 'busy', 'error']);
export type ServerMessage = z.infer<typeof ServerMessageSchema>;
export type HelloMessage = Extract<ServerMessage, { type: 'hello' }>;

/** Answer of `GET /health`: 503 while loading, 200 when ready, also while decoding. */
export const HealthSchema = z.object({
  state: z.enum(['loading', 'ready']),
  mode: ModeSchema,
  model: z.string(),
  capacity: z.int(),
  sessions: z.int(),
  /** Time the model took to load; null while loading. */
  loadMs: z.number().nullable(),
  instance: z.string().nullable(),
  pid: z.int(),
  device: z.string(),
});
export type Health = z.infer<typeof HealthSchema>;

/** One text frame as `schema` has it; null when it is not JSON or does not fit. */
export function parseMessage<T extends z.ZodType>(schema: T, text: string): z.output<T> | null {
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** What a client hears: a message, `unknown` for a type that a newer server may send, or null for nonsense. */
export function parseServerMessage(text: string): ServerMessage | { readonly type: 'unknown' } | null {
  const value = parseJson(text);
  const parsed = ServerMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null;
  return typeof type === 'string' && !SERVER_MESSAGE_TYPES.has(type) ? { type: 'unknown' } : null;
}
