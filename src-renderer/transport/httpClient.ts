import { z } from 'zod';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { Listeners } from './listeners.ts';
import type { ConnectionState, PanelClient } from './panelClient.ts';
import { uploadFiles } from './upload.ts';
import { parseEvent, parseReply } from './validate.ts';

/** First and longest wait before the event socket is opened again, ms; doubled each time. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

const FrameSchema = z.object({ seq: z.int(), name: z.string(), payload: z.unknown() });

/** The part of a browser's WebSocket that is used, so that tests can script one. */
export interface EventSocket {
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  close(): void;
}

export interface HttpClientParts {
  readonly fetch: typeof globalThis.fetch;
  readonly openSocket: () => EventSocket;
  readonly setTimer: (run: () => void, ms: number) => unknown;
}

export function browserParts(): HttpClientParts {
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    openSocket: () => new WebSocket(new URL('/events', location.href.replace(/^http/, 'ws')).href),
    setTimer: (run, ms) => setTimeout(run, ms),
  };
}

/**
 * Talks to `nightshift serve`: `POST /rpc/<route>` for requests and one WebSocket for events.
 * It is online while the socket is open and the owner of the data folder answers, which is another process where the host is only
 * attached to it. What is lost is tried again with growing pauses; after that, and after a gap in the sequence, `onReconnect` fires,
 * because events were missed. An answer 401 means that the token of this page is no longer accepted: nothing is retried then.
 */
export function createHttpClient(parts: HttpClientParts = browserParts()): PanelClient {
  const eventListeners = new Listeners<AnyEvent>();
  const reconnectListeners = new Listeners<void>();
  const connectionListeners = new Listeners<ConnectionState>();
  let connection: ConnectionState = 'connecting';
  /** The open one. */
  let socket: EventSocket | null = null;
  let closeSocket = (): void => undefined;
  let lastSeq: number | null = null;
  let retryMs = FIRST_RETRY_MS;
  let wasConnected = false;
  /** The open socket over which the owner's answer is awaited, so that nobody else asks at the same time. */
  let probed: EventSocket | null = null;
  let isClosed = false;

  const setConnection = (next: ConnectionState): void => {
    if (connection === next || connection === 'accessLost') return;
    connection = next;
    connectionListeners.notify(next);
  };

  const post = async (route: string, input: unknown): Promise<unknown> => {
    let response: Response;
    try {
      response = await parts.fetch(`/rpc/${route}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
    } catch (error) {
      throw new NightshiftError('CONNECTION_LOST', {}, { cause: error });
    }
    if (response.status === 401) {
      setConnection('accessLost');
      throw new NightshiftError('ACCESS_DENIED');
    }
    try {
      return await response.json();
    } catch (error) {
      throw new NightshiftError('INTERNAL', { detail: `the reply of ${route} is not JSON (status ${response.status})` }, { cause: error });
    }
  };

  const handleFrame = (text: unknown): void => {
    if (typeof text !== 'string') return;
    const frame = FrameSchema.safeParse(parseJson(text));
    if (!frame.success) return;
    const { seq, name, payload } = frame.data;
    const missed = lastSeq !== null && seq > lastSeq + 1;
    lastSeq = seq;
    const event = parseEvent(name, payload);
    if (event !== null) eventListeners.notify(event);
    if (missed) reconnectListeners.notify();
  };

  /** Whether the owner answers; any answer of its own will do, also an error. */
  const reachesOwner = async (): Promise<boolean> => {
    try {
      parseReply('settings.get', await post('settings.get', {}));
      return true;
    } catch (error) {
      const { code } = toNightshiftError(error);
      return code !== 'CONNECTION_LOST' && code !== 'ACCESS_DENIED';
    }
  };

  const nextRetryMs = (): number => {
    const ms = retryMs;
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    return ms;
  };

  /** Asks over an open socket until the owner answers; the end of the socket ends it, too. */
  const awaitOwner = async (opened: EventSocket): Promise<void> => {
    if (probed === opened) return;
    probed = opened;
    const isReached = await reachesOwner();
    if (socket !== opened || isClosed || connection === 'accessLost') return;
    probed = null;
    if (!isReached) {
      setConnection('offline');
      parts.setTimer(() => {
        if (socket === opened && !isClosed) void awaitOwner(opened);
      }, nextRetryMs());
      return;
    }
    retryMs = FIRST_RETRY_MS;
    setConnection('online');
    if (wasConnected) reconnectListeners.notify();
    wasConnected = true;
  };

  /** A request found out that host or owner is gone. A socket that is gone, too, says so itself. */
  const handleLost = (): void => {
    if (connection !== 'online' || socket === null) return;
    setConnection('offline');
    void awaitOwner(socket);
  };

  const connect = (): void => {
    if (isClosed) return;
    lastSeq = null;
    const opened = parts.openSocket();
    opened.addEventListener('open', () => {
      socket = opened;
      void awaitOwner(opened);
    });
    opened.addEventListener('message', (event) => handleFrame(event.data));
    opened.addEventListener('close', () => {
      socket = null;
      probed = null;
      if (!isClosed) void retryLater();
    });
    closeSocket = () => opened.close();
  };

  /** A refused upgrade does not say why, so one request finds out whether the token is the reason. */
  const retryLater = async (): Promise<void> => {
    setConnection('offline');
    await post('host.info', {}).catch(() => undefined);
    if (connection === 'accessLost') return;
    parts.setTimer(connect, nextRetryMs());
  };

  connect();

  return {
    files: {
      kind: 'upload',
      async upload(files, signal, onProgress) {
        try {
          return await uploadFiles(files, signal, onProgress);
        } catch (error) {
          // Uploads have addresses of their own; a request tells whether this page has lost its access altogether.
          if (toNightshiftError(error).code === 'ACCESS_DENIED') await post('host.info', {}).catch(() => undefined);
          throw error;
        }
      },
    },
    async request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
      try {
        return parseReply(route, await post(route, input));
      } catch (error) {
        if (toNightshiftError(error).code === 'CONNECTION_LOST') handleLost();
        throw error;
      }
    },
    subscribe: (listener) => eventListeners.add(listener),
    onReconnect: (listener) => reconnectListeners.add(listener),
    onConnection: (listener) => {
      listener(connection);
      return connectionListeners.add(listener);
    },
    async close() {
      isClosed = true;
      closeSocket();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
