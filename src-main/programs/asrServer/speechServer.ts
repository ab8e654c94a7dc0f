import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Model } from '#main/core/servers/models.ts';
import {
  CLOSE_TRY_AGAIN_LATER,
  type Health,
  MAX_MESSAGE_BYTES,
  PROTOCOL_VERSION,
  SAMPLE_RATE_HZ,
} from '#main/core/servers/adapters/nightshift/protocol.ts';
import { ClientConnection } from './clientConnection.ts';
import type { FileOptions } from './engine.ts';
import type { ServerOptions } from './serverOptions.ts';
import type { DecodeThread } from './threadHandle.ts';

/** Longest piece of a file when the client asks for none, seconds (S1.23). */
const DEFAULT_CHUNK_SEC = 600;

export interface SpeechServerOptions {
  readonly options: ServerOptions;
  readonly model: Model;
  readonly thread: DecodeThread;
  readonly instance: string | null;
}

/**
 * HTTP and WebSocket side of the server program. It listens before the model is loaded; until then `/health` and WebSocket requests
 * are answered 503. Each connection takes one of `capacity` places; above it a client hears `busy` and is closed with 1013.
 */
export class SpeechServer {
  readonly #setup: SpeechServerOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #clients = new Set<ClientConnection>();
  readonly #listeners: Server[] = [];
  readonly #defaults: FileOptions;
  #loadMs: number | null = null;

  constructor(setup: SpeechServerOptions) {
    this.#setup = setup;
    this.#defaults = { language: null, chunkSec: DEFAULT_CHUNK_SEC, windowSec: setup.options.windowSec };
    void setup.thread.ready.then(
      (loadMs) => {
        this.#loadMs = loadMs;
      },
      () => undefined,
    );
  }

  /**
   * Binds every host, the first of which decides a free port. A stack this machine does not have is left out.
   * @returns the port
   * @throws the system's error, EADDRINUSE when one of the hosts is taken
   */
  async listen(): Promise<number> {
    let { port } = this.#setup.options;
    for (const host of this.#setup.options.hosts) {
      const server = createServer((request, response) => this.#answer(request, response));
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
      try {
        await bind(server, host, port);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (this.#listeners.length > 0 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
        throw error;
      }
      this.#listeners.push(server);
      port = (server.address() as AddressInfo).port;
    }
    return port;
  }

  get isDecoding(): boolean {
    return this.#setup.thread.openFiles > 0;
  }

  close(): void {
    for (const server of this.#listeners) server.close();
    for (const client of this.#clients) client.close();
  }

  #health(): Health {
    const { options, model, instance } = this.#setup;
    return {
      state: this.#loadMs === null ? 'loading' : 'ready',
      mode: options.mode,
      model: model.info.name,
      capacity: options.capacity,
      sessions: this.#clients.size,
      loadMs: this.#loadMs,
      instance,
      pid: process.pid,
      // The registry build of the engine has no other.
      device: 'cpu',
    };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const respond = (status: number, value: object): void => {
      const body = JSON.stringify(value);
      response.writeHead(status, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'content-length': Buffer.byteLength(body),
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    if (!isLocalProgram(request)) return respond(403, { error: 'not for browsers' });
    if (request.url !== '/health') return respond(404, { error: 'GET /health, or a WebSocket' });
    const health = this.#health();
    return respond(health.state === 'ready' ? 200 : 503, health);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    if (!isLocalProgram(request)) return refuse(socket, '403 Forbidden');
    if (this.#loadMs === null) return refuse(socket, '503 Service Unavailable');
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const { options, model, thread, instance } = this.#setup;
      if (this.#clients.size >= options.capacity) {
        client.send(JSON.stringify({ type: 'busy', message: 'all places are taken', capacity: options.capacity }));
        client.close(CLOSE_TRY_AGAIN_LATER, 'busy');
        return;
      }
      const connection = new ClientConnection(client, thread, this.#defaults, {
        type: 'hello',
        message: `Connected to Nightshift ${options.mode} server`,
        protocol: PROTOCOL_VERSION,
        mode: options.mode,
        capacity: options.capacity,
        model: model.info.name,
        sampleRate: SAMPLE_RATE_HZ,
        instance,
      });
      this.#clients.add(connection);
      client.once('close', () => this.#clients.delete(connection));
    });
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Every web page the user opens can reach loopback. Its requests name an Origin, and a name that was rebound to loopback
 * shows in Host; programs send neither.
 */
function isLocalProgram(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined && host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
