import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ProfileDraft, SECRET_MASK } from '#shared/contract/profiles.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { maskProfile } from './profileSecrets.ts';
import { openProfileStore, type ProfileStore } from './profileStore.ts';

const PORTS = { streaming: 9_001, chunked: 9_002, original: 9_003 };
const VOSK: ProfileDraft = { name: 'My vosk', mode: 'streaming', protocol: 'vosk' };
const SECRET: ProfileDraft = {
  name: 'Secret',
  mode: 'original',
  protocol: 'openai',
  start: { kind: 'command', command: 'serve', env: { API_KEY: 'sk-1', PLAIN: 'seen' } },
  options: { apiKey: 'sk-2', fields: { token: 'sk-3', temperature: '0' } },
};

let folder: string;
let database: Database;
let changes: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'profiles-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  changes = 0;
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

function open(): Promise<ProfileStore> {
  return openProfileStore({ database, clock: new FakeClock(), logger: silentLogger, ports: () => PORTS, onChange: () => (changes += 1) });
}

const idsOf = (store: ProfileStore): string[] => store.list().map(({ id }) => id);

test('our own servers always exist, on the ports of the settings, and what was saved is there for the next owner', async () => {
  const store = await open();
  expect(store.list().map(({ id, port }) => [id, port])).toEqual(Object.entries(PORTS));
  await store.save([{ ...VOSK, name: 'Z' }, VOSK], false);
  expect(changes).toBe(1);
  const next = await open();
  expect(idsOf(next)).toEqual(['streaming', 'chunked', 'original', 'my-vosk', 'z']);
  expect(next.get('my-vosk')).toEqual(store.get('my-vosk'));
});

test.each<[string, ProfileDraft[], boolean, object]>([
  ['an id that is taken', [{ ...VOSK, name: 'Other' }, VOSK], false, { code: 'PROFILE_EXISTS', data: { profileId: 'my-vosk' } }],
  [
    'the same id twice',
    [
      { ...VOSK, name: 'A' },
      { ...VOSK, name: 'a' },
    ],
    true,
    { code: 'PROFILE_EXISTS', data: { profileId: 'a' } },
  ],
  [
    'a contradiction in one of them',
    [
      { ...VOSK, name: 'A' },
      { ...VOSK, name: 'B', gpu: 'cpu' },
    ],
    true,
    { code: 'PROFILE_INVALID', data: { field: 'profiles.1.gpu' } },
  ],
  [
    'a server of our own',
    [{ id: 'chunked', name: 'x', mode: 'chunked', protocol: 'nightshift', start: { kind: 'builtIn' } }],
    true,
    { code: 'PROFILE_INVALID', data: { field: 'start' } },
  ],
])('%s is refused and nothing is kept', async (_what, drafts, replace, error) => {
  const store = await open();
  await store.save([VOSK], false);
  const before = store.list();
  await expect(store.save(drafts, replace)).rejects.toMatchObject(error);
  expect(store.list()).toEqual(before);
  expect((await open()).list()).toEqual(before);
});

test('a masked secret is the one that is known, elsewhere it is missing and said to be', async () => {
  const store = await open();
  const [kept] = await store.save([SECRET], false);
  const shown = maskProfile(store.get('secret'));
  expect(JSON.stringify(shown)).not.toMatch(/sk-/);
  expect(shown.start).toMatchObject({ env: { API_KEY: SECRET_MASK, PLAIN: 'seen' } });
  expect(shown.options).toMatchObject({ apiKey: SECRET_MASK, fields: { token: SECRET_MASK, temperature: '0' } });

  const [again] = await store.save([{ ...shown, port: 9_999 }], true);
  expect(again).toEqual({ profile: { ...kept?.profile, port: 9_999 }, missingSecrets: [] });

  const [elsewhere] = await store.save([{ ...shown, id: 'elsewhere' }], false);
  expect(elsewhere?.missingSecrets).toEqual(['options.apiKey', 'options.fields.token', 'start.env.API_KEY']);
  expect(elsewhere?.profile.options).toMatchObject({ apiKey: null, fields: { temperature: '0' } });
  expect(elsewhere?.profile.start).toMatchObject({ env: { PLAIN: 'seen' } });
});

test('a server is removed for good; ours and unknown ones are not', async () => {
  const store = await open();
  await store.save([VOSK], false);
  await store.remove('my-vosk');
  expect(idsOf(await open())).toEqual(['streaming', 'chunked', 'original']);
  await expect(store.remove('my-vosk')).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND', data: { profileId: 'my-vosk' } });
  await expect(store.remove('streaming')).rejects.toMatchObject({ code: 'PROFILE_INVALID' });
});

test('a stored profile that cannot be read is left out and left in its place', async () => {
  await database.write('saveProfiles', { profiles: [{ id: 'odd', profile: '{"protocol":"morse"}' }], nowMs: 1 });
  expect(idsOf(await open())).toEqual(['streaming', 'chunked', 'original']);
  expect(await database.read('serverProfiles')).toEqual([{ id: 'odd', profile: '{"protocol":"morse"}' }]);
});
