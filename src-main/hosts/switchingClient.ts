import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';

export interface SwitchingClient extends NightshiftClient {
  /**
   * From now on everything goes to `next`; the one before is closed, and what it still had to answer ends as CONNECTION_LOST. Listeners are
   * told as after a lost connection. Does nothing after `close`: `next` stays with the caller.
   */
  switchTo(next: NightshiftClient): Promise<void>;
}

/** A client whose other side can be replaced while it is used: subscriptions stay. */
export function createSwitchingClient(first: NightshiftClient): SwitchingClient {
  const listeners = new Set<(event: AnyEvent) => void>();
  const reconnectListeners = new Set<() => void>();
  let current = first;
  let isClosed = false;

  const tell = <T extends readonly unknown[]>(all: ReadonlySet<(...args: T) => void>, ...args: T): void => {
    for (const listener of all) {
      try {
        listener(...args);
      } catch {
        // A careless listener must not keep the others from hearing.
      }
    }
  };
  const listenTo = (client: NightshiftClient): void => {
    client.subscribe((event) => {
      if (client === current && !isClosed) tell(listeners, event);
    });
    client.onReconnect(() => {
      if (client === current && !isClosed) tell(reconnectListeners);
    });
  };
  listenTo(first);

  return {
    async request(route, input) {
      const asked = current;
      try {
        return await asked.request(route, input);
      } catch (error) {
        // It was closed by us and not by whoever asked.
        const isReplaced = asked !== current && !isClosed && toNightshiftError(error).code === 'SHUTTING_DOWN';
        throw isReplaced ? new NightshiftError('CONNECTION_LOST', {}, { cause: error }) : error;
      }
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
    async switchTo(next) {
      if (isClosed) return;
      const before = current;
      current = next;
      listenTo(next);
      tell(reconnectListeners);
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
