import { DEFAULT_PORTS, type Mode } from './mode.ts';

/** Wire protocols that Nightshift speaks; each has an adapter of its own. */
export const SERVER_PROTOCOLS = [
  'nightshift',
  's0',
  'openai',
  'whisper-cpp',
  'whisperlivekit',
  'sherpa-online',
  'sherpa-offline',
  'vosk',
  'whisperlive',
  'simulstreaming',
  'funasr',
] as const;
export type ServerProtocol = (typeof SERVER_PROTOCOLS)[number];

/** What says that all results of a file have come. `quietMs` must exceed the time the server needs to decode what is left. */
export type EndRule = { readonly kind: 'marker' } | { readonly kind: 'close' } | { readonly kind: 'quiet'; readonly quietMs: number };

export type ReadyCheck =
  | { readonly kind: 'handshake' }
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'logLine'; readonly pattern: string };

/** What a profile says of its own accord when the user leaves it open. */
export interface ProtocolDefaults {
  /** null: the port of the mode. */
  readonly port: number | null;
  readonly path: string;
  readonly sampleFormat: 'f32le' | 's16le';
  readonly sampleRateHz: number;
  readonly pacing: 'asRun' | 'realTime';
  readonly tailSilenceMs: number;
  readonly end: EndRule;
  readonly readyCheck: ReadyCheck;
  readonly readyDeadlineMs: number;
  readonly capacity: number | null;
}

const MARKER: EndRule = { kind: 'marker' };
const HANDSHAKE: ReadyCheck = { kind: 'handshake' };
/** A small model loads in seconds; what takes longer than this is stuck. */
const SMALL_MODEL_DEADLINE_MS = 120_000;
/** Whisper large from a cold disk onto a GPU, and the compilation of its kernels, take minutes. */
const LARGE_MODEL_DEADLINE_MS = 600_000;

const COMMON = {
  path: '/',
  sampleFormat: 's16le',
  sampleRateHz: 16_000,
  pacing: 'asRun',
  tailSilenceMs: 0,
  end: MARKER,
  readyCheck: HANDSHAKE,
  readyDeadlineMs: LARGE_MODEL_DEADLINE_MS,
  capacity: null,
} as const satisfies Partial<ProtocolDefaults>;

/**
 * Ports, formats and rules as the projects' own sources have them at the versions named in `docs/servers.md`.
 * Silence at the end is for servers that do not decode their last second by themselves.
 */
export const PROTOCOL_DEFAULTS: Readonly<Record<ServerProtocol, ProtocolDefaults>> = {
  nightshift: { ...COMMON, port: null, sampleFormat: 'f32le', readyDeadlineMs: SMALL_MODEL_DEADLINE_MS },
  // One decoder is shared by all connections: a second client would corrupt the first one's text.
  s0: { ...COMMON, port: null, sampleFormat: 'f32le', end: { kind: 'close' }, capacity: 1 },
  openai: { ...COMMON, port: 8000, path: '/v1/audio/transcriptions', readyCheck: { kind: 'http', path: '/health' } },
  'whisper-cpp': { ...COMMON, port: 8080, path: '/inference', readyCheck: { kind: 'http', path: '/health' }, capacity: 1 },
  whisperlivekit: { ...COMMON, port: 8000, path: '/asr', readyCheck: { kind: 'http', path: '/health' } },
  'sherpa-online': { ...COMMON, port: 6006, sampleFormat: 'f32le', readyCheck: { kind: 'logLine', pattern: 'Listening on:' } },
  'sherpa-offline': { ...COMMON, port: 6006, sampleFormat: 'f32le', readyCheck: { kind: 'logLine', pattern: 'Listening on:' } },
  vosk: { ...COMMON, port: 2700 },
  // It throws away what it is sent faster than it decodes, never flushes its last second, and has no end marker; its own client waits 15 s.
  whisperlive: {
    ...COMMON,
    port: 9090,
    sampleFormat: 'f32le',
    pacing: 'realTime',
    tailSilenceMs: 1_000,
    end: { kind: 'quiet', quietMs: 15_000 },
  },
  // Words still undecided at the end of the stream are lost; one client at a time, others wait unserved.
  simulstreaming: { ...COMMON, port: 43_007, tailSilenceMs: 3_000, end: { kind: 'close' }, capacity: 1 },
  funasr: { ...COMMON, port: 10_095 },
};

/** Address of a server as it is shown; `ws://localhost:8001`. */
export function profileUrl(server: {
  readonly protocol: ServerProtocol;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly tls: boolean;
}): string {
  const { protocol, host, port, path, tls } = server;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (protocol === 'simulstreaming') return `tcp://${place}`;
  const scheme = protocol === 'openai' || protocol === 'whisper-cpp' ? 'http' : 'ws';
  return `${scheme}${tls ? 's' : ''}://${place}${path === '/' ? '' : path}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

export function defaultPort(protocol: ServerProtocol, mode: Mode): number {
  return PROTOCOL_DEFAULTS[protocol].port ?? DEFAULT_PORTS[mode];
}

/** Ids of the profiles that always exist: one of our own servers for each mode. */
export function isBuiltInProfileId(id: string): id is Mode {
  return Object.hasOwn(DEFAULT_PORTS, id);
}

/** Values of the placeholders in a profile's arguments and environment. */
export interface PlaceholderValues {
  readonly port: number;
  /** The profile's own model, else the folder of the run's model. */
  readonly model: string;
  readonly mode: Mode;
  /** Window of the chunked mode, seconds. */
  readonly window: number;
}

/** `{port}`, `{model}`, `{mode}` and `{window}` replaced; other text in braces stays, because it may be JSON. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replace(/\{(port|model|mode|window)\}/g, (_whole, name: keyof PlaceholderValues) => String(values[name]));
}
