import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeProfile, type ProfileDraft, SECRET_MASK } from '#shared/contract/profiles.ts';
import { argumentsOf, argumentsText } from './argumentLines.ts';
import { copyForm, emptyForm, openPlaces, presetForm, toDraft, toForm, withKind, withStart } from './profileForm.ts';

const WHISPER: ProfileDraft = {
  name: 'whisper.cpp',
  mode: 'original',
  protocol: 'whisper-cpp',
  start: {
    kind: 'command',
    command: 'whisper-server',
    args: ['-m', '{model}', '', 'two\nlines'],
    env: { API_KEY: SECRET_MASK, HOME: '/x' },
  },
  gpu: { deviceUuid: 'GPU-1' },
  recycle: { afterFiles: 500 },
  ready: { check: { kind: 'logLine', pattern: 'listening' } },
  end: { kind: 'quiet', quietMs: 700 },
  options: { apiKey: SECRET_MASK, model: 'large', fields: { temperature: '0' } },
};

describe('a profile as fields', () => {
  it.each<ProfileDraft>([
    WHISPER,
    {
      name: 'elsewhere',
      mode: 'streaming',
      protocol: 'openai',
      host: '10.0.0.2',
      tls: true,
      capacity: 8,
      options: { prompt: ' a ', requestSec: 600 },
    },
    { name: 'paced', mode: 'chunked', protocol: 'whisperlive', start: { kind: 'command', command: 'x' }, gpu: 'cpu' },
  ])('says the same after it was shown: $name', (draft) => {
    const profile = completeProfile(draft);
    expect(completeProfile(toDraft(toForm(profile)))).toEqual(profile);
  });

  it('follows another protocol and mode where nobody chose otherwise', () => {
    const form = { ...emptyForm(), name: 'mine', capacity: '3' };
    const vosk = withKind(form, { protocol: 'vosk' });
    expect([vosk.port, vosk.sampleFormat, vosk.endKind, vosk.capacity]).toEqual(['2700', 's16le', 'marker', '3']);
    expect(withKind({ ...form, port: '9000' }, { mode: 'original' }).port).toBe('9000');
    expect(withKind(form, { mode: 'original' }).port).toBe('8003');
  });

  it('keeps what belongs to a server of ours while somebody else is said to run it', () => {
    const form = toForm(completeProfile(WHISPER));
    const external = withStart(form, 'external');
    const { start, gpu, recycle, ready } = completeProfile(toDraft(external));
    expect([start, gpu, recycle.afterFiles, ready.check.kind, external.warmUp]).toEqual([null, null, null, 'handshake', false]);
    expect(withStart(external, 'command')).toEqual(form);
  });

  it('copies everything but the id and the secrets, under a free name', () => {
    const copy = copyForm(completeProfile(WHISPER), ['whisper-cpp', 'whisper-cpp-2']);
    expect([copy.name, copy.id, copy.apiKey]).toEqual(['whisper.cpp 3', '', '']);
    expect(copy.env).toEqual([
      { name: 'API_KEY', value: '' },
      { name: 'HOME', value: '/x' },
    ]);
  });

  it('names what a preset leaves to its user', () => {
    const start: ProfileDraft['start'] = {
      kind: 'command',
      command: 'python3',
      args: ['--encoder={model}/<encoder.onnx>'],
      cwd: '<folder>',
    };
    const form = presetForm({ name: 'preset', mode: 'streaming', protocol: 'vosk', start, options: { model: '<folder>' } });
    expect(openPlaces(form)).toEqual(['<encoder.onnx>', '<folder>']);
    expect(openPlaces({ ...form, startKind: 'external' })).toEqual(['<folder>']);
  });
});

describe('arguments in a text', () => {
  it('come back as they were, whatever they hold', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('', '""', ' ', '[', '[]', '["a"]', 'two\nlines', '-m', '\r'));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (args) => {
        expect(argumentsOf(argumentsText(args))).toEqual(args);
      }),
    );
  });

  it('are one a line; blank lines count for nothing', () => {
    expect(argumentsOf('--port\n\n{port}\r\n--certfile\n""\n')).toEqual(['--port', '{port}', '--certfile', '']);
    expect(argumentsText(['a b', ''])).toBe('a b\n""');
  });
});
