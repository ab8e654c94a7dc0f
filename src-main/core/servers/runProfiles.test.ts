import { expect, test } from 'vitest';
import { completeProfile, type ProfileDraft, SECRET_MASK, type ServerProfile } from '#shared/contract/profiles.ts';
import { type RunOptions, RunOptionsSchema } from '#shared/contract/runs.ts';
import { SettingsChangeSchema } from '#shared/contract/settings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { workKey } from '../scheduler/workKey.ts';
import { freezeProfiles, needsModel, profilesOf, serverNames } from './runProfiles.ts';

const PORTS = { streaming: 9_001, chunked: 9_002, original: 9_003 };
const NONE = { streaming: [], chunked: [], original: [] };
const COMMAND: ProfileDraft = {
  name: 'Command',
  mode: 'original',
  protocol: 'whisper-cpp',
  start: { kind: 'command', command: 'whisper-server', args: ['--port', '{port}'], env: { API_KEY: 'sk-1', THREADS: '4' } },
  options: { apiKey: 'sk-2', model: 'large' },
};
const known = new Map<string, ServerProfile>(
  [
    { ...COMMAND },
    { name: 'Vosk', mode: 'streaming', protocol: 'vosk', port: 2_700 } as const,
    { name: 'Vosk two', mode: 'streaming', protocol: 'vosk', port: 2_701 } as const,
  ]
    .map((draft) => completeProfile(draft))
    .map((profile) => [profile.id, profile]),
);
const store = {
  get: (id: string): ServerProfile => {
    const profile = known.get(id) ?? (id in PORTS ? builtIn(id) : undefined);
    if (profile === undefined) throw new NightshiftError('PROFILE_NOT_FOUND', { profileId: id });
    return profile;
  },
};

function builtIn(id: string): ServerProfile {
  const mode = id as 'streaming' | 'chunked' | 'original';
  return completeProfile({ id, name: id, mode, protocol: 'nightshift', start: { kind: 'builtIn' } });
}

function freeze(choice: Partial<RunOptions>, usual: Partial<Record<keyof typeof NONE, string[]>> = {}): RunOptions {
  const options = RunOptionsSchema.parse({ modes: ['streaming', 'original'], ports: PORTS, ...choice });
  return { ...options, profiles: freezeProfiles(options, PORTS, { ...NONE, ...usual }, store) };
}

const idsOf = (options: RunOptions, mode: 'streaming' | 'original'): string[] => profilesOf(options, mode).map(({ id }) => id);

test('a run uses what was chosen for it, else the settings, else our own server', () => {
  const usual = { streaming: ['vosk'], original: ['command'] };
  expect(idsOf(freeze({}), 'streaming')).toEqual(['streaming']);
  expect(idsOf(freeze({}, usual), 'streaming')).toEqual(['vosk']);
  const chosen = freeze({ serverIds: ['vosk', 'vosk-two'] }, usual);
  expect([idsOf(chosen, 'streaming'), idsOf(chosen, 'original')]).toEqual([['vosk', 'vosk-two'], ['command']]);
  // The user said: what runs on the ports.
  expect(freeze({ servers: 'running' }, usual).profiles).toEqual({ streaming: null, chunked: null, original: null });
  // Our own, although the settings name another.
  expect(freeze({ serverIds: ['streaming'] }, usual).profiles.streaming).toBeNull();
  expect(idsOf(freeze({ serverIds: ['streaming', 'vosk'] }), 'streaming')).toEqual(['streaming', 'vosk']);
});

test('a server named twice is used once', () => {
  expect(idsOf(freeze({ serverIds: ['vosk', 'vosk'] }), 'streaming')).toEqual(['vosk']);
  expect(SettingsChangeSchema.parse({ servers: { ...NONE, streaming: ['vosk', 'vosk-two', 'vosk'] } }).servers?.streaming).toEqual([
    'vosk',
    'vosk-two',
  ]);
});

test('a server of another mode and an unknown one are refused', () => {
  expect(() => freeze({ serverIds: ['command'], modes: ['streaming'] })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  expect(() => freeze({ serverIds: ['nobody'] })).toThrow(expect.objectContaining({ code: 'PROFILE_NOT_FOUND' }));
});

test('what is kept with a run holds no secrets', () => {
  const { profiles } = freeze({ serverIds: ['command'] });
  expect(JSON.stringify(profiles)).not.toContain('sk-');
  expect(profiles.original?.[0]?.options.apiKey).toBe(SECRET_MASK);
});

test('a model is chosen only where a server asks for it', () => {
  expect(needsModel(freeze({}))).toBe(true);
  expect(needsModel(freeze({ servers: 'running' }))).toBe(false);
  expect(needsModel(freeze({ serverIds: ['vosk', 'command'] }))).toBe(false);
  expect(needsModel(freeze({ serverIds: ['vosk'] }))).toBe(true);
  expect(serverNames(freeze({ serverIds: ['vosk', 'command'] }))).toBe('Vosk, large');
  const asking = freeze({ modes: ['original'], serverIds: ['command'] });
  const [profile] = asking.profiles.original ?? [];
  if (profile?.start?.kind !== 'command') throw new Error('no command');
  const start = { ...profile.start, args: ['-m', '{model}'] };
  expect(needsModel({ ...asking, profiles: { ...asking.profiles, original: [{ ...profile, start }] } })).toBe(false);
  const open = { ...profile, start, options: { ...profile.options, model: null } };
  expect(needsModel({ ...asking, profiles: { ...asking.profiles, original: [open] } })).toBe(true);
});

test('work done by a server that would say something else is not the same work', () => {
  const key = (options: RunOptions, mode: 'streaming' | 'original'): string => workKey(mode, 'tiny', options);
  const ours = freeze({});
  // Runs from before there were profiles keep their results.
  expect(key(RunOptionsSchema.parse({ ports: PORTS }), 'streaming')).toBe(key(ours, 'streaming'));
  const vosk = freeze({ serverIds: ['vosk'] });
  expect(key(vosk, 'streaming')).not.toBe(key(ours, 'streaming'));
  expect(key(vosk, 'original')).toBe(key(ours, 'original'));

  const command = freeze({ serverIds: ['command'] });
  const change = (part: Partial<ServerProfile>): string => {
    const [profile] = command.profiles.original ?? [];
    if (profile === undefined) throw new Error('no profile');
    return key({ ...command, profiles: { ...command.profiles, original: [{ ...profile, ...part }] } }, 'original');
  };
  const before = key(command, 'original');
  // Where a server that we start listens, how long we wait for it, and what opens it change nothing in its text.
  expect(change({ port: 9_999, name: 'x', timeouts: { ...completeProfile(COMMAND).timeouts, connectMs: 1_000 }, capacity: 4 })).toBe(
    before,
  );
  expect(change({ options: { ...completeProfile(COMMAND).options, apiKey: null } })).toBe(before);
  expect(change({ options: { ...completeProfile(COMMAND).options, prompt: 'names' } })).not.toBe(before);
  expect(change({ start: { kind: 'command', command: 'other', args: [], cwd: null, env: {} } })).not.toBe(before);
  expect(change({ tailSilenceMs: 500 })).not.toBe(before);
});

test('a second server of the same kind does not make the work another, one at another place that somebody else runs does', () => {
  const options = freeze({ modes: ['original'], serverIds: ['command'] });
  const [profile] = options.profiles.original ?? [];
  if (profile === undefined) throw new Error('no profile');
  const twin = { ...options, profiles: { ...options.profiles, original: [profile, { ...profile, id: 'twin', port: 9_500 }] } };
  expect(workKey('original', 'tiny', twin)).toBe(workKey('original', 'tiny', options));
  expect(workKey('streaming', 'tiny', freeze({ serverIds: ['vosk', 'vosk-two'] }))).not.toBe(
    workKey('streaming', 'tiny', freeze({ serverIds: ['vosk'] })),
  );
});
