import type { AnyEvent } from '#shared/contract/events.ts';
import type { RouteInput, RouteName, RouteOutput } from '#shared/contract/routes.ts';
import { Listeners } from './listeners.ts';
import type { ConnectionState, PanelClient } from './panelClient.ts';

/** Shortest time between two deliveries, ms: each draws the screen anew, and nobody reads faster. */
export const BATCH_MS = 250;
/** A page in the background has slow timers: what waits then is delivered by its number. */
export const MOST_WAITING = 1_000;

/**
 * Delivers events in one go and in their order, at most four times a second; one after a quiet time at once. Whatever arrived before an answer or a
 * change of the connection is delivered before it.
 */
export function createBatchedClient(client: PanelClient): PanelClient {
  const listeners = new Listeners<AnyEvent>();
  let waiting: AnyEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  const deliver = (): void => {
    const events = waiting;
    waiting = [];
    for (const event of events) listeners.notify(event);
  };
  const rest = (): void => {
    timer = setTimeout(() => {
      timer = null;
      if (waiting.length === 0) return;
      deliver();
      rest();
    }, BATCH_MS);
  };
  const unsubscribe = client.subscribe((event) => {
    waiting.push(event);
    if (timer !== null && waiting.length < MOST_WAITING) return;
    deliver();
    if (timer === null) rest();
  });
  const afterDelivery =
    <T>(listener: (value: T) => void) =>
    (value: T): void => {
      deliver();
      listener(value);
    };

  return {
    files: client.files,
    async request<R extends RouteName>(route: R, input: RouteInput<R>): Promise<RouteOutput<R>> {
      try {
        return await client.request(route, input);
      } finally {
        deliver();
      }
    },
    subscribe: (listener) => listeners.add(listener),
    onReconnect: (listener) => client.onReconnect(afterDelivery<void>(listener)),
    onConnection: (listener) => client.onConnection(afterDelivery<ConnectionState>(listener)),
    async close() {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
      await client.close();
    },
  };
}
