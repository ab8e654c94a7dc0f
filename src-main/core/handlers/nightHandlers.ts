import type { nightRoutes } from '#shared/contract/night.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { WhenDoneKeeper } from '../nightGuard/whenDone.ts';

export function nightHandlers({ whenDone }: { readonly whenDone: WhenDoneKeeper }): Handlers<keyof typeof nightRoutes> {
  return {
    'night.get': async ({ runId }) => (runId === null ? whenDone.state : await whenDone.lookAt(runId)),
    'night.cancelWhenDone': () => whenDone.cancel(),
  };
}
