import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createClock } from '#main/platform/clock.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { createHttpClient } from '#main/platform/httpClient.ts';
import { createPortProbe } from '#main/platform/portProbe.ts';
import { createRandom } from '#main/platform/random.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { SAMPLE_MODEL } from '#main/testing/speechServerProcess.ts';
import { builtInProfile, completeProfile, type ServerProfile } from '#shared/contract/profiles.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { adapterFor } from './adapters/registry.ts';
import { createServerSupervisor, type ServerSupervisor } from './serverSupervisor.ts';

checkLeaks();

const never = new AbortController().signal;
const clock = createClock();
const http = createHttpClient();

/** What somebody else's program may do with a connection. */
type Listener = () => Server;

const HELLO = { type: 'hello', protocol: 1, mode: 'original', capacity: 2, model: 'x', sampleRate: 16_000 };
const HEALTH = {
  state: 'ready',
  mode: 'original',
  model: 'x',
  capacity: 2,
  sessions: 0,
  loadMs: 1,
  instance: 'somebody',
  pid: 1,
  device: 'cpu',
};

function onSocket(behave: (socket: Socket) => void): Listener {
  return () =>
    createServer((socket) => {
      socket.on('error', () => undefined);
      behave(socket);
    });
}

function onRequest(behave: (request: IncomingMessage, response: ServerResponse) => void): Listener {
  return () => createHttpServer(behave);
}

/** A WebSocket server that says these things to everybody, with an answer of its own to other requests. */
function onWebSocket(says: readonly (string | Buffer)[], status = 426, body = ''): Listener {
  return () => {
    const server = createHttpServer((_request, response) => response.writeHead(status).end(body));
    new WebSocketServer({ server }).on('connection', (socket) => {
      socket.on('error', () => undefined);
      for (const text of says) socket.send(text);
    });
    return server;
  };
}

/** @param isSpeechServer speaks well enough that somebody who says "use what runs there" gets what they asked for */
const ADVERSARIES: readonly { readonly name: string; readonly listener: Listener; readonly isSpeechServer?: true }[] = [
  { name: 'accepts and says nothing', listener: onSocket((socket) => socket.resume()) },
  { name: 'accepts and reads nothing', listener: onSocket((socket) => socket.pause()) },
  { name: 'resets', listener: onSocket((socket) => socket.resetAndDestroy()) },
  { name: 'hangs up', listener: onSocket((socket) => socket.end()) },
  { name: 'echoes', listener: onSocket((socket) => socket.pipe(socket)) },
  {
    name: 'sends binary garbage',
    listener: onSocket((socket) => socket.write(Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 37) % 256)))),
  },
  { name: 'greets like a mail server', listener: onSocket((socket) => socket.write('220 mail.example.org ESMTP\r\n')) },
  { name: 'greets like TLS', listener: onSocket((socket) => socket.write(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]))) },
  {
    name: 'sends one byte of a header at a time',
    listener: onSocket((socket) => {
      const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'.split('');
      const timer = setInterval(() => socket.write(head.shift() ?? 'x'), 100);
      socket.once('close', () => clearInterval(timer));
    }),
  },
  { name: 'sends headers without end', listener: onSocket((socket) => endless(socket, 'HTTP/1.1 200 OK\r\n', 'x-more: y\r\n')) },
  {
    name: 'sends a body without end',
    listener: onSocket((socket) => endless(socket, 'HTTP/1.1 200 OK\r\n\r\n', '{"state":"ready",')),
  },
  { name: 'HTTP 200 to everything', listener: onRequest((_request, response) => response.end('OK')) },
  { name: 'HTTP 200 with JSON of its own', listener: onRequest((_request, response) => response.end('{"status":"ok","mode":"original"}')) },
  { name: 'HTTP 404', listener: onRequest((_request, response) => response.writeHead(404).end()) },
  { name: 'HTTP 426 and no upgrade', listener: onRequest((_request, response) => response.writeHead(426).end()) },
  { name: 'redirects', listener: onRequest((_request, response) => response.writeHead(302, { location: '/health' }).end()) },
  { name: 'health of one of ours, and nothing else', listener: onRequest((_request, response) => response.end(JSON.stringify(HEALTH))) },
  { name: 'WebSocket without a word', listener: onWebSocket([]) },
  { name: 'WebSocket that greets in its own way', listener: onWebSocket(['{"type":"welcome"}']) },
  { name: 'WebSocket that sends binary', listener: onWebSocket([Buffer.alloc(100)]) },
  { name: 'WebSocket that sends too much', listener: onWebSocket(['x'.repeat(1_000_000)]) },
  { name: 'greets like one of ours without a token', listener: onWebSocket([JSON.stringify(HELLO)]), isSpeechServer: true },
  {
    name: 'greets like one of ours with a wrong token',
    listener: onWebSocket([JSON.stringify({ ...HELLO, instance: 'wrong' })], 200, JSON.stringify(HEALTH)),
    isSpeechServer: true,
  },
  {
    name: 'greets like a newer one of ours',
    listener: onWebSocket([JSON.stringify({ ...HELLO, protocol: 99 })], 200, JSON.stringify(HEALTH)),
  },
  { name: 'greets like a server of S0', listener: onWebSocket(['{"type":"hello","message":"Connected"}']), isSpeechServer: true },
];
const STACKS = ['127.0.0.1', '::1'] as const;

function endless(socket: Socket, first: string, more: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(more), 20);
  socket.once('close', () => clearInterval(timer));
}

interface Held {
  readonly port: number;
  release(): Promise<void>;
}

async function hold(listener: Listener, host: string, port = 0): Promise<Held> {
  const server = listener();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    release: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Supervised {
  readonly supervisor: ServerSupervisor;
  readonly statuses: string[];
  started(): number;
}

function supervise(profile: ServerProfile, dataDir: string): Supervised {
  const statuses: string[] = [];
  let started = 0;
  const supervisor = createServerSupervisor({
    ...{ profile, clock, random: createRandom(), logger: silentLogger, files: createFileStore(), dataDir },
    spawner: createSpawner(),
    portProbe: createPortProbe(),
    http,
    adapterFor: (wanted) => adapterFor(wanted, { clock, http }),
    resources: { sample: () => Promise.reject(new Error('no readings here')) },
    onChange: ({ status }) => statuses.push(status),
    ledger: {
      recordStart: () => Promise.resolve((started += 1)),
      recordPid: () => Promise.resolve(),
      recordEnd: () => Promise.resolve(),
    },
  });
  return { supervisor, statuses, started: () => started };
}

const CASES = ADVERSARIES.flatMap((adversary) => STACKS.map((host) => ({ ...adversary, host })));

test('no listener is taken for a server of ours, and none that does not speak for a running one', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'adversaries-'));
  const judge = async ({ name, listener, host, isSpeechServer }: (typeof CASES)[number]): Promise<string[]> => {
    const held = await hold(listener, host);
    const wrong: string[] = [];
    for (const ownership of ['own', 'running'] as const) {
      const { supervisor, statuses, started } = supervise(builtInProfile('original', held.port), dataDir);
      const target = { profile: builtInProfile('original', held.port), ownership, modelPath: SAMPLE_MODEL, windowSec: 2 };
      const outcome = await supervisor.ensureReady(target, never).then(
        () => 'taken',
        (error: unknown) => toNightshiftError(error).code,
      );
      if (ownership === 'own' && (outcome !== 'PORT_IN_USE' || started() > 0)) wrong.push(`${name} at ${host}: ${outcome}`);
      if (ownership === 'running' && isSpeechServer !== true && (outcome === 'taken' || statuses.includes('adopted')))
        wrong.push(`${name} at ${host}: adopted`);
      await supervisor.stop();
    }
    await held.release();
    return wrong;
  };
  const wrong = (await Promise.all(CASES.map(judge))).flat();
  process.stdout.write(`adversarial listeners: ${CASES.length}, wrong adoptions: ${wrong.length}\n`);
  await rm(dataDir, { recursive: true, force: true });
  expect(wrong).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'who takes the port while our server loads is not taken for it, although it greets well',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'adversaries-'));
    const free = await hold(
      onSocket(() => undefined),
      '127.0.0.1',
    );
    const { port } = free;
    await free.release();
    const profile = completeProfile({
      ...{ name: 'Slow', mode: 'original', protocol: 'nightshift', port, warmUp: false },
      start: { kind: 'command', command: process.execPath, args: ['-e', 'setInterval(() => 0, 1000)'] },
    });
    const { supervisor } = supervise(profile, dataDir);
    const failure = supervisor
      .ensureReady({ profile, ownership: 'own', modelPath: '', windowSec: 2 }, never)
      .catch((error: unknown) => error);
    await expect.poll(() => supervisor.state().pid).not.toBeNull();
    const impostor = await hold(onWebSocket([JSON.stringify(HELLO)]), '127.0.0.1', port);
    expect(await failure).toMatchObject({ code: 'PORT_IN_USE', data: { port } });
    expect(supervisor.state()).toMatchObject({ status: 'stopped', reason: 'portTaken', pid: null });
    await impostor.release();
    await rm(dataDir, { recursive: true, force: true });
  },
);
