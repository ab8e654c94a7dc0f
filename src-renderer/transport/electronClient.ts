import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { Listeners } from './listeners.ts';
import type { PanelClient } from './panelClient.ts';
import { parseEvent, parseReply } from './validate.ts';

/** What the preload exposes as `window.nightshift`. */
export interface NightshiftBridge {
  request(route: string, input: unknown): Promise<unknown>;
  subscribe(listener: (event: { readonly name: string; readonly payload: unknown }) => void): () => void;
  pathForFile(file: File): string;
}

/** Talks to the Electron main process. The connection lives as long as the window, so it never reconnects. */
export function createElectronClient(bridge: NightshiftBridge): PanelClient {
  const listeners = new Listeners<AnyEvent>();
  let isClosed = false;
  const unsubscribe = bridge.subscribe((event) => {
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
    onReconnect: () => () => undefined,
    onConnection: (listener) => {
      listener('online');
      return () => undefined;
    },
    async close() {
      isClosed = true;
      unsubscribe();
    },
  };
}
