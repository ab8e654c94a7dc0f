import { copyFile, cp, mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { createHttpClient } from '#main/platform/httpClient.ts';
import { createPortProbe } from '#main/platform/portProbe.ts';
import { createRandom } from '#main/platform/random.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { startInstantServer } from '#main/testing/instantServer.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { decodeSampleClips, inBlocks, type SampleClip } from '#main/testing/sampleClips.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { SAMPLE_MODEL, startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { builtInProfile, completeProfile } from '#shared/contract/profiles.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { Clock, Spawner } from '../ports.ts';
import type { AsrAdapter, AsrSession, Transcription } from './adapters/asrAdapter.ts';
import { adapterFor } from './adapters/registry.ts';
import { createServerSupervisor, type ServerSupervisor, type ServerTarget, type SupervisorOptions } from './serverSupervisor.ts';
import { freePort } from '#main/testing/freePorts.ts';

checkLeaks();

const FAULT_SERVER = fileURLToPath(new URL('../../testing/faultServer/main.ts', import.meta.url));
const never = new AbortController().signal;
const realClock = createClock();
/** Twenty times as fast, so that back-offs of seconds pass in a moment. */
const fastClock: Clock = {
  nowMs: () => realClock.nowMs(),
  monotonicMs: () => realClock.monotonicMs() * 20,
  setTimer: (delayMs, fn) => realClock.setTimer(delayMs / 20, fn),
  sleep: (delayMs, signal) => realClock.sleep(delayMs / 20, signal),
};
const http = createHttpClient();

let clips: SampleClip[];
let dataDir: string;
let states: ServerState[];
let ledger: { readonly start: object; pid: number | null; exit: string | null }[];
let supervisor: ServerSupervisor;

beforeAll(async () => {
  clips = await decodeSampleClips();
});
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'supervisor-'));
  states = [];
  ledger = [];
  supervisor = supervise();
});
afterEach(async () => {
  await supervisor.stop();
  await until(() => ledger.every(({ exit }) => exit !== null));
  await rm(dataDir, { recursive: true, force: true });
});

function supervise(change: Partial<SupervisorOptions> = {}): ServerSupervisor {
  return createServerSupervisor({
    profile: builtInProfile('original', 8003),
    clock: realClock,
    random: createRandom(),
    logger: silentLogger,
    files: createFileStore(),
    spawner: createSpawner(),
    portProbe: createPortProbe(),
    http,
    adapterFor: (profile) => adapterFor(profile, { clock: realClock, http }),
    resources: { sample: () => Promise.reject(new Error('no readings here')) },
    dataDir,
    onChange: (state) => states.push(state),
    ledger: {
      recordStart: (start) => Promise.resolve(ledger.push({ start, pid: null, exit: null })),
      recordPid: ({ id, pid }) => {
        const row = ledger[id - 1];
        if (row !== undefined) row.pid = pid;
        return Promise.resolve();
      },
      recordEnd: ({ id, exit }) => {
        const row = ledger[id - 1];
        if (row !== undefined) row.exit = exit;
        return Promise.resolve();
      },
    },
    ...change,
  });
}

interface WantedServer extends Omit<Partial<ServerTarget>, 'profile'> {
  readonly port?: number;
  readonly deadlineMs?: number;
}

/** Our own server of the original mode. */
async function target({ port, deadlineMs = 120_000, ...change }: WantedServer = {}): Promise<ServerTarget & { readonly port: number }> {
  const profile = builtInProfile('original', port ?? (await freePort()));
  const ready = { ...profile.ready, deadlineMs };
  return { profile: { ...profile, ready }, port: profile.port, modelPath: SAMPLE_MODEL, ownership: 'own', windowSec: 2, ...change };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function statuses(): string[] {
  return states.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
}

async function transcribe(
  session: AsrSession,
  blocks: AsyncIterable<Buffer> = inBlocks(clips[0]?.audio ?? Buffer.alloc(0)),
): Promise<Transcription> {
  return await session.transcribe({ mode: 'original', blocks, language: null, chunkSec: 2, windowSec: 2, pacing: 'asFast', signal: never });
}

test('starts on demand, hands out sessions up to the capacity, reuses them, and stops without a trace', async () => {
  const wanted = await target();
  const [first, second] = await Promise.all([supervisor.ensureReady(wanted, never), supervisor.ensureReady(wanted, never)]);
  expect(first).toEqual({
    url: `ws://localhost:${wanted.port}`,
    hello: { protocol: 'nightshift', capacity: 2, model: 'tiny-en (sample, 140 words)', instance: supervisor.instance() },
  });
  expect(second).toEqual(first);
  expect(ledger).toHaveLength(1);

  const sessions = [await supervisor.openSession(never), await supervisor.openSession(never)];
  await expect(supervisor.openSession(never)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  expect(supervisor.state()).toMatchObject({ status: 'busy', sessions: 2, capacity: 2, error: null, crashCount: 0 });
  for (const session of sessions) expect((await transcribe(session)).text).toMatch(/^call window/);
  for (const session of sessions) await session.close();
  const again = await supervisor.openSession(never);
  expect((await transcribe(again)).text).toMatch(/^call window/);
  await again.close();
  expect(supervisor.state()).toMatchObject({ status: 'ready', sessions: 0, port: wanted.port, mode: 'original' });
  await until(() => process.platform !== 'linux' || (supervisor.state().rssBytes ?? 0) > 10_000_000);

  const { pid } = supervisor.state();
  await supervisor.stop();
  expect(supervisor.state()).toMatchObject({ status: 'stopped', pid: null, capacity: null, rssBytes: null });
  expect(supervisor.isGone()).toBe(true);
  await until(() => !isAlive(pid));
  expect(statuses()).toEqual(['starting', 'ready', 'busy', 'ready', 'busy', 'ready', 'stopping', 'stopped']);
  await until(() => ledger[0]?.exit === 'exit code 0');
  expect(ledger[0]).toMatchObject({ start: { mode: 'original', port: wanted.port }, pid });
  const log = await readFile(supervisor.logPath, 'utf8');
  expect(log).toContain('ready after');
  await expect(supervisor.openSession(never)).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
});

test('the same target keeps the process, another one replaces it', async () => {
  const wanted = await target();
  await supervisor.ensureReady(wanted, never);
  const { pid } = supervisor.state();
  await supervisor.ensureReady({ ...wanted }, never);
  expect(supervisor.state().pid).toBe(pid);
  await supervisor.ensureReady({ ...wanted, windowSec: 4 }, never);
  expect(supervisor.state().pid).not.toBe(pid);
  await until(() => !isAlive(pid));
});

test('a port that is held is named with its holder, which is left alone', async () => {
  const foreign = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => foreign.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = foreign.address() as AddressInfo;
  await expect(supervisor.ensureReady(await target({ port }), never)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    data: { port, occupant: 'foreign', pid: process.platform === 'linux' ? process.pid : null },
  });
  expect(supervisor.state()).toMatchObject({ status: 'stopped', error: { code: 'PORT_IN_USE' } });
  await expect(supervisor.ensureReady(await target({ port, ownership: 'running' }), never)).rejects.toMatchObject({
    code: 'SERVER_BAD_RESPONSE',
  });
  await new Promise((resolve) => foreign.close(resolve));

  const other = await startSpeechServer('original');
  await expect(supervisor.ensureReady(await target({ port: other.port }), never)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    data: { occupant: 'nightshift', pid: other.child.pid },
  });
  expect(isAlive(other.child.pid)).toBe(true);
  await other.stop();
  expect(ledger).toEqual([]);
});

test('a running server is adopted, used, found again after it was replaced, and never ended', async () => {
  const first = await startInstantServer({ mode: 'original', text: 'from the first' });
  const wanted = await target({ port: first.port, ownership: 'running', modelPath: '/not/used' });
  await supervisor.ensureReady(wanted, never);
  expect(supervisor.state()).toMatchObject({ status: 'adopted', pid: null, capacity: 8, model: 'instant' });
  const session = await supervisor.openSession(never);
  expect((await transcribe(session)).text).toBe('from the first');
  await session.close();
  await first.close();
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_REFUSED', data: { port: first.port } });
  const second = await startInstantServer({ mode: 'original', port: first.port, text: 'from the second' });
  await supervisor.ensureReady(wanted, never);
  const next = await supervisor.openSession(never);
  expect((await transcribe(next)).text).toBe('from the second');
  await next.close();
  await supervisor.stop();
  expect(supervisor.state().status).toBe('stopped');
  const probe = await createPortProbe().inspect(second.port);
  expect(probe.kind).toBe('nightshift');
  await second.close();
  expect(ledger).toEqual([]);
});

test('a running server of S0 is adopted, takes one file at a time on a connection each, and is never ended', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  let mostAtOnce = 0;
  server.on('connection', (socket) => {
    mostAtOnce = Math.max(mostAtOnce, server.clients.size);
    socket.send('{"type":"hello","message":"Connected to original server","mode":"original"}');
    let bytes = 0;
    socket.on('message', (data, isBinary) => {
      const content = data as Buffer;
      if (isBinary) bytes += content.length;
      else if (content.toString().includes('finish'))
        socket.send(JSON.stringify({ type: 'final', start: 0, end: 1, original: `${bytes} bytes` }));
      else socket.close(1000);
    });
  });
  const { port } = server.address() as AddressInfo;
  const wanted = await target({ port, ownership: 'running' });
  expect((await supervisor.ensureReady(wanted, never)).hello).toMatchObject({ protocol: 's0', capacity: 1, instance: null });
  for (let file = 0; file < 3; file += 1) {
    const session = await supervisor.openSession(never);
    await expect(supervisor.openSession(never)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    expect((await transcribe(session)).text).toBe(`${clips[0]?.audio.length} bytes`);
    expect(session.reusable).toBe(false);
    await session.close();
  }
  await supervisor.stop();
  expect(mostAtOnce).toBe(1);
  server.close();
});

test('a server killed in the middle of a file loses that file, and is back by itself while somebody uses it', async () => {
  supervisor = supervise({ clock: fastClock });
  await supervisor.ensureReady(await target({ deadlineMs: 1_200_000 }), never);
  const session = await supervisor.openSession(never);
  const { pid } = supervisor.state();
  async function* killing(): AsyncGenerator<Buffer> {
    yield clips[0]?.audio ?? Buffer.alloc(0);
    process.kill(pid ?? 0, 'SIGKILL');
    await new Promise(() => undefined);
  }
  await expect(transcribe(session, killing())).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await until(() => states.some(({ status }) => status === 'backingOff'));
  const backingOff = states.find(({ status }) => status === 'backingOff');
  expect(backingOff).toMatchObject({ pid: null, crashCount: 1, error: { code: 'SERVER_EXITED', data: { signal: 'SIGKILL' } } });
  expect(backingOff?.restartAtMs).toBeGreaterThan(0);
  await session.close();
  await until(() => supervisor.state().status === 'ready');
  expect(supervisor.state().pid).not.toBe(pid);
  const next = await supervisor.openSession(never);
  expect((await transcribe(next)).text).toMatch(/^call window/);
  await next.close();
  await until(() => ledger[0]?.exit === 'signal SIGKILL');
});

test('nobody using it: a dead server stays down until it is wanted, and five restarts are all it gets', async () => {
  supervisor = supervise({ clock: fastClock });
  const wanted = await target({ deadlineMs: 1_200_000 });
  const kill = async (): Promise<void> => {
    const { pid } = supervisor.state();
    process.kill(pid ?? 0, 'SIGKILL');
    await until(() => supervisor.state().pid === null && supervisor.state().status !== 'crashed');
  };
  await supervisor.ensureReady(wanted, never);
  await kill();
  await until(() => supervisor.state().status === 'stopped');
  expect(supervisor.state()).toMatchObject({ crashCount: 1, error: { code: 'SERVER_EXITED' } });
  for (let restart = 1; restart <= 5; restart += 1) {
    await supervisor.ensureReady(wanted, never);
    expect(supervisor.state().status).toBe('ready');
    await kill();
  }
  expect(supervisor.state()).toMatchObject({ status: 'broken', crashCount: 6 });
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_BROKEN' });
  supervisor.forgive();
  await supervisor.ensureReady(wanted, never);
  expect(supervisor.state()).toMatchObject({ status: 'ready', crashCount: 0 });
});

test('a damaged model is an error with the last lines of the server, after a second try, and a missing file one without a server', async () => {
  const model = join(dataDir, 'model');
  await cp(SAMPLE_MODEL, model, { recursive: true });
  const encoder = join(model, 'offline-transducer', 'encoder.int8.onnx');
  await truncate(encoder, 5_000);
  const wanted = await target({ modelPath: model });
  const failure: unknown = await supervisor.ensureReady(wanted, never).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'SERVER_EXITED',
    data: { port: wanted.port, signal: 'SIGABRT', logTail: expect.stringContaining('listening on port') },
  });
  expect(supervisor.state()).toMatchObject({ status: 'broken', pid: null });
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_EXITED' });
  expect(ledger).toHaveLength(2);

  await rm(encoder);
  supervisor.forgive();
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    data: { file: 'offline-transducer/encoder.int8.onnx' },
  });
  expect(ledger).toHaveLength(2);
  await copyFile(join(SAMPLE_MODEL, 'offline-transducer', 'encoder.int8.onnx'), encoder);
  await supervisor.ensureReady(wanted, never);
  expect(supervisor.state().status).toBe('ready');
});

test('a server that is not ready in time is ended and tried again later', async () => {
  const real = createSpawner();
  let isStopping = true;
  const spawner: Spawner = {
    ...real,
    spawnServer: async (options) => {
      const child = await real.spawnServer(options);
      if (isStopping) process.kill(child.pid, 'SIGSTOP');
      // The grace of a stop is for processes that still do something.
      return { ...child, terminate: () => child.terminate(50) };
    },
  };
  supervisor = supervise({ clock: fastClock, spawner });
  const wanted = await target({ deadlineMs: 4_000 });
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_START_TIMEOUT', data: { timeoutSec: 4 } });
  expect(supervisor.state()).toMatchObject({ status: 'backingOff', crashCount: 1, pid: null });
  isStopping = false;
  await supervisor.stop();
  expect(supervisor.state().status).toBe('stopped');
});

test('an abort or a stop ends a start that is under way', async () => {
  const wanted = await target();
  const abort = new AbortController();
  const aborted = supervisor.ensureReady(wanted, abort.signal).catch((error: unknown) => error);
  await until(() => supervisor.state().status === 'starting');
  abort.abort();
  expect(await aborted).toMatchObject({ code: 'CANCELLED' });
  expect(supervisor.state()).toMatchObject({ status: 'stopped', pid: null });

  const stopped = supervisor.ensureReady(wanted, never).catch((error: unknown) => error);
  await until(() => supervisor.state().pid !== null);
  await supervisor.stop();
  expect(await stopped).toMatchObject({ code: 'CANCELLED' });
  expect(supervisor.state()).toMatchObject({ status: 'stopped', pid: null });
});

test('a stop ends a start for everybody who waits for it, and nobody starts the server again', async () => {
  const wanted = await target();
  const waiting = [1, 2].map(() => supervisor.ensureReady(wanted, never).catch((error: unknown) => error));
  await until(() => supervisor.state().pid !== null);
  await supervisor.stop();
  expect(await Promise.all(waiting)).toMatchObject([{ code: 'CANCELLED' }, { code: 'CANCELLED' }]);
  expect(statuses()).toEqual(['starting', 'stopping', 'stopped']);
});

test('a stop ends the wait for a restart at once', async () => {
  // A back-off has no end here.
  const clock: Clock = { ...realClock, sleep: (delayMs, signal) => realClock.sleep(delayMs < 700 ? delayMs : delayMs * 1_000, signal) };
  supervisor = supervise({ clock });
  const wanted = await dyingTarget([]);
  await supervisor.ensureReady(wanted, never);
  await crashInFile();
  const waiting = supervisor.ensureReady(wanted, never).catch((error: unknown) => error);
  await until(() => supervisor.state().status === 'backingOff');
  await supervisor.stop();
  expect(await waiting).toMatchObject({ code: 'CANCELLED' });
});

test('after a warm-up that used the connection up, a ready check by a log line does not wait for the line again', async () => {
  const adapter = (profile: Parameters<typeof adapterFor>[0]): AsrAdapter => {
    const real = adapterFor(profile, { clock: realClock, http });
    return { connect: async (url, signal) => oneFile(await real.connect(url, signal)) };
  };
  supervisor = supervise({ adapterFor: adapter });
  const wanted = await target({ deadlineMs: 10_000 });
  const ready = { ...wanted.profile.ready, check: { kind: 'logLine', pattern: 'ready after' } as const };
  await supervisor.ensureReady({ ...wanted, profile: { ...wanted.profile, ready, warmUp: true } }, never);
  const session = await supervisor.openSession(never);
  expect((await transcribe(session)).text).toMatch(/^call window/);
  await session.close();
});

/** As the sessions of protocols in which a connection carries one file. */
function oneFile(session: AsrSession): AsrSession {
  let isUsed = false;
  return {
    hello: session.hello,
    get reusable() {
      return !isUsed && session.reusable;
    },
    transcribe: (request) => {
      isUsed = true;
      return session.transcribe(request);
    },
    close: () => session.close(),
  };
}

/** A server of a user whose n-th starts (from 1) die while loading. */
async function dyingTarget(dyingStarts: readonly number[]): Promise<ServerTarget> {
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    const [starts] = process.argv.splice(1, 1);
    appendFileSync(starts, '.');
    if (${JSON.stringify(dyingStarts)}.includes(readFileSync(starts).length)) process.exit(1);
    void import(${JSON.stringify(pathToFileURL(FAULT_SERVER).href)});
  `;
  const profile = completeProfile({
    ...{ name: 'Dying', mode: 'original', protocol: 'nightshift', port: await freePort(), warmUp: false },
    start: { kind: 'command', command: process.execPath, args: ['-e', script, '--', join(dataDir, 'starts'), '--port', '{port}'] },
  });
  return { profile, modelPath: '/models/one', ownership: 'own', windowSec: 2 };
}

/** Ends the server while a file is under way, as a crash would. */
async function crashInFile(): Promise<void> {
  const session = await supervisor.openSession(never);
  process.kill(supervisor.state().pid ?? 0, 'SIGKILL');
  await until(() => supervisor.isGone());
  await session.close();
}

test('a server that has worked is started again until its budget is spent, also when a restart dies while loading', async () => {
  supervisor = supervise({ clock: fastClock });
  const wanted = await dyingTarget([2, 3]);
  await supervisor.ensureReady(wanted, never);
  await crashInFile();
  await supervisor.ensureReady(wanted, never);
  expect(supervisor.state()).toMatchObject({ status: 'ready', crashCount: 3 });
  expect(ledger).toHaveLength(4);
});

test('one whose restarts all die is given up when its budget is spent, and not before', async () => {
  supervisor = supervise({ clock: fastClock });
  const wanted = await dyingTarget([2, 3, 4, 5, 6, 7, 8]);
  await supervisor.ensureReady(wanted, never);
  await crashInFile();
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_BROKEN' });
  expect(ledger).toHaveLength(6);
  // Whoever asks for it anew hears at once why it does not start.
  supervisor.forgive();
  await expect(supervisor.ensureReady(wanted, never)).rejects.toMatchObject({ code: 'SERVER_EXITED' });
  expect(ledger).toHaveLength(8);
});

test('one that dies while it loads for the first time gets a second try, and no third', async () => {
  supervisor = supervise({ clock: fastClock });
  await supervisor.ensureReady(await dyingTarget([1]), never);
  expect(supervisor.state()).toMatchObject({ status: 'ready', crashCount: 1 });
  expect(ledger).toHaveLength(2);
  supervisor.forgive();
  await expect(supervisor.ensureReady(await dyingTarget([3, 4, 5]), never)).rejects.toMatchObject({ code: 'SERVER_EXITED' });
  expect(ledger).toHaveLength(4);
  expect(supervisor.state().status).toBe('broken');
});
