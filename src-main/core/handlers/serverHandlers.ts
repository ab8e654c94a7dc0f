import type { Handlers } from '#shared/contract/routes.ts';
import type { serverRoutes } from '#shared/contract/servers.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { RunController } from '../scheduler/runController.ts';
import type { ServerPool } from '../servers/serverPool.ts';
import type { SettingsStore } from '../settings.ts';

export function serverHandlers(deps: {
  readonly servers: ServerPool;
  readonly settings: SettingsStore;
  readonly runs: RunController;
  modelPath(): string;
}): Handlers<keyof typeof serverRoutes> {
  const { servers, settings, runs, modelPath } = deps;
  return {
    'servers.list': async () => ({ servers: servers.states(settings.current.ports) }),
    'servers.start': async ({ mode }) => {
      const { windowSec } = RunOptionsSchema.parse({});
      servers.forgive(mode);
      await servers.ensureReady(
        { mode, port: settings.current.ports[mode], ownership: 'own', modelPath: modelPath(), windowSec },
        new AbortController().signal,
      );
      return servers.state(mode, settings.current.ports);
    },
    'servers.stop': async ({ mode }) => {
      const runId = runs.currentRunId;
      if (runId !== null && (await runs.get(runId)).options.modes.includes(mode)) {
        throw new NightshiftError('RUN_STATE_CONFLICT', { runId, status: 'running', wanted: 'stop its server' });
      }
      await servers.stop(mode);
      return servers.state(mode, settings.current.ports);
    },
    'servers.log': ({ mode, lines }) => servers.log(mode, lines),
  };
}
