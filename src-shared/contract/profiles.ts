import { z } from 'zod';
import {
  defaultPort,
  type EndRule,
  isBuiltInProfileId,
  isLoopback,
  PROTOCOL_DEFAULTS,
  type ReadyCheck,
  SERVER_PROTOCOLS,
} from '#shared/domain/profileDefaults.ts';
import { ModeSchema, PathSchema, PortSchema } from './common.ts';

/** Stands where a secret is: shown instead of it, and on saving "as it was". */
export const SECRET_MASK = '********';

/** Short name used in commands, log files and events. */
export const ProfileIdSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'expected 1–40 of a–z, 0–9 and -');

const EnvSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable'), z.string());

const BuiltInStartSchema = z.strictObject({ kind: z.literal('builtIn') });

/** A program the user names; started without a shell. Arguments and values of the environment may hold `{port} {model} {mode} {window}`. */
const CommandStartSchema = z.strictObject({
  kind: z.literal('command'),
  /** A program on PATH, or its path. */
  command: z.string().min(1).max(4_096),
  args: z.array(z.string().max(8_192)).max(200),
  /** Working folder; null is the data folder. */
  cwd: PathSchema.nullable(),
  /** Added to Nightshift's own environment. Values of names like API_KEY or TOKEN are secrets. */
  env: EnvSchema,
});

const EndRuleSchema: z.ZodType<EndRule, EndRule> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('marker') }),
  z.strictObject({ kind: z.literal('close') }),
  z.strictObject({ kind: z.literal('quiet'), quietMs: z.int().min(100).max(3_600_000) }),
]);

const ReadyCheckSchema: z.ZodType<ReadyCheck, ReadyCheck> = z.discriminatedUnion('kind', [
  /** The protocol's own greeting; where it has none, an accepted connection. */
  z.strictObject({ kind: z.literal('handshake') }),
  /** GET answers 200. */
  z.strictObject({ kind: z.literal('http'), path: z.string().startsWith('/').max(2_048) }),
  /** A line of output that matches this regular expression, then the handshake. Only for servers we start. */
  z.strictObject({ kind: z.literal('logLine'), pattern: z.string().min(1).max(500).refine(isRegExp, 'expected a regular expression') }),
]);

const ReadySchema = z.strictObject({
  check: ReadyCheckSchema,
  /** From the start of the process to its readiness, milliseconds; a large model may take minutes. */
  deadlineMs: z.int().min(1_000).max(3_600_000),
});

const TimeoutsSchema = z.strictObject({
  /** Longest wait for a connection and its greeting, milliseconds. */
  connectMs: z.int().min(100).max(600_000),
  /** A server that neither took audio nor said anything for the longer of these two counts as hanging: at least this many milliseconds … */
  silenceLeastMs: z.int().min(1_000).max(86_400_000),
  /** … and this many seconds for each second of audio sent. */
  silencePerAudio: z.number().min(0).max(1_000),
  /** Time for a polite end before the process tree is killed, milliseconds. */
  stopGraceMs: z.int().min(0).max(600_000),
});

/** When a server we started is ended and started anew, between two files. */
const RecycleSchema = z.strictObject({
  afterFiles: z.int().min(1).nullable(),
  /** Resident memory of its process tree, MB. */
  aboveMemoryMb: z.int().min(1).nullable(),
});

/** What the protocol can be told; fields it does not know are left out. */
const OptionsSchema = z.strictObject({
  /** Name or path of the model; fills `{model}`, too. */
  model: z.string().min(1).max(4_096).nullable(),
  /** Used when the run leaves the language open. */
  language: z.string().min(2).max(35).nullable(),
  prompt: z.string().max(10_000).nullable(),
  /** Sent as the protocol wants it. Masked in logs, answers, exports and reports. */
  apiKey: z.string().min(1).max(4_096).nullable(),
  /** Longest audio in one request (HTTP, sherpa-offline), seconds; longer files are sent in pieces, cut where it is quiet. null: what the protocol's servers take. */
  requestSec: z.number().min(1).max(86_400).nullable(),
  /** Further form fields (HTTP) or parameters of the address (WebSocket), sent as they are. */
  fields: z.record(z.string().min(1).max(200), z.string().max(10_000)),
});

const fields = {
  id: ProfileIdSchema,
  /** Written to terminals, where control characters would be commands. */
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{Cc}*$/u, 'expected no control characters'),
  mode: ModeSchema,
  protocol: z.enum(SERVER_PROTOCOLS),
  /** Loopback unless the user names another machine. */
  host: z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'expected a host name or an address'),
  port: PortSchema,
  /** Path of the address; ignored by raw TCP. */
  path: z.string().startsWith('/').max(2_048),
  /** https or wss instead of http or ws. */
  tls: z.boolean(),
  sampleFormat: z.enum(['f32le', 's16le']),
  /** Audio is sent at 16 kHz; a server whose model was trained on less brings it down itself. */
  sampleRateHz: z.int(),
  /** `realTime`: never faster than the audio lasts, whatever the run wants. */
  pacing: z.enum(['asRun', 'realTime']),
  /** Silence added after the audio, milliseconds, for servers that do not decode their last words by themselves. Not counted as audio. */
  tailSilenceMs: z.int().min(0).max(60_000),
  /** What says that all results have come; only where the protocol leaves it open. */
  end: EndRuleSchema,
  /** Sessions at once; null: the server's own word, else 1. */
  capacity: z.int().min(1).max(256).nullable(),
  /** One second of silence is sent before the first file, so that loading is not part of its times. */
  warmUp: z.boolean(),
  /** Sets CUDA_VISIBLE_DEVICES: one GPU by its uuid, `cpu` for none; null leaves the environment alone. */
  gpu: z.union([z.literal('cpu'), z.strictObject({ deviceUuid: z.string().min(1).max(100) })]).nullable(),
} as const;

/** How to start a server and to talk to it, complete. */
export const ServerProfileSchema = z
  .strictObject({
    ...fields,
    /** null: somebody else runs it, and it is never ended by us; `builtIn`: our own server program; `command`: a program of the user's. */
    start: z.discriminatedUnion('kind', [BuiltInStartSchema, CommandStartSchema]).nullable(),
    ready: ReadySchema,
    timeouts: TimeoutsSchema,
    recycle: RecycleSchema,
    options: OptionsSchema,
  })
  .superRefine((profile, context) => {
    for (const { path, message } of contradictions(profile)) context.addIssue({ code: 'custom', path, message });
  });
export type ServerProfile = z.infer<typeof ServerProfileSchema>;

/** What a person writes: name, mode and protocol are enough; the rest is the protocol's default. */
export const ProfileDraftSchema = z.strictObject({
  ...z.object(fields).partial().shape,
  name: fields.name,
  mode: fields.mode,
  protocol: fields.protocol,
  start: z
    .discriminatedUnion('kind', [BuiltInStartSchema, CommandStartSchema.partial({ args: true, cwd: true, env: true })])
    .nullable()
    .optional(),
  ready: ReadySchema.partial().optional(),
  timeouts: TimeoutsSchema.partial().optional(),
  recycle: RecycleSchema.partial().optional(),
  options: OptionsSchema.partial().optional(),
});
export type ProfileDraft = z.input<typeof ProfileDraftSchema>;

/** What the decoder gives and every protocol here takes. */
const SENT_RATE_HZ = 16_000;

const DEFAULT_TIMEOUTS: ServerProfile['timeouts'] = {
  // A server of S0 answers nothing while it decodes.
  connectMs: 30_000,
  // Servers of S0 stay quiet for the whole length of the audio by construction, and then decode.
  silenceLeastMs: 30_000,
  silencePerAudio: 6,
  stopGraceMs: 5_000,
};

/**
 * The draft with everything it leaves open filled in; a complete profile comes back as it was.
 * @throws ZodError when what was said contradicts itself, e.g. a log line as the ready check of a server that we do not start
 */
export function completeProfile(draft: ProfileDraft): ServerProfile {
  const said = ProfileDraftSchema.parse(draft);
  const usual = PROTOCOL_DEFAULTS[said.protocol];
  const start = completeStart(said.start);
  // Nobody shows us the output of a server that somebody else started.
  const readyCheck: ReadyCheck = start === null && usual.readyCheck.kind === 'logLine' ? { kind: 'handshake' } : usual.readyCheck;
  return ServerProfileSchema.parse({
    ...withoutUndefined(said),
    id: said.id ?? profileIdOf(said.name),
    host: said.host ?? 'localhost',
    port: said.port ?? defaultPort(said.protocol, said.mode),
    path: said.path ?? usual.path,
    tls: said.tls ?? false,
    sampleFormat: said.sampleFormat ?? usual.sampleFormat,
    sampleRateHz: said.sampleRateHz ?? usual.sampleRateHz,
    pacing: said.pacing ?? usual.pacing,
    tailSilenceMs: said.tailSilenceMs ?? usual.tailSilenceMs,
    end: said.end ?? usual.end,
    capacity: said.capacity === undefined ? usual.capacity : said.capacity,
    // A server we start has not decoded anything yet; one that runs has.
    warmUp: said.warmUp ?? start?.kind === 'command',
    gpu: said.gpu ?? null,
    start,
    ready: { check: readyCheck, deadlineMs: usual.readyDeadlineMs, ...withoutUndefined(said.ready ?? {}) },
    timeouts: { ...DEFAULT_TIMEOUTS, ...withoutUndefined(said.timeouts ?? {}) },
    recycle: { afterFiles: null, aboveMemoryMb: null, ...withoutUndefined(said.recycle ?? {}) },
    options: {
      ...{ model: null, language: null, prompt: null, apiKey: null, requestSec: null, fields: {} },
      ...withoutUndefined(said.options ?? {}),
    },
  });
}

/** Our own server of a mode, which always exists. @param port of the settings or of a run */
export function builtInProfile(mode: ServerProfile['mode'], port: number): ServerProfile {
  return completeProfile({ id: mode, name: `Nightshift ${mode}`, mode, protocol: 'nightshift', port, start: { kind: 'builtIn' } });
}

/** A name as an id: `My server (GPU 1)` → `my-server-gpu-1`; `server` where no letter of a–z is left. */
export function profileIdOf(name: string): string {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return id === '' ? 'server' : id;
}

interface Contradiction {
  readonly path: (string | number)[];
  readonly message: string;
}

type Checked = Pick<ServerProfile, 'id' | 'mode' | 'protocol' | 'host' | 'start' | 'ready' | 'recycle' | 'gpu' | 'sampleRateHz'>;

function contradictions(profile: Checked): Contradiction[] {
  const { id, mode, protocol, host, start, ready, recycle, gpu, sampleRateHz } = profile;
  const found: Contradiction[] = [];
  const say = (path: string[], message: string): void => void found.push({ path, message });
  const isBuiltIn = start?.kind === 'builtIn';
  if (isBuiltIn && protocol !== 'nightshift') say(['protocol'], 'our own server program speaks nightshift');
  if (isBuiltInProfileId(id) !== isBuiltIn || (isBuiltIn && id !== mode)) {
    say(['id'], isBuiltIn ? `the built-in server of this mode has the id ${mode}` : `${id} is the id of a built-in server`);
  }
  if (sampleRateHz !== SENT_RATE_HZ) say(['sampleRateHz'], `audio is sent at ${SENT_RATE_HZ} Hz`);
  if (start !== null && !isLoopback(host)) say(['host'], 'a server that Nightshift starts is on this machine');
  if (start === null) {
    if (ready.check.kind === 'logLine') say(['ready', 'check'], 'a log line is seen only of a server that Nightshift starts');
    if (recycle.afterFiles !== null || recycle.aboveMemoryMb !== null)
      say(['recycle'], 'a server that somebody else runs is never restarted');
    if (gpu !== null) say(['gpu'], 'the GPU of a server that somebody else runs cannot be chosen');
  }
  return found;
}

function completeStart(start: z.output<typeof ProfileDraftSchema>['start']): ServerProfile['start'] {
  if (start?.kind !== 'command') return start ?? null;
  const { kind, command, args = [], cwd = null, env = {} } = start;
  return { kind, command, args, cwd, env };
}

/** What was not said must not overwrite a default. */
function withoutUndefined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function isRegExp(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

/** What export writes and import reads. Secrets stand as `SECRET_MASK`, which on import means the one that is known already. */
export const ProfileDocumentSchema = z.strictObject({
  nightshiftServers: z.literal(1),
  profiles: z.array(ProfileDraftSchema).min(1).max(200),
});
export type ProfileDocument = z.input<typeof ProfileDocumentSchema>;

const KeptProfileSchema = z.object({
  /** Secrets masked. */
  profile: ServerProfileSchema,
  /** Secrets that stood as `SECRET_MASK` and are not known, by their place (`options.apiKey`): they have to be entered. */
  missingSecrets: z.array(z.string()),
});

/** A profile ready to edit: `draft` with what stands in `<…>` replaced. */
export const PresetSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** What to know before it is started, in a sentence. */
  hint: z.object({ en: z.string(), ko: z.string() }),
  draft: ProfileDraftSchema,
});
export type Preset = z.infer<typeof PresetSchema>;

/** Secrets are masked in every answer. */
export const profileRoutes = {
  /** Our own servers in the order of the modes, then the user's by name. */
  'profiles.list': { kind: 'query', input: z.object({}), output: z.object({ profiles: z.array(ServerProfileSchema) }) },
  'profiles.presets': { kind: 'query', input: z.object({}), output: z.object({ presets: z.array(PresetSchema) }) },
  /** All or none. `replace` takes the place of earlier ones with the same id; a masked secret is the one that is known. */
  'profiles.save': {
    kind: 'command',
    input: z.object({ document: ProfileDocumentSchema, replace: z.boolean().default(false) }),
    output: z.object({ saved: z.array(KeptProfileSchema) }),
  },
  /** Also takes it from the lists of the modes. */
  'profiles.remove': { kind: 'command', input: z.object({ id: ProfileIdSchema }), output: z.object({}) },
  /** @param ids null: all that are not Nightshift's own */
  'profiles.export': {
    kind: 'query',
    input: z.object({ ids: z.array(ProfileIdSchema).min(1).max(200).nullable().default(null) }),
    output: z.object({ document: ProfileDocumentSchema }),
  },
} as const;
