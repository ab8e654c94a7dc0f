import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { NightshiftClient, Result } from '#shared/contract/client.ts';
import { isRouteName } from '#shared/contract/routes.ts';
import { NightshiftError, toNightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { Logger } from '#main/core/ports.ts';
import type { Connection } from '#main/hosts/connection.ts';
import type { AccessDecision, AccessPolicy } from './accessPolicy.ts';
import { DEFAULT_FEED_LIMITS, EventFeed, type EventFeedLimits } from './eventFeed.ts';
import { readJson, SAFETY_HEADERS, sendResult } from './replies.ts';
import { RPC_PREFIX } from './wire.ts';

/** A thousand sources with long paths fit. */
const MAX_INPUT_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
/** Panels and command lines at once; more is a program gone wild. */
const MAX_CONSUMERS = 64;
/** Replies under way get this long when the gateway closes. */
const CLOSE_GRACE_MS = 1_000;

export type Refusal = Extract<AccessDecision, { isAllowed: false }>;
export type Admission = Extract<AccessDecision, { isAllowed: true }>;

export interface HttpGatewayOptions {
  readonly client: NightshiftClient;
  readonly access: AccessPolicy;
  /** While the runtime behind the client is away there are no event streams: they would stand still and look alive. */
  readonly connection?: Connection;
  readonly logger?: Logger;
  /** What passed the gate and is neither a request to the runtime nor an event stream. Errors it throws are sent as a result. */
  readonly others?: (request: IncomingMessage, response: ServerResponse, admission: Admission) => Promise<void>;
  /** Says no in its own words; return false to leave it to the gateway (JSON, ACCESS_DENIED). */
  readonly onRefused?: (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => boolean;
  readonly heartbeatMs?: number;
  readonly feedLimits?: EventFeedLimits;
}

export interface HttpGateway {
  /** One more server behind the same gate, for the caller to let listen; closed with the gateway. */
  newServer(): Server;
  /** Ends event streams, lets replies under way finish for a moment, closes. The client lives on. */
  close(): Promise<void>;
}

function denied(refusal: Refusal): Result<never> {
  return { ok: false, error: { code: 'ACCESS_DENIED', data: { reason: refusal.reason } } };
}

function decodedRoute(pathname: string): string {
  const encoded = pathname.slice(RPC_PREFIX.length);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The contract over HTTP and WebSocket, for servers that the caller lets listen on loopback ports or a local socket. */
export function createHttpGateway(options: HttpGatewayOptions): HttpGateway {
  const { client, access, connection, logger } = options;
  const servers: Server[] = [];
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1_024, clientTracking: false });
  const consumers = new Set<WebSocket>();
  const upgrading = new Set<Duplex>();

  async function answerRoute(request: IncomingMessage, pathname: string): Promise<Result<unknown>> {
    const route = decodedRoute(pathname);
    try {
      const input = await readJson(request, MAX_INPUT_BYTES);
      if (!isRouteName(route)) throw new NightshiftError('ROUTE_NOT_FOUND', { route });
      return { ok: true, data: await client.request(route, input as never) };
    } catch (thrown) {
      return { ok: false, error: toWireError(thrown) };
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const decision = access.check(request, 'request');
    if (!decision.isAllowed) {
      // The rest of a stranger's body is not read: the connection ends with the reply. A panel that only lost its session gets to read it.
      if (decision.reason !== 'session') response.setHeader('connection', 'close');
      logger?.warn('request refused', { method: request.method, reason: decision.reason, status: decision.status });
      if (options.onRefused?.(request, response, decision) === true) return;
      sendResult(response, decision.status, denied(decision));
      return;
    }
    if (decision.pathname.startsWith(RPC_PREFIX)) {
      const result = await answerRoute(request, decision.pathname);
      sendResult(response, 200, result);
      return;
    }
    if (options.others === undefined) throw new NightshiftError('ROUTE_NOT_FOUND', { route: decision.pathname });
    await options.others(request, response, decision);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', (error) => logger?.debug('reply was not taken', { error }));
    handle(request, response).catch((thrown: unknown) => {
      const error = toNightshiftError(thrown);
      if (error.kind === 'bug') logger?.error('request failed', { path: request.url, error: error.cause ?? error });
      if (response.headersSent) response.destroy();
      else sendResult(response, error.kind === 'bug' ? 500 : 200, { ok: false, error: toWireError(error) });
    });
  }

  function refuseUpgrade(socket: Duplex, status: number, result: Result<never>): void {
    const body = JSON.stringify(result);
    const headers = { ...SAFETY_HEADERS, 'content-type': 'application/json; charset=utf-8', connection: 'close' };
    const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  }

  function serveEvents(socket: WebSocket): void {
    const feed = new EventFeed(
      {
        send: (frame, onFlushed) => socket.send(frame, () => onFlushed()),
        bufferedBytes: () => socket.bufferedAmount,
        giveUp: () => {
          logger?.warn('an event consumer fell too far behind and has to come back');
          socket.terminate();
        },
      },
      options.feedLimits ?? DEFAULT_FEED_LIMITS,
    );
    const endSubscription = client.subscribe((event) => {
      if (socket.readyState === socket.OPEN) feed.push(event);
    });
    // Only keeps the connection warm. An answer is not awaited: a panel in a sleeping tab or a stopped debugger is alive.
    const heartbeat = setInterval(() => {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount === 0) socket.ping();
    }, options.heartbeatMs ?? HEARTBEAT_MS);
    consumers.add(socket);
    socket.on('error', (error) => logger?.debug('event stream failed', { error }));
    socket.once('close', () => {
      clearInterval(heartbeat);
      endSubscription();
      consumers.delete(socket);
    });
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    upgrading.add(socket);
    socket.once('close', () => upgrading.delete(socket));
    socket.on('error', () => socket.destroy());
    const decision = access.check(request, 'upgrade');
    if (!decision.isAllowed) {
      logger?.warn('upgrade refused', { reason: decision.reason, status: decision.status });
      refuseUpgrade(socket, decision.status, denied(decision));
      return;
    }
    if (connection?.isLost === true) {
      refuseUpgrade(socket, 503, { ok: false, error: { code: 'CONNECTION_LOST', data: {} } });
      return;
    }
    if (consumers.size >= MAX_CONSUMERS) {
      refuseUpgrade(socket, 503, { ok: false, error: { code: 'ACCESS_DENIED', data: { reason: 'tooManyConsumers' } } });
      return;
    }
    sockets.handleUpgrade(request, socket, head, serveEvents);
  }

  // Behind a client that itself lost and regained its runtime, every consumer has to come back and ask for the state again.
  const sendAway = (reason: string): void => {
    for (const consumer of consumers) consumer.close(1012, reason);
  };
  const endReconnect = client.onReconnect(() => sendAway('reconnected'));
  const endLost = connection?.onChange((isLost) => {
    if (isLost) sendAway('the runtime is away');
  });

  return {
    newServer() {
      // A large recording may take longer than Node's five minutes per request; headers may not.
      const server = createServer({ requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 65_000 });
      server.on('request', onRequest);
      server.on('upgrade', onUpgrade);
      servers.push(server);
      return server;
    },
    async close() {
      endReconnect();
      endLost?.();
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const socket of consumers) socket.close(1001, 'closing');
      const force = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
        for (const socket of upgrading) socket.destroy();
      }, CLOSE_GRACE_MS);
      await Promise.all(closed);
      clearTimeout(force);
      sockets.close();
    },
  };
}
