import type { Handlers } from '#shared/contract/routes.ts';
import type { runRoutes } from '#shared/contract/runs.ts';
import type { RunController } from '../scheduler/runController.ts';

export function runHandlers(runs: RunController): Handlers<keyof typeof runRoutes> {
  return {
    'runs.create': (args) => runs.create(args),
    'runs.plan': ({ runId, options }) => runs.plan(runId, options),
    'runs.start': ({ runId, options }) => runs.start(runId, options),
    'runs.pause': ({ runId }) => runs.pause(runId),
    'runs.resume': ({ runId }) => runs.resume(runId),
    'runs.stop': ({ runId, now, keep }) => runs.stop(runId, { now, keep }),
    'runs.get': ({ runId }) => runs.get(runId),
    'runs.list': (page) => runs.list(page),
    'runs.remove': async ({ runId }) => {
      await runs.remove(runId);
      return {};
    },
  };
}
