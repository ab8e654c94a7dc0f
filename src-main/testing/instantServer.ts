import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import {
  audioSecOf,
  BYTES_PER_SAMPLE,
  CLOSE_NORMAL,
  CLOSE_TRY_AGAIN_LATER,
  type ClientMessage,
  type Health,
  PROTOCOL_VERSION,
  SAMPLE_RATE_HZ,
  type ServerMessage,
} from '#main/core/servers/adapters/nightshift/protocol.ts';
import type { Mode } from '#shared/domain/mode.ts';

export interface InstantServerOptions {
  readonly mode: Mode;
  /** 0 takes any free port. */
  readonly port?: number;
  /** Text of every file, or made from its number (from 1) and its bytes of audio. */
  readonly text?: string | ((file: number, bytes: number) => string);
  readonly capacity?: number;
  /** What it says its capacity is; the same where it tells the truth. */
  readonly saidCapacity?: number;
  readonly instance?: string | null;
  /** Every n-th file ends in an `error` instead of text. */
  readonly failEvery?: number;
  /** Every n-th file ends in a lost connection. */
  readonly dropEvery?: number;
  /** Time between the end of a file and its answer. */
  readonly delayMs?: number;
}

export interface InstantServer {
  readonly port: number;
  readonly url: string;
  /** What came in so far. */
  readonly received: Received;
  close(): Promise<void>;
}

interface Received {
  files: number;
  bytes: number;
  connections: number;
  /** Connections at once. */
  mostAtOnce: number;
  refused: number;
  /** Time of files from their end to their answer, all places together. */
  busyMs: number;
  /** Of the first audio and the last answer, `performance.now()`; null before them. */
  firstMs: number | null;
  lastMs: number | null;
}

/** A real server of our protocol on loopback that answers each file at once with a fixed text and decodes nothing: for measuring and testing everything around the decoder. */
export async function startInstantServer(options: InstantServerOptions): Promise<InstantServer> {
  const { mode, capacity = 8, instance = null } = options;
  const { saidCapacity = capacity } = options;
  const received: Received = { files: 0, bytes: 0, connections: 0, mostAtOnce: 0, refused: 0, busyMs: 0, firstMs: null, lastMs: null };
  const open = new Set<WebSocket>();
  const http = createServer((request, response) => {
    const health: Health = {
      state: 'ready',
      mode,
      model: 'instant',
      capacity,
      sessions: open.size,
      loadMs: 0,
      instance,
      pid: process.pid,
      device: 'none',
    };
    response.writeHead(request.url === '/health' ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(health));
  });
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  sockets.on('connection', (socket) => {
    received.connections += 1;
    socket.on('error', () => undefined);
    if (open.size >= capacity) {
      received.refused += 1;
      send(socket, { type: 'busy', capacity: saidCapacity });
      socket.close(CLOSE_TRY_AGAIN_LATER);
      return;
    }
    open.add(socket);
    received.mostAtOnce = Math.max(received.mostAtOnce, open.size);
    socket.on('close', () => open.delete(socket));
    serve(socket, options, received);
    send(socket, {
      type: 'hello',
      message: `Connected to instant ${mode} server`,
      protocol: PROTOCOL_VERSION,
      mode,
      capacity: saidCapacity,
      model: 'instant',
      sampleRate: SAMPLE_RATE_HZ,
      instance,
    });
  });
  await listen(http, options.port ?? 0);
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: `ws://localhost:${port}`,
    received,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function serve(socket: WebSocket, options: InstantServerOptions, received: InstantServer['received']): void {
  let id: string | null = null;
  let bytes = 0;
  const finish = (): void => {
    received.files += 1;
    const file = received.files;
    const facts = { id, bytes };
    bytes = 0;
    id = null;
    const startMs = performance.now();
    const answer = (): void => {
      received.lastMs = performance.now();
      received.busyMs += received.lastMs - startMs;
      answerFile(socket, options, file, facts);
    };
    if (options.delayMs === undefined) answer();
    else setTimeout(answer, options.delayMs);
  };
  socket.on('message', (data: RawData, isBinary) => {
    const content = data as Buffer;
    if (isBinary) {
      received.firstMs ??= performance.now();
      bytes += content.length;
      received.bytes += content.length;
      return;
    }
    const message = JSON.parse(content.toString('utf8')) as ClientMessage;
    if (message.type === 'start') id = message.id ?? null;
    else if (message.type === 'finish') finish();
    else socket.close(CLOSE_NORMAL);
  });
}

function answerFile(socket: WebSocket, options: InstantServerOptions, file: number, facts: { id: string | null; bytes: number }): void {
  const { id, bytes } = facts;
  if (options.dropEvery !== undefined && file % options.dropEvery === 0) return socket.terminate();
  if (options.failEvery !== undefined && file % options.failEvery === 0) {
    return send(socket, { type: 'error', id, code: 'DECODE_FAILED', message: 'asked to fail' });
  }
  const { text = 'instant text' } = options;
  const audioMs = Math.round(audioSecOf(bytes - (bytes % BYTES_PER_SAMPLE)) * 1_000);
  send(socket, {
    type: 'final',
    id,
    start: 0,
    end: audioMs,
    original: typeof text === 'string' ? text : text(file, bytes),
    language: 'en',
    words: [],
  });
  send(socket, { type: 'done', id, audioMs, decodeMs: 0 });
}

function send(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
}
