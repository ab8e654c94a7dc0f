import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { fromWireError, NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from './events.ts';
import type { Router } from './router.ts';

/**
 * The client of a runtime in the same process. After `close` requests end as SHUTTING_DOWN and no event is delivered; the runtime
 * itself lives on.
 */
export function createInProcessClient(router: Router, eventBus: EventBus): NightshiftClient {
  const subscriptions = new Set<() => void>();
  let isClosed = false;

  return {
    async request(route, input) {
      if (isClosed) throw new NightshiftError('SHUTTING_DOWN');
      const result = await router.dispatch(route, input);
      if (!result.ok) throw fromWireError(result.error);
      return result.data as RouteOutput<typeof route>;
    },
    subscribe(listener) {
      if (isClosed) return () => undefined;
      // A wrapper of its own, so that the same function subscribed twice is two subscriptions.
      const end = eventBus.subscribe((event) => listener(event));
      subscriptions.add(end);
      return () => {
        subscriptions.delete(end);
        end();
      };
    },
    onReconnect() {
      return () => undefined;
    },
    async close() {
      isClosed = true;
      for (const end of subscriptions) end();
      subscriptions.clear();
    },
  };
}
