import type { Handlers } from '#shared/contract/routes.ts';
import type { serverRoutes } from '#shared/contract/servers.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
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
  const requireUnused = async (mode: Mode, wanted: string): Promise<void> => {
    const runId = runs.currentRunId;
    if (runId === null) return;
    const { status, options } = await runs.get(runId);
    if (options.modes.includes(mode)) throw new NightshiftError('RUN_STATE_CONFLICT', { runId, status, wanted });
  };
  return {
    'servers.list': async () => ({ servers: servers.states(settings.current.ports) }),
    'servers.start': async ({ mode }) => {
      // A run may be using it with another model: whoever presses Start twice must not pull it away.
      await requireUnused(mode, 'start a server for');
      const { windowSec } = RunOptionsSchema.parse({});
      servers.forgive(mode);
      await servers.ensureReady(
        { mode, port: settings.current.ports[mode], ownership: 'own', modelPath: modelPath(), windowSec },
        new AbortController().signal,
      );
      return servers.state(mode, settings.current.ports);
    },
    'servers.stop': async ({ mode }) => {
      await requireUnused(mode, 'stop the server of');
      await servers.stop(mode);
      return servers.state(mode, settings.current.ports);
    },
    'servers.log': ({ mode, lines }) => servers.log(mode, lines),
  };
}
