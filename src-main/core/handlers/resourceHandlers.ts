import type { resourceRoutes } from '#shared/contract/resources.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { Database } from '../persistence/database.ts';
import type { ResourceMonitor } from '../resources/resourceMonitor.ts';
import { runHistory } from '../resources/runHistory.ts';

export interface ResourceHandlerDeps {
  readonly database: Database;
  readonly resources: ResourceMonitor;
}

export function resourceHandlers({ database, resources }: ResourceHandlerDeps): Handlers<keyof typeof resourceRoutes> {
  return {
    'resources.history': async ({ seconds }) => ({ samples: resources.history(seconds) }),
    'resources.runHistory': (question) => runHistory(database, question),
  };
}
