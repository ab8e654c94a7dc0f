import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogFilter } from '#shared/contract/log.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { EventBus } from '../events.ts';
import { type Database, openDatabase } from '../persistence/database.ts';
import { type EventLog, openEventLog } from './eventLog.ts';

const ALL: LogFilter = { level: 'info', kinds: [], runId: null, serverId: null, search: '', sinceMs: null };
const SETTINGS = SettingsSchema.parse({});

let folder: string;
let database: Database;
let clock: FakeClock;
let events: EventBus;
let log: EventLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-events-'));
  database = await openDatabase(join(folder, 'nightshift.db'));
  clock = new FakeClock();
  events = new EventBus(() => undefined);
  log = openEventLog({ database, clock, logger: silentLogger, events, settings: SETTINGS, limits: { infos: 3, problems: 3, ageMs: 1e9 } });
});

afterEach(async () => {
  await log.close();
  await database.close();
  await rm(folder, { recursive: true });
});

function server(changes: Partial<KnownServer>): void {
  const state = { id: 'streaming', mode: 'streaming', port: 1, status: 'stopped', reason: null, warnings: [], error: null, ...changes };
  events.emit('server.changed', state as unknown as KnownServer);
}

async function logged(): Promise<unknown[]> {
  await log.close();
  const { entries } = await log.page({ ...ALL, beforeId: null, afterId: null, count: 100 });
  return entries.map(({ code, level, serverId, data }) => ({ code, level, serverId, data }));
}

test('changes of a server are logged with their reason, files that come and go are not', async () => {
  server({ status: 'starting', reason: 'wanted' });
  server({ status: 'ready', reason: 'answered' });
  server({ status: 'busy', reason: 'sessions' });
  server({ status: 'ready', reason: 'sessions', warnings: ['cpuFallback'] });
  server({ status: 'busy', reason: 'sessions', warnings: ['cpuFallback'] });
  server({ status: 'crashed', reason: 'outOfMemory', warnings: ['cpuFallback'] });
  const of = (from: string, to: string, reason: string): object => ({ from, to, reason, port: 1 });
  expect(await logged()).toEqual([
    { code: 'serverChanged', level: 'info', serverId: 'streaming', data: of('stopped', 'starting', 'wanted') },
    { code: 'serverChanged', level: 'info', serverId: 'streaming', data: of('starting', 'ready', 'answered') },
    { code: 'serverWarned', level: 'warn', serverId: 'streaming', data: { warning: 'cpuFallback' } },
    { code: 'serverChanged', level: 'error', serverId: 'streaming', data: of('busy', 'crashed', 'outOfMemory') },
  ]);
});

test('of the settings what was changed is logged', async () => {
  events.emit('settings.changed', { ...SETTINGS, language: 'ko' });
  events.emit('settings.changed', { ...SETTINGS, language: 'ko', theme: 'dark' });
  expect(await logged()).toMatchObject([{ data: { setting: 'language', value: '"ko"' } }, { data: { setting: 'theme', value: '"dark"' } }]);
});

test('writes what came together a moment later, and trims in time', async () => {
  for (let runId = 1; runId <= 8; runId++) events.emit('run.removed', { runId });
  expect((await log.export(ALL)).count).toBe(0);
  await clock.advance(200);
  await eventually(async () => expect((await log.export(ALL)).count).toBe(8));
  await clock.advance(60_000);
  await eventually(async () => expect((await log.export(ALL)).count).toBe(3));
});

test('exports one JSON object a line, oldest first', async () => {
  events.emit('run.removed', { runId: 1 });
  events.emit('run.removed', { runId: 2 });
  await log.close();
  const { text, name, count, isComplete } = await log.export(ALL);
  expect({ count, isComplete, name }).toMatchObject({ count: 2, isComplete: true, name: expect.stringMatching(/\.jsonl$/) as string });
  const lines = text.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { runId: number }).runId)).toEqual([1, 2]);
});

test('advice about a run that is not there is refused', async () => {
  await expect(log.advice(99)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
});
