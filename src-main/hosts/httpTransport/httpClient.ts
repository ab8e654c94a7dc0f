import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { events, isEventName, type AnyEvent } from '#shared/contract/events.ts';
import { isRouteName, routes, type RouteOutput } from '#shared/contract/routes.ts';
import { fromWireError, NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Logger } from '#main/core/ports.ts';
import { EventFrameSchema, EVENTS_PATH, ResultSchema, RPC_PREFIX } from './wire.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface HttpClientOptions {
  /** A served panel (`http://127.0.0.1:5555`, with its session cookie) or a local socket / named pipe. */
  readonly target: { readonly baseUrl: string; readonly cookie?: string } | { readonly socketPath: string };
  readonly logger?: Logger;
  /** First wait before connecting again, ms; doubles up to 5 s. */
  readonly firstRetryMs?: number;
  /** Called when the event stream broke, and again after each try to open it that failed. */
  readonly onLost?: () => void;
}

interface Address {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socketPath: string | null;
}

function addressOf(target: HttpClientOptions['target']): Address {
  if ('socketPath' in target) {
    return { origin: 'http://localhost', headers: {}, socketPath: target.socketPath };
  }
  const { origin } = new URL(target.baseUrl);
  return { origin, headers: { origin, ...(target.cookie === undefined ? {} : { cookie: target.cookie }) }, socketPath: null };
}

function lost(cause: unknown): NightshiftError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new NightshiftError('CONNECTION_LOST', { detail }, { cause });
}

/**
 * A client over HTTP and WebSocket for Node. Resolves when the event stream stands, so no later event is missed. When the stream
 * breaks it is opened again with growing waits until `close`, and `onReconnect` listeners are told.
 * Replies and events are checked against the contract; an event of an unknown name (a newer Nightshift) is ignored.
 * @throws CONNECTION_LOST when nothing answers, ACCESS_DENIED when the other side refuses
 */
export async function createHttpClient(options: HttpClientOptions): Promise<NightshiftClient> {
  const { logger } = options;
  const address = addressOf(options.target);
  const agent = new Agent({ keepAlive: true });
  const listeners = new Set<(event: AnyEvent) => void>();
  const reconnectListeners = new Set<() => void>();
  const closing = new AbortController();
  const firstRetryMs = options.firstRetryMs ?? FIRST_RETRY_MS;
  let stream: WebSocket | null = null;
  let retryTimer: NodeJS.Timeout | null = null;

  function tell(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      logger?.warn('a listener failed', { name, error });
    }
  }

  function deliver(text: string): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      frame = null;
    }
    const parsed = EventFrameSchema.safeParse(frame);
    if (!parsed.success) {
      logger?.warn('an event frame is not readable');
      return;
    }
    const { name } = parsed.data;
    if (!isEventName(name)) return;
    const payload = events[name].safeParse(parsed.data.payload);
    if (!payload.success) {
      logger?.warn('an event does not match the contract', { name, detail: payload.error.message });
      return;
    }
    const event = { name, payload: payload.data } as AnyEvent;
    for (const listener of listeners) tell(name, () => listener(event));
  }

  function openStream(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const { socketPath } = address;
      // `ws+unix:` addresses cannot hold a path with a colon, so the connection is made here.
      const createConnection = socketPath === null ? undefined : () => connect({ path: socketPath });
      const socket = new WebSocket(`${address.origin.replace(/^http/, 'ws')}${EVENTS_PATH}`, {
        headers: address.headers,
        perMessageDeflate: false,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        ...(createConnection === undefined ? {} : { createConnection: createConnection as never }),
      });
      stream = socket;
      socket.binaryType = 'nodebuffer';
      socket.on('message', (data: Buffer) => {
        if (!closing.signal.aborted) deliver(data.toString('utf8'));
      });
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        socket.terminate();
        reject(new NightshiftError('ACCESS_DENIED', { status: response.statusCode ?? 0 }));
      });
      socket.on('error', (error) => reject(lost(error)));
      socket.once('close', () => reject(lost('the event stream was closed')));
    });
  }

  function watch(socket: WebSocket): void {
    if (closing.signal.aborted) {
      socket.terminate();
      return;
    }
    if (socket.readyState === WebSocket.OPEN) socket.once('close', () => scheduleReconnect(firstRetryMs));
    else scheduleReconnect(firstRetryMs);
  }

  function scheduleReconnect(waitMs: number): void {
    if (closing.signal.aborted) return;
    if (options.onLost !== undefined) tell('lost', options.onLost);
    retryTimer = setTimeout(() => {
      openStream().then(
        (socket) => {
          watch(socket);
          if (!closing.signal.aborted) for (const listener of reconnectListeners) tell('reconnect', listener);
        },
        (error: unknown) => {
          logger?.debug('the event stream is still away', { error });
          scheduleReconnect(Math.min(waitMs * 2, LONGEST_RETRY_MS));
        },
      );
    }, waitMs);
  }

  function exchange(route: string, input: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(input) ?? '', 'utf8');
      const headers = { ...address.headers, 'content-type': 'application/json', 'content-length': body.length };
      const outgoing = httpRequest(`${address.origin}${RPC_PREFIX}${encodeURIComponent(route)}`, {
        method: 'POST',
        headers,
        agent,
        signal: closing.signal,
        ...(address.socketPath === null ? {} : { socketPath: address.socketPath }),
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      });
      outgoing.end(body);
    });
  }

  function parseReply(route: string, text: string): unknown {
    let reply: unknown;
    try {
      reply = JSON.parse(text);
    } catch (cause) {
      throw new NightshiftError('INTERNAL', { route, detail: 'the reply is not JSON' }, { cause });
    }
    const result = ResultSchema.safeParse(reply);
    if (!result.success) throw new NightshiftError('INTERNAL', { route, detail: 'the reply is not a result' }, { cause: result.error });
    if (!result.data.ok) throw fromWireError(result.data.error);
    // A route unknown here can only have been answered with an error.
    if (!isRouteName(route)) throw new NightshiftError('ROUTE_NOT_FOUND', { route });
    const data = routes[route].output.safeParse(result.data.data);
    if (!data.success) {
      throw new NightshiftError('INTERNAL', { route, detail: 'the reply does not match the contract' }, { cause: data.error });
    }
    return data.data;
  }

  try {
    watch(await openStream());
  } catch (error) {
    agent.destroy();
    throw error;
  }

  return {
    async request(route, input) {
      if (closing.signal.aborted) throw new NightshiftError('SHUTTING_DOWN');
      let text: string;
      try {
        text = await exchange(route, input);
      } catch (error) {
        if (closing.signal.aborted) throw new NightshiftError('SHUTTING_DOWN', {}, { cause: error });
        throw lost(error);
      }
      return parseReply(route, text) as RouteOutput<typeof route>;
    },
    subscribe(listener) {
      const own = (event: AnyEvent): void => listener(event);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    onReconnect(listener) {
      const own = (): void => listener();
      reconnectListeners.add(own);
      return () => {
        reconnectListeners.delete(own);
      };
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      listeners.clear();
      reconnectListeners.clear();
      if (retryTimer !== null) clearTimeout(retryTimer);
      stream?.terminate();
      agent.destroy();
    },
  };
}
