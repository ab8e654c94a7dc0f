import { hostRoutes } from '#shared/contract/host.ts';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { Handlers, HostRouteName, RouteOutput } from '#shared/contract/routes.ts';
import { fromWireError } from '#shared/errors/nightshiftError.ts';
import { createDispatcher, type RouterOptions } from '#main/core/router.ts';

/** A client whose host routes are answered here and everything else by `core`; closing it closes `core`. */
export function composeClient(core: NightshiftClient, host: Handlers<HostRouteName>, options: RouterOptions = {}): NightshiftClient {
  const hostRouter = createDispatcher(hostRoutes, host, options);
  return {
    async request(route, input) {
      if (!Object.hasOwn(hostRoutes, route)) return await core.request(route, input);
      const result = await hostRouter.dispatch(route, input);
      if (!result.ok) throw fromWireError(result.error);
      return result.data as RouteOutput<typeof route>;
    },
    subscribe: (listener) => core.subscribe(listener),
    onReconnect: (listener) => core.onReconnect(listener),
    close: () => core.close(),
  };
}
