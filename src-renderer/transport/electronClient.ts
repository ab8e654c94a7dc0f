import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { RUNTIME_LOST_MESSAGE } from '#shared/contract/host.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { Listeners } from './listeners.ts';
import type { ConnectionState, PanelClient } from './panelClient.ts';
import { parseEvent, parseReply } from './validate.ts';

/** What the preload exposes as `window.nightshift`. */
export interface NightshiftBridge {
  request(route: string, input: unknown): Promise<unknown>;
  subscribe(listener: (event: { readonly name: string; readonly payload: unknown }) => void): () => void;
  pathForFile(file: File): string;
}

/**
 * Talks to the Electron main process. That connection lives as long as the window; but the runs may belong to another process, and when that
 * is gone and somebody has taken its place, `onReconnect` fires, because events were missed.
 */
export function createElectronClient(bridge: NightshiftBridge): PanelClient {
  const listeners = new Listeners<AnyEvent>();
  const reconnectListeners = new Listeners<void>();
  const connectionListeners = new Listeners<ConnectionState>();
  let connection: ConnectionState = 'online';
  let isClosed = false;
  const setConnection = (next: ConnectionState): void => {
    if (next === connection) return;
    connection = next;
    connectionListeners.notify(next);
    if (next === 'online') reconnectListeners.notify();
  };
  const unsubscribe = bridge.subscribe((event) => {
    if (event.name === RUNTIME_LOST_MESSAGE) {
      setConnection(event.payload === true ? 'offline' : 'online');
      return;
    }
    const parsed = parseEvent(event.name, event.payload);
    if (parsed !== null) listeners.notify(parsed);
  });
  return {
    files: { kind: 'paths', pathForFile: (file) => bridge.pathForFile(file) },
    async request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
      if (isClosed) throw new NightshiftError('SHUTTING_DOWN');
      return parseReply(route, await bridge.request(route, input));
    },
    subscribe: (listener) => listeners.add(listener),
    onReconnect: (listener) => reconnectListeners.add(listener),
    onConnection: (listener) => {
      listener(connection);
      return connectionListeners.add(listener);
    },
    async close() {
      isClosed = true;
      unsubscribe();
    },
  };
}
