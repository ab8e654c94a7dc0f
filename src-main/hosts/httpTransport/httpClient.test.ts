import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createConnection } from '#main/hosts/connection.ts';
import { createTransportBackend } from '#main/hosts/transport.suite.ts';
import { createBrowserAccess, gatewayEndpointOf } from './accessPolicy.ts';
import { createHttpGateway, type HttpGatewayOptions } from './gateway.ts';
import { createHttpClient } from './httpClient.ts';

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const settings = SettingsSchema.parse({});

interface OpenGateway {
  readonly port: number;
  close(): Promise<void>;
}

async function openGateway(client: NightshiftClient, port: number, more: Partial<HttpGatewayOptions> = {}): Promise<OpenGateway> {
  let boundPort = port;
  const access = createBrowserAccess({ port: () => boundPort, endpointOf: gatewayEndpointOf, hasSession: () => true });
  const gateway = createHttpGateway({ client, access, ...more });
  const server = gateway.newServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  boundPort = (server.address() as AddressInfo).port;
  cleanups.push(() => gateway.close());
  return { port: boundPort, close: () => gateway.close() };
}

async function openClient(port: number): Promise<NightshiftClient> {
  const client = await createHttpClient({ target: { baseUrl: `http://127.0.0.1:${port}` }, firstRetryMs: 5 });
  cleanups.push(() => client.close());
  return client;
}

/** A peer that speaks HTTP and WebSocket but not our contract. */
async function openStranger(reply: string): Promise<{ port: number; streams: WebSocket[] }> {
  const server: Server = createServer((_request, response) => response.end(reply));
  const sockets = new WebSocketServer({ server });
  const streams: WebSocket[] = [];
  sockets.on('connection', (socket) => streams.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const stream of streams) stream.terminate();
    sockets.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, streams };
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe('createHttpClient', () => {
  it('says CONNECTION_LOST when nobody listens', async () => {
    const { port, close } = await openGateway(createTransportBackend().client, 0);
    await close();
    expect(await codeOf(createHttpClient({ target: { baseUrl: `http://127.0.0.1:${port}` } }))).toBe('CONNECTION_LOST');
  });

  it('says ACCESS_DENIED when it is refused', async () => {
    const access = createBrowserAccess({ port: () => 1, endpointOf: gatewayEndpointOf, hasSession: () => true });
    const { port } = await openGateway(createTransportBackend().client, 0, { access });
    expect(await codeOf(createHttpClient({ target: { baseUrl: `http://127.0.0.1:${port}` } }))).toBe('ACCESS_DENIED');
  });

  it('comes back after the other side was away, says so, and delivers events again', async () => {
    const first = createTransportBackend();
    const gateway = await openGateway(first.client, 0);
    const client = await openClient(gateway.port);
    const seen: AnyEvent[] = [];
    const reconnected = vi.fn<() => void>();
    client.subscribe((event) => seen.push(event));
    client.onReconnect(() => {
      throw new Error('a careless listener');
    });
    client.onReconnect(reconnected);
    client.onReconnect(vi.fn<() => void>())();

    await gateway.close();
    expect(await codeOf(client.request('settings.get', {}))).toBe('CONNECTION_LOST');
    const second = createTransportBackend();
    await openGateway(second.client, gateway.port);
    await eventually(() => expect(reconnected).toHaveBeenCalledTimes(1));
    second.events.emit('run.removed', { runId: 3 });
    await eventually(() => expect(seen).toEqual([{ name: 'run.removed', payload: { runId: 3 } }]));
    expect((await client.request('settings.get', {})).language).toBe('ko');
  });

  it('rejects requests in flight with CONNECTION_LOST when the connection dies, and SHUTTING_DOWN when it is closed itself', async () => {
    const backend = createTransportBackend();
    const never: NightshiftClient = { ...backend.client, request: () => new Promise(() => undefined) };
    const gateway = await openGateway(never, 0);
    const dying = await openClient(gateway.port);
    const closing = await openClient(gateway.port);
    const lost = Promise.all([codeOf(dying.request('settings.get', {})), codeOf(dying.request('runs.list', {}))]);
    const ended = codeOf(closing.request('settings.get', {}));
    await closing.close();
    expect(await ended).toBe('SHUTTING_DOWN');
    await gateway.close();
    expect(await lost).toEqual(['CONNECTION_LOST', 'CONNECTION_LOST']);
  });

  it.each([
    '',
    'hello',
    '{}',
    '{"ok":true}',
    '{"ok":false,"error":{"code":"NO_SUCH_CODE","data":{}}}',
    '{"ok":true,"data":{"language":5}}',
  ])('does not believe the reply %j', async (reply) => {
    const { port } = await openStranger(reply);
    const client = await openClient(port);
    expect(await codeOf(client.request('settings.get', {}))).toBe('INTERNAL');
  });

  it('drops frames that are not events of the contract and goes on', async () => {
    const { port, streams } = await openStranger('');
    const client = await openClient(port);
    const seen: AnyEvent[] = [];
    client.subscribe((event) => seen.push(event));
    const stream = streams[0];
    for (const frame of [
      'not json',
      'null',
      '{"seq":1}',
      '{"seq":1,"name":"no.such","payload":{}}',
      '{"seq":1,"name":"__proto__","payload":{}}',
      '{"seq":2,"name":"run.removed","payload":{"runId":"x"}}',
      '{"seq":3,"name":"run.removed","payload":{"runId":5}}',
    ]) {
      stream?.send(frame);
    }
    await eventually(() => expect(seen).toEqual([{ name: 'run.removed', payload: { runId: 5 } }]));
  });
});

describe('createHttpGateway', () => {
  it('keeps the connection of a consumer that never answers a heartbeat', async () => {
    const backend = createTransportBackend();
    const { port } = await openGateway(backend.client, 0, { heartbeatMs: 5 });
    const { socket, received } = await openRawStream(port);
    // 0x89 0x00: an empty ping. Many of them unanswered, and the event after them still comes.
    await eventually(() =>
      expect(received().filter((byte, index, all) => byte === 0x89 && all[index + 1] === 0).length).toBeGreaterThan(10),
    );
    backend.events.emit('run.removed', { runId: 77 });
    await eventually(() => expect(received().toString('latin1')).toContain('"runId":77'));
    expect(socket.destroyed).toBe(false);
  });

  it('holds a bounded amount for a consumer that stops reading, and gives it the latest values when it reads on', async () => {
    const backend = createTransportBackend();
    const { port } = await openGateway(backend.client, 0, { feedLimits: { highWaterBytes: 64 * 1024, maxWaiting: 100 } });
    const { socket, received } = await openRawStream(port);
    socket.pause();
    const big = { ...settings, browseRoots: ['/'.padEnd(30_000, 'x')] };
    for (let round = 1; round <= 20_000; round += 1) backend.events.emit('settings.changed', { ...big, ffmpegPath: `/round/${round}` });
    socket.resume();
    await eventually(() => expect(received().toString('latin1')).toContain('/round/20000"'));
    // 600 MB if nothing had been replaced; what did come is what the system's own buffers took before it stood still.
    expect(received().length).toBeLessThan(60 * 1024 * 1024);
  });

  it('ends a consumer that is hopelessly behind, so that it comes back and asks', async () => {
    const backend = createTransportBackend();
    const { port } = await openGateway(backend.client, 0, { feedLimits: { highWaterBytes: 64 * 1024, maxWaiting: 10 } });
    const { socket } = await openRawStream(port);
    socket.pause();
    const row = {
      id: 1,
      runId: 1,
      fileId: 'x'.repeat(100_000),
      sizeBytes: 1,
      audioSec: null,
      hasReference: false,
      problem: null,
      tasks: [],
    };
    // Far more than the system's own buffers hold, each about another run.
    for (let runId = 1; runId <= 500; runId += 1) backend.events.emit('items.changed', { runId, items: [row], more: false });
    socket.resume();
    await eventually(() => expect(socket.destroyed).toBe(true));
  });

  it('sends its consumers back when the client behind it had lost the runtime', async () => {
    const backend = createTransportBackend();
    let tellReconnected: () => void = () => undefined;
    const behind: NightshiftClient = {
      ...backend.client,
      onReconnect(listener) {
        tellReconnected = listener;
        return () => undefined;
      },
    };
    const { port } = await openGateway(behind, 0);
    const client = await openClient(port);
    const reconnected = vi.fn<() => void>();
    client.onReconnect(reconnected);
    tellReconnected();
    await eventually(() => expect(reconnected).toHaveBeenCalledTimes(1));
  });

  it('sends its consumers away while the runtime is lost, takes none until it is back, and tells each of them once', async () => {
    const backend = createTransportBackend();
    const connection = createConnection();
    const { port } = await openGateway(backend.client, 0, { connection });
    const client = await openClient(port);
    const reconnected = vi.fn<() => void>();
    client.onReconnect(reconnected);
    const { socket, received } = await openRawStream(port);
    connection.set(true);
    // 0x88: a closing frame, with the code 1012 (service restart).
    await eventually(() => expect(received().includes(Buffer.from([0x03, 0xf4]))).toBe(true));
    socket.destroy();
    await expect(openClient(port)).rejects.toMatchObject({ code: 'ACCESS_DENIED', data: { status: 503 } });
    expect(reconnected).not.toHaveBeenCalled();
    connection.set(false);
    await eventually(() => expect(reconnected).toHaveBeenCalledTimes(1));
  });

  it('ends its subscription with the consumer', async () => {
    const backend = createTransportBackend();
    let subscribed = 0;
    const counting: NightshiftClient = {
      ...backend.client,
      subscribe(listener) {
        subscribed += 1;
        const end = backend.client.subscribe(listener);
        return () => {
          subscribed -= 1;
          end();
        };
      },
    };
    const { port } = await openGateway(counting, 0);
    const clients = await Promise.all([openClient(port), openClient(port), openClient(port)]);
    expect(subscribed).toBe(3);
    for (const client of clients) await client.close();
    await eventually(() => expect(subscribed).toBe(0));
  });
});

/** An event stream by hand, that answers nothing. */
async function openRawStream(port: number): Promise<{ socket: Socket; received: () => Buffer }> {
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => chunks.push(chunk));
  const headers = [
    `host: 127.0.0.1:${port}`,
    `origin: http://127.0.0.1:${port}`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    `sec-websocket-key: ${Buffer.alloc(16, 3).toString('base64')}`,
  ];
  socket.write(`GET /events HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  cleanups.push(() => void socket.destroy());
  const received = (): Buffer => Buffer.concat(chunks);
  await eventually(() => expect(received().toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n/s));
  return { socket, received };
}
