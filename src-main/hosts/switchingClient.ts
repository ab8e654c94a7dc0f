import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';

export interface SwitchingClient extends NightshiftClient {
  /** From now on everything goes to `next`; the one before is closed. Listeners are told as after a lost connection. */
  switchTo(next: NightshiftClient): Promise<void>;
}

/** A client whose other side can be replaced while it is used: subscriptions stay. */
export function createSwitchingClient(first: NightshiftClient): SwitchingClient {
  const listeners = new Set<(event: AnyEvent) => void>();
  const reconnectListeners = new Set<() => void>();
  let current = first;
  let isClosed = false;

  const listenTo = (client: NightshiftClient): void => {
    client.subscribe((event) => {
      if (client === current) for (const listener of listeners) listener(event);
    });
    client.onReconnect(() => {
      if (client === current) for (const listener of reconnectListeners) listener();
    });
  };
  listenTo(first);

  return {
    request: (route, input) => current.request(route, input),
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
    async switchTo(next) {
      if (isClosed) return;
      const before = current;
      current = next;
      listenTo(next);
      for (const listener of reconnectListeners) listener();
      await before.close();
    },
    async close() {
      isClosed = true;
      listeners.clear();
      reconnectListeners.clear();
      await current.close();
    },
  };
}
