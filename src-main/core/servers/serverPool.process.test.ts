import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodePorts, type NodePorts } from '#main/platform/nodePorts.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { freePort } from '#main/testing/freePorts.ts';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { completeProfile, type ServerProfile } from '#shared/contract/profiles.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import type { ServerNeed } from './serverNeed.ts';
import { ServerPool } from './serverPool.ts';

checkLeaks();

const never = new AbortController().signal;
const noLedger = { recordStart: async () => 1, recordPid: async () => undefined, recordEnd: async () => undefined };
const CLIPS = join(assetsFolder(), 'samples', 'test-tiny', '1001');

let dataDir: string;
let ports: NodePorts;
let servers: InstantServer[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pool-'));
  ports = createNodePorts({ dataDir });
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await ports.resources.close();
  await ports.logger.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function external(name: string, capacity: number, delayMs = 0): Promise<{ profile: ServerProfile; server: InstantServer }> {
  const server = await startInstantServer({ mode: 'original', capacity, delayMs });
  servers.push(server);
  return { server, profile: completeProfile({ name, mode: 'original', protocol: 'nightshift', port: server.port, start: null }) };
}

function createPool(known: readonly ServerProfile[]): ServerPool {
  const find = (id: string): ServerProfile | null => known.find((profile) => profile.id === id) ?? null;
  return new ServerPool({
    ports,
    dataDir,
    ledger: noLedger,
    profiles: { list: () => [...known], find },
    paused: [],
    serving: () => [],
    onChange: () => undefined,
  });
}

function need(profiles: readonly ServerProfile[]): ServerNeed {
  return { mode: 'original', profiles, ownership: 'own', modelPath: '', windowSec: 2 };
}

async function* silence(seconds: number): AsyncGenerator<Buffer> {
  yield Buffer.alloc(seconds * 16_000 * 4);
}

test('several servers serve a mode: their places add up, no place is given twice, and one that cannot be had does not keep the others', async () => {
  const [one, two] = [await external('One', 1), await external('Two', 2)];
  const gone = completeProfile({ name: 'Gone', mode: 'original', protocol: 'nightshift', port: await freePort(), start: null });
  const profiles = [gone, one.profile, two.profile];
  const pool = createPool(profiles);
  await pool.ensureReady(need(profiles), never);
  await Promise.all([one, two].map(({ profile }) => pool.start(profile, need(profiles), never)));
  expect(pool.capacity(profiles)).toBe(3);

  // All in one turn, as tasks are started: a place that is being taken is not free.
  const sessions = await Promise.all([1, 2, 3].map(() => pool.nextPlace(profiles).open(never)));
  expect([one.server.received.mostAtOnce, two.server.received.mostAtOnce]).toEqual([1, 2]);
  await expect(pool.nextPlace(profiles).open(never)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  await Promise.all(sessions.map((session) => session.close()));
  await pool.close();
});

test('a paused server gets no new files; with all of them paused the mode waits until one is resumed', async () => {
  const [one, two] = [await external('One', 1), await external('Two', 2)];
  const profiles = [one.profile, two.profile];
  const pool = createPool(profiles);
  await Promise.all(profiles.map((profile) => pool.start(profile, need(profiles), never)));
  pool.setPaused(two.profile, true);
  expect(pool.state(two.profile)).toMatchObject({ isPaused: true, status: 'adopted' });
  expect(pool.capacity(profiles)).toBe(1);
  const before = two.server.received.connections;
  const session = await pool.nextPlace(profiles).open(never);
  expect(pool.room(profiles)).toEqual({ kind: 'full' });
  expect(two.server.received.connections).toBe(before);
  await session.close();

  pool.setPaused(one.profile, true);
  expect(pool.room(profiles).kind).toBe('waiting');
  const ended = new AbortController();
  const given = pool.ensureReady(need(profiles), ended.signal);
  ended.abort();
  await expect(given).rejects.toMatchObject({ code: 'CANCELLED' });
  const waiting = pool.ensureReady(need(profiles), never);
  pool.setPaused(two.profile, false);
  await waiting;
  expect(pool.room(profiles)).toEqual({ kind: 'free' });
  await pool.close();
});

test('when no server can be had, the reason of the first is what is said', async () => {
  const port = await freePort();
  const profile = completeProfile({ name: 'Gone', mode: 'original', protocol: 'nightshift', port, start: null });
  const pool = createPool([profile]);
  await expect(pool.ensureReady(need([profile]), never)).rejects.toMatchObject({ code: 'SERVER_REFUSED', data: { port } });
  await pool.close();
});

test('work goes to the server that was faster', async () => {
  const [slow, fast] = [await external('Slow', 1), await external('Fast', 1)];
  const profiles = [slow.profile, fast.profile];
  const pool = createPool(profiles);
  await Promise.all(profiles.map((profile) => pool.start(profile, need(profiles), never)));
  const transcribe = async (seconds: number): Promise<void> => {
    const session = await pool.nextPlace(profiles).open(never);
    const facts = { mode: 'original', language: null, chunkSec: 600, windowSec: 2, pacing: seconds > 1 ? 'asFast' : 'realTime' } as const;
    await session.transcribe({ ...facts, blocks: silence(seconds), signal: never });
    await session.close();
  };
  // Each is tried once before it is judged; the first one is held to the pace of speech.
  await transcribe(1);
  await transcribe(30);
  const before = slow.server.received.files + fast.server.received.files;
  for (let file = 0; file < 4; file += 1) await transcribe(30);
  expect([before, slow.server.received.files, fast.server.received.files]).toEqual([2, 1, 5]);
  await pool.close();
});

test('a server whose secret is known to nobody any more is not started without it', async () => {
  const profile = completeProfile({ name: 'Locked', mode: 'original', protocol: 'openai', options: { apiKey: '********' } });
  const pool = createPool([]);
  await expect(pool.ensureReady(need([profile]), never)).rejects.toMatchObject({
    code: 'PROFILE_NOT_FOUND',
    data: { profileId: 'locked' },
  });
  await pool.close();
});

test('and does not keep the other servers of its mode from working', async () => {
  const { profile } = await external('Open', 1);
  const locked = completeProfile({ name: 'Locked', mode: 'original', protocol: 'openai', options: { apiKey: '********' } });
  const pool = createPool([profile]);
  const profiles = [profile, locked];
  await pool.ensureReady(need(profiles), never);
  expect(pool.room(profiles)).toEqual({ kind: 'free' });
  await pool.close();
});

async function openRuntime(): Promise<Runtime> {
  const runtime = await createRuntime(ports, {
    ...{ dataDir, assetsDir: assetsFolder(), version: '0', host: 'library', bootId: 'boot-1', validateOutput: true },
  });
  const [streaming, chunked, original] = [await freePort(), await freePort(), await freePort()];
  await runtime.client.request('settings.update', { ports: { streaming, chunked, original } });
  return runtime;
}

test('a run uses the servers of the settings and is not repeated by the same servers', async () => {
  const [one, two] = [await external('One', 1), await external('Two', 1)];
  const { client, close } = await openRuntime();
  const drafts = [one, two].map(({ profile }) => ({ ...profile }));
  await client.request('profiles.save', { document: { nightshiftServers: 1, profiles: drafts } });
  await client.request('settings.update', { servers: { streaming: [], chunked: [], original: ['one', 'two'] } });
  const run = async (options: object): Promise<RunSummary['totals']> => {
    const choice = { modes: ['original' as const], ...options };
    const { id } = await client.request('runs.create', { sources: [CLIPS], options: choice, startWhenReady: true });
    const finished = Promise.withResolvers<RunSummary['totals']>();
    const look = ({ status, totals }: RunSummary): void => {
      if (status === 'finished') finished.resolve(totals);
    };
    const off = client.subscribe((event) => {
      if (event.name === 'run.changed' && event.payload.id === id) look(event.payload);
    });
    look(await client.request('runs.get', { runId: id }));
    return await finished.promise.finally(off);
  };
  expect(await run({})).toMatchObject({ done: 3, skipped: 0 });
  expect(one.server.received.files + two.server.received.files).toBe(3);
  expect(await run({})).toMatchObject({ done: 0, skipped: 3 });
  // One of them alone is another server than both.
  expect(await run({ serverIds: ['one'] })).toMatchObject({ done: 3, skipped: 0 });
  const [latest] = (await client.request('runs.list', {})).runs;
  expect(latest?.options).toMatchObject({
    serverIds: ['one'],
    profiles: { streaming: null, original: [{ id: 'one', port: one.server.port }] },
  });
  await close();
});

test('two servers of a mode share the work of a run, each file once', async () => {
  const [one, two] = [await external('One', 1, 100), await external('Two', 1, 100)];
  const { client, close } = await openRuntime();
  await client.request('profiles.save', { document: { nightshiftServers: 1, profiles: [one.profile, two.profile] } });
  const finished = Promise.withResolvers<object>();
  client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.status === 'finished') finished.resolve(event.payload.totals);
  });
  await client.request('runs.create', {
    sources: [join(assetsFolder(), 'samples')],
    options: { modes: ['original'], serverIds: ['one', 'two'] },
    startWhenReady: true,
  });
  expect(await finished.promise).toMatchObject({ total: 24, done: 24, failed: 0 });
  const files = [one, two].map(({ server }) => server.received.files);
  expect(files[0]).toBeGreaterThan(0);
  expect(files[1]).toBeGreaterThan(0);
  expect((files[0] ?? 0) + (files[1] ?? 0)).toBe(24);
  expect([one, two].map(({ server }) => server.received.mostAtOnce)).toEqual([1, 1]);
  await close();
});

test('when one of the servers of a mode goes away, the others do its work', async () => {
  const [one, two] = [await external('One', 1), await external('Two', 1)];
  const { client, close } = await openRuntime();
  await client.request('profiles.save', { document: { nightshiftServers: 1, profiles: [one.profile, two.profile] } });
  const finished = Promise.withResolvers<object>();
  let isGone = false;
  client.subscribe((event) => {
    if (event.name === 'run.changed' && event.payload.status === 'finished') finished.resolve(event.payload.totals);
    if (event.name !== 'run.stepped' || event.payload.step.step !== 'taskFinished' || isGone) return;
    isGone = true;
    void two.server.close();
  });
  await client.request('runs.create', {
    sources: [join(assetsFolder(), 'samples')],
    options: { modes: ['original'], serverIds: ['one', 'two'] },
    startWhenReady: true,
  });
  expect(await finished.promise).toMatchObject({ total: 24, done: 24, failed: 0 });
  servers = servers.filter((server) => server !== two.server);
  await close();
});

test('a test of a server tells each step, and what is wrong with the step it belongs to', async () => {
  const { client, close } = await openRuntime();
  const told: string[] = [];
  client.subscribe((event) => {
    if (event.name === 'server.tested') told.push(`${event.payload.testId} ${event.payload.step.step}`);
  });
  const ours = await client.request('servers.test', { testId: 't', server: { id: 'original' } });
  expect(ours.passed).toBe(true);
  expect(ours.steps.map(({ step, outcome, note }) => [step, outcome, note])).toEqual([
    ['port', 'ok', 'portFree'],
    ['process', 'ok', null],
    ['readiness', 'ok', null],
    ['greeting', 'ok', null],
    ['audioSent', 'ok', null],
    ['firstText', 'ok', null],
    ['end', 'ok', null],
    ['text', 'ok', 'spoken'],
    ['closed', 'ok', null],
  ]);
  expect(told).toEqual(ours.steps.map(({ step }) => `t ${step}`));
  // What was started for the test is ended with it.
  const states = await client.request('servers.list', {});
  expect(states.servers.map(({ status }) => status)).toEqual(['stopped', 'stopped', 'stopped']);

  const port = await freePort();
  const refused = { name: 'x', mode: 'original', protocol: 'vosk', port } as const;
  const lone = await client.request('servers.test', { testId: 'u', server: { draft: refused } });
  expect(lone).toMatchObject({
    passed: false,
    steps: [{ step: 'port', outcome: 'failed', error: { code: 'SERVER_REFUSED', data: { port } } }],
  });

  const start = { kind: 'command', command: 'no-such-program' } as const;
  const missing = await client.request('servers.test', { testId: 'v', server: { draft: { ...refused, start } } });
  expect(missing.steps.at(-1)).toMatchObject({ outcome: 'failed', error: { code: 'SERVER_COMMAND_MISSING' } });

  // Two at once: the second waits, or each would end the server of the other.
  const both = await Promise.all(['x', 'y'].map((testId) => client.request('servers.test', { testId, server: { id: 'chunked' } })));
  expect(both.map(({ passed, steps }) => [passed, steps[0]?.note])).toEqual([
    [true, 'portFree'],
    [true, 'portFree'],
  ]);

  const mute = await startInstantServer({ mode: 'original', text: '' });
  servers.push(mute);
  const draft = { name: 'mute', mode: 'original', protocol: 'nightshift', port: mute.port, start: null } as const;
  const silent = await client.request('servers.test', { testId: 'w', server: { draft } });
  expect(silent.steps.map(({ step, outcome }) => `${step} ${outcome}`).slice(-3)).toEqual(['firstText skipped', 'end ok', 'text failed']);
  expect(silent.steps.at(-1)?.error).toMatchObject({ code: 'TEXT_SUSPICIOUS' });
  // Nobody's servers are listed afterwards.
  expect((await client.request('servers.list', {})).servers).toHaveLength(3);
  await close();
});

test('a port that something holds is told with its choices, and each of them settles it', async () => {
  const { client, close } = await openRuntime();
  const other = await startInstantServer({ mode: 'original', capacity: 1 });
  servers.push(other);
  const { ports: usual } = await client.request('settings.get', {});
  await client.request('settings.update', { ports: { ...usual, original: other.port } });
  await expect(client.request('servers.start', { id: 'original' })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    data: { profileId: 'original', port: other.port, occupant: 'nightshift', pid: process.pid, choices: 'useExternal,otherPort,cancel' },
  });
  const report = await client.request('servers.port', { id: 'original' });
  expect(report).toMatchObject({ occupant: 'nightshift', pid: process.pid, choices: ['useExternal', 'otherPort', 'cancel'] });

  const { id } = await client.request('servers.settlePort', { id: 'original', choice: 'useExternal' });
  expect((await client.request('settings.get', {})).servers.original).toEqual([id]);
  expect(await client.request('servers.start', { id })).toMatchObject({
    status: 'adopted',
    port: other.port,
    isStartable: false,
    isServing: true,
  });

  await client.request('servers.settlePort', { id: 'original', choice: 'otherPort' });
  expect((await client.request('settings.get', {})).ports.original).toBe(report.freePort);
  expect((await client.request('servers.port', { id: 'original' })).occupant).toBe('free');

  await client.request('profiles.remove', { id });
  expect((await client.request('settings.get', {})).servers.original).toEqual([]);
  await close();
});

test('secrets are in no answer, and an export goes in elsewhere without them', async () => {
  const { client, close } = await openRuntime();
  const draft = { name: 'Locked', mode: 'original', protocol: 'openai', options: { apiKey: 'sk-secret' } } as const;
  const saved = await client.request('profiles.save', { document: { nightshiftServers: 1, profiles: [draft] } });
  const listed = await client.request('profiles.list', {});
  const { document } = await client.request('profiles.export', {});
  expect(JSON.stringify([saved, listed, document])).not.toContain('sk-secret');
  expect(document.profiles).toHaveLength(1);
  await client.request('profiles.remove', { id: 'locked' });
  const again = await client.request('profiles.save', { document });
  expect(again.saved).toMatchObject([{ profile: { id: 'locked', options: { apiKey: null } }, missingSecrets: ['options.apiKey'] }]);
  await close();
});
