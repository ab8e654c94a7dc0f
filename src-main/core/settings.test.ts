import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { HookedDatabase } from '#main/testing/hookedDatabase.ts';
import { EventBus } from './events.ts';
import { openDatabase } from './persistence/database.ts';
import { openSettings, type SettingsStore } from './settings.ts';

const DEFAULTS = SettingsSchema.parse({});

let folder: string;
let database: HookedDatabase;
let told: AnyEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-settings-'));
  database = new HookedDatabase(await openDatabase(join(folder, 'nightshift.db')));
  told = [];
});

afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

async function open(): Promise<SettingsStore> {
  const bus = new EventBus((error) => {
    throw error;
  });
  bus.subscribe((event) => told.push(event));
  return await openSettings(database, bus);
}

test('changes asked at the same time are all kept, whichever is written first', async () => {
  const settings = await open();
  const first = database.hold('saveSetting', 'before');
  const changes = [settings.update({ model: '/models/big' }), settings.update({ ffmpegPath: '/opt/ffmpeg' })];
  await new Promise(setImmediate);
  first.release();
  await Promise.all(changes);
  const wanted = { ...DEFAULTS, model: '/models/big', ffmpegPath: '/opt/ffmpeg' };
  expect(settings.current).toEqual(wanted);
  expect((await open()).current).toEqual(wanted);
  expect(told.map(({ name }) => name)).toEqual(['settings.changed', 'settings.changed']);
});

test('a change that cannot be written is not made, and the next one is', async () => {
  const settings = await open();
  database.fail('saveSetting', new NightshiftError('DISK_FULL'));
  await expect(settings.update({ model: '/models/big' })).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(settings.current).toEqual(DEFAULTS);
  expect(told).toEqual([]);
  await settings.update({ ffmpegPath: '/opt/ffmpeg' });
  expect((await open()).current).toEqual({ ...DEFAULTS, ffmpegPath: '/opt/ffmpeg' });
});

test.each(['{"model": "/models/b', 'null', '[]', '{"model": 7}', '"text"'])(
  'the damaged document %s gives way to the defaults',
  async (value) => {
    await database.write('saveSetting', { key: 'settings', value });
    const settings = await open();
    expect(settings.current).toEqual(DEFAULTS);
    await settings.update({ model: '/models/big' });
    expect((await open()).current.model).toBe('/models/big');
  },
);

test('a document of an older version gets the defaults of what it does not have', async () => {
  await database.write('saveSetting', { key: 'settings', value: '{"model": "/models/big"}' });
  expect((await open()).current).toEqual({ ...DEFAULTS, model: '/models/big' });
});
