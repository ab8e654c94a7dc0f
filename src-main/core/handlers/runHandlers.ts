import type { Handlers } from '#shared/contract/routes.ts';
import type { RunChoices, RunOptions, runRoutes } from '#shared/contract/runs.ts';
import type { RunController } from '../scheduler/runController.ts';
import type { ProfileStore } from '../servers/profileStore.ts';
import { freezeProfiles } from '../servers/runProfiles.ts';
import type { SettingsStore } from '../settings.ts';

export function runHandlers(deps: {
  readonly runs: RunController;
  readonly settings: SettingsStore;
  readonly profiles: ProfileStore;
}): Handlers<keyof typeof runRoutes> {
  const { runs, settings, profiles } = deps;
  const complete = (choices: RunChoices): RunOptions => {
    const ports = choices.ports ?? settings.current.ports;
    return { ...choices, ports, profiles: freezeProfiles(choices, ports, settings.current.servers, profiles) };
  };
  return {
    'runs.create': async (args) => runs.create({ ...args, options: complete(args.options) }),
    'runs.plan': async ({ runId, options }) => runs.plan(runId, complete(options)),
    'runs.start': async ({ runId, options }) => runs.start(runId, complete(options)),
    'runs.pause': ({ runId, now, mode }) => runs.pause(runId, { now, mode }),
    'runs.planPause': ({ runId, atMs }) => runs.planPause(runId, atMs),
    'runs.addFiles': ({ runId, sources }) => runs.addFiles(runId, sources),
    'runs.resume': ({ runId, mode }) => runs.resume(runId, { mode }),
    'runs.stop': ({ runId, now, keep }) => runs.stop(runId, { now, keep }),
    'runs.get': ({ runId }) => runs.get(runId),
    'runs.list': (page) => runs.list(page),
    'runs.remove': async ({ runId }) => {
      await runs.remove(runId);
      return {};
    },
  };
}
