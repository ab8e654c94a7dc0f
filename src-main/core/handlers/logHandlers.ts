import type { logRoutes } from '#shared/contract/log.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { EventLog } from '../eventLog/eventLog.ts';

export function logHandlers({ log }: { readonly log: EventLog }): Handlers<keyof typeof logRoutes> {
  return {
    'log.list': (question) => log.page(question),
    'log.export': (filter) => log.export(filter),
    'log.advice': async ({ runId }) => ({ advice: await log.advice(runId) }),
  };
}
