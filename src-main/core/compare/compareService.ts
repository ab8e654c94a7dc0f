import type { RouteArgs, RouteOutput } from '#shared/contract/routes.ts';
import { createAskedThread } from '#main/core/threads/askedThread.ts';
import type { CompareQuestion, CompareRoute, CompareThreadData } from './compareMessages.ts';

/**
 * Comparisons of modes and runs. Texts are read, aligned and tested in a thread with a connection of its own, where the last comparisons are kept, so that
 * neither the owner's event loop nor the queue waits for them.
 */
export interface CompareService {
  /** @throws as the route; CANCELLED after `close`, INTERNAL when the thread died */
  ask<R extends CompareRoute>(route: R, args: RouteArgs<R>): Promise<RouteOutput<R>>;
  /** Ends the thread; what still waits for it is rejected with CANCELLED. Idempotent. */
  close(): Promise<void>;
}

export function createCompareService(databasePath: string): CompareService {
  const thread = createAskedThread<CompareQuestion, RouteOutput<CompareRoute>>('comparison', 'compareThread', {
    databasePath,
  } satisfies CompareThreadData);
  return {
    ask: async <R extends CompareRoute>(route: R, args: RouteArgs<R>) =>
      (await thread.ask({ route, args } as CompareQuestion)) as RouteOutput<R>,
    close: () => thread.close(),
  };
}
