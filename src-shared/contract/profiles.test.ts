import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODES } from '#shared/domain/mode.ts';
import { fillPlaceholders, PROTOCOL_DEFAULTS, SERVER_PROTOCOLS } from '#shared/domain/profileDefaults.ts';
import { builtInProfile, completeProfile, type ProfileDraft, ProfileIdSchema, profileIdOf, ServerProfileSchema } from './profiles.ts';

const messagesOf = (draft: object): string[] => {
  try {
    completeProfile(draft as ProfileDraft);
    return [];
  } catch (error) {
    return (error as { issues: { path: (string | number)[]; message: string }[] }).issues.map((issue) => issue.path.join('.'));
  }
};

describe('completeProfile', () => {
  it('takes no name that would be a command to a terminal', () => {
    expect(messagesOf({ name: 'red \u001b[31mserver', mode: 'original', protocol: 'vosk' })).toEqual(['name']);
    expect(messagesOf({ name: '내 서버 (vosk)', mode: 'original', protocol: 'vosk' })).toEqual([]);
  });

  it('needs no more than a name, a mode and a protocol', () => {
    expect(completeProfile({ name: 'My whisper.cpp', mode: 'original', protocol: 'whisper-cpp' })).toEqual({
      id: 'my-whisper-cpp',
      name: 'My whisper.cpp',
      mode: 'original',
      protocol: 'whisper-cpp',
      start: null,
      host: 'localhost',
      port: 8080,
      path: '/inference',
      tls: false,
      sampleFormat: 's16le',
      sampleRateHz: 16_000,
      pacing: 'asRun',
      tailSilenceMs: 0,
      end: { kind: 'marker' },
      ready: { check: { kind: 'http', path: '/health' }, deadlineMs: 600_000 },
      capacity: 1,
      warmUp: false,
      timeouts: { connectMs: 30_000, silenceLeastMs: 30_000, silencePerAudio: 6, stopGraceMs: 5_000 },
      recycle: { afterFiles: null, aboveMemoryMb: null },
      gpu: null,
      options: { model: null, language: null, prompt: null, apiKey: null, requestSec: null, fields: {} },
    });
  });

  it.each(SERVER_PROTOCOLS)('is complete and stable for %s, started or not', (protocol) => {
    for (const mode of MODES) {
      for (const start of [null, { kind: 'command', command: 'python3' }] as const) {
        const profile = completeProfile({ name: 'a', mode, protocol, start });
        expect(ServerProfileSchema.parse(profile)).toEqual(profile);
        expect(completeProfile(profile)).toEqual(profile);
      }
    }
  });

  it('asks the ports of the modes where the protocol has none of its own', () => {
    const ports = MODES.map((mode) => completeProfile({ name: 'a', mode, protocol: 's0' }).port);
    expect(ports).toEqual([8001, 8002, 8003]);
  });

  it('looks for a line of output only where there is output to see', () => {
    const start = { kind: 'command', command: 'sherpa-onnx-online-websocket-server' } as const;
    expect(completeProfile({ name: 'a', mode: 'streaming', protocol: 'sherpa-online', start }).ready.check.kind).toBe('logLine');
    expect(completeProfile({ name: 'a', mode: 'streaming', protocol: 'sherpa-online' }).ready.check.kind).toBe('handshake');
  });

  it.each<[string, object, string[]]>([
    ['a log line of a server somebody else runs', { ready: { check: { kind: 'logLine', pattern: 'x' } } }, ['ready.check']],
    ['recycling a server somebody else runs', { recycle: { afterFiles: 100 } }, ['recycle']],
    ['a GPU for a server somebody else runs', { gpu: 'cpu' }, ['gpu']],
    ['starting a server on another machine', { host: '192.0.2.1', start: { kind: 'command', command: 'x' } }, ['host']],
    ['the id of a built-in server', { id: 'streaming' }, ['id']],
    ['our own program with another protocol', { id: 'streaming', mode: 'streaming', start: { kind: 'builtIn' } }, ['protocol']],
    ['a field that does not exist', { prot: 1 }, ['']],
    [
      'an expression that is none',
      { start: { kind: 'command', command: 'x' }, ready: { check: { kind: 'logLine', pattern: '(' } } },
      ['ready.check.pattern'],
    ],
    ['another rate than audio is sent at', { sampleRateHz: 8_000 }, ['sampleRateHz']],
    ['no name', { name: ' ' }, ['name']],
  ])('refuses %s', (_what, change, paths) => {
    expect(messagesOf({ name: 'a', mode: 'original', protocol: 's0', ...change })).toEqual(paths);
  });

  it('has one profile of our own for each mode', () => {
    expect(MODES.map((mode) => builtInProfile(mode, 9_000)).map(({ id, port, start }) => ({ id, port, start }))).toEqual(
      MODES.map((mode) => ({ id: mode, port: 9_000, start: { kind: 'builtIn' } })),
    );
  });
});

describe('profileIdOf', () => {
  it('makes an id of every name', () => {
    fc.assert(fc.property(fc.string(), (name) => ProfileIdSchema.safeParse(profileIdOf(name)).success));
    expect(profileIdOf('My server (GPU 1)')).toBe('my-server-gpu-1');
    expect(profileIdOf('서버')).toBe('server');
  });
});

describe('fillPlaceholders', () => {
  it('replaces what it knows and leaves other braces alone', () => {
    const values = { port: 9_001, model: '/models/$&', mode: 'chunked', window: 2 } as const;
    expect(fillPlaceholders('--port={port} {model} {mode}/{window} {"a":{b}}', values)).toBe('--port=9001 /models/$& chunked/2 {"a":{b}}');
  });
});

describe('PROTOCOL_DEFAULTS', () => {
  it('leaves no server that must be paced without a quiet end', () => {
    const paced = Object.values(PROTOCOL_DEFAULTS).filter(({ pacing }) => pacing === 'realTime');
    expect(paced.map(({ end }) => end.kind)).toEqual(['quiet']);
  });
});
