import { z } from 'zod';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
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
 * A lost socket is opened again with growing pauses; after that, and after a gap in the sequence, `onReconnect` fires, because events
 * were missed. An answer 401 means that the token of this page is no longer accepted: nothing is retried then.
 */
export function createHttpClient(parts: HttpClientParts = browserParts()): PanelClient {
  const eventListeners = new Listeners<AnyEvent>();
  const reconnectListeners = new Listeners<void>();
  const connectionListeners = new Listeners<ConnectionState>();
  let connection: ConnectionState = 'offline';
  let socket: EventSocket | null = null;
  let lastSeq: number | null = null;
  let retryMs = FIRST_RETRY_MS;
  let wasConnected = false;
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

  const connect = (): void => {
    if (isClosed) return;
    lastSeq = null;
    const opened = parts.openSocket();
    socket = opened;
    opened.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS;
      setConnection('online');
      if (wasConnected) reconnectListeners.notify();
      wasConnected = true;
    });
    opened.addEventListener('message', (event) => handleFrame(event.data));
    opened.addEventListener('close', () => {
      if (isClosed) return;
      void retryLater();
    });
  };

  /** A refused upgrade does not say why, so one request finds out whether the token is the reason. */
  const retryLater = async (): Promise<void> => {
    setConnection('offline');
    await post('host.info', {}).catch(() => undefined);
    if (connection === 'accessLost') return;
    parts.setTimer(connect, retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  };

  connect();

  return {
    files: { kind: 'upload', upload: (files, signal, onProgress) => uploadFiles(files, signal, onProgress) },
    async request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
      return parseReply(route, await post(route, input));
    },
    subscribe: (listener) => eventListeners.add(listener),
    onReconnect: (listener) => reconnectListeners.add(listener),
    onConnection: (listener) => {
      listener(connection);
      return connectionListeners.add(listener);
    },
    async close() {
      isClosed = true;
      socket?.close();
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
