import type { Handlers } from '#shared/contract/routes.ts';
import type { RunChoices, RunOptions, runRoutes } from '#shared/contract/runs.ts';
import type { RunController } from '../scheduler/runController.ts';
import type { SettingsStore } from '../settings.ts';

export function runHandlers({ runs, settings }: { runs: RunController; settings: SettingsStore }): Handlers<keyof typeof runRoutes> {
  const complete = (choices: RunChoices): RunOptions => ({ ...choices, ports: choices.ports ?? settings.current.ports });
  return {
    'runs.create': (args) => runs.create({ ...args, options: complete(args.options) }),
    'runs.plan': ({ runId, options }) => runs.plan(runId, complete(options)),
    'runs.start': ({ runId, options }) => runs.start(runId, complete(options)),
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
