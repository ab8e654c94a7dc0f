import type { historyRoutes } from '#shared/contract/history.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { Database } from '../persistence/database.ts';

export function historyHandlers({ database }: { readonly database: Database }): Handlers<keyof typeof historyRoutes> {
  return {
    'history.groups': async (question) => {
      const { groups, groupCount, total } = await database.read('history', question);
      return { groups: [...groups], groupCount, total };
    },
  };
}
