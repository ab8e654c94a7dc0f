import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import { RunOptionsSchema } from '#shared/contract/runs.ts';
import type { serverRoutes } from '#shared/contract/servers.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { EventBus } from '../events.ts';
import type { MediaDecoder } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, FolderScanner, PortProbe } from '../ports.ts';
import { PortDesk } from '../servers/portDesk.ts';
import { unmaskProfile } from '../servers/profileSecrets.ts';
import { type ProfileStore, toProfile } from '../servers/profileStore.ts';
import type { ServerPool, ServerTask } from '../servers/serverPool.ts';
import { type TestClip, testServer } from '../servers/serverTest.ts';
import type { SettingsStore } from '../settings.ts';

export function serverHandlers(deps: {
  readonly servers: ServerPool;
  readonly profiles: ProfileStore;
  readonly settings: SettingsStore;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly portProbe: PortProbe;
  readonly scanner: FolderScanner;
  readonly decoder: MediaDecoder;
  /** Its first clip with a transcript is what a test sends. */
  readonly sampleFolder: string;
  modelPath(): string;
  readonly database: Database;
  /** A server takes files again. */
  onServerResumed(): void;
  /** @throws RUN_STATE_CONFLICT while a run uses the server */
  requireUnused(id: string, wanted: string): Promise<void>;
}): Handlers<keyof typeof serverRoutes> {
  const { servers, profiles, requireUnused } = deps;
  const ports = new PortDesk(deps);
  const task = (): ServerTask => ({ ownership: 'own', modelPath: deps.modelPath(), windowSec: RunOptionsSchema.parse({}).windowSec });
  const testClip = async (): Promise<TestClip> => {
    const { files } = await deps.scanner.scan([deps.sampleFolder]);
    const clip = files.find(({ reference }) => reference !== null) ?? files[0];
    if (clip === undefined) throw new NightshiftError('SOURCE_HAS_NO_MEDIA', { path: deps.sampleFolder });
    return { path: clip.path, reference: clip.reference };
  };
  /** One that is not saved gets an id that no saved one can have, so that a saved one beside it is left alone. */
  const toTest = (server: { id: string } | { draft: Parameters<typeof toProfile>[0] }): ServerProfile => {
    if ('id' in server) return profiles.get(server.id);
    const profile = toProfile(server.draft);
    return { ...unmaskProfile(profile, profiles.find(profile.id)), id: `${profile.id}.draft` };
  };
  let lastTest: Promise<unknown> = Promise.resolve();
  /** One after the other: two tests of the same server would end it for each other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = lastTest.then(work);
    lastTest = mine.catch(() => undefined);
    return mine;
  };
  return {
    'servers.list': async () => ({ servers: servers.states() }),
    'servers.start': async ({ id }) => {
      const profile = profiles.get(id);
      // A run may be using it with another model: whoever presses Start twice must not pull it away.
      await requireUnused(id, 'start the server of');
      servers.forgive([profile]);
      await servers.start(profile, task(), new AbortController().signal);
      return servers.state(profile);
    },
    'servers.stop': async ({ id }) => {
      const profile = profiles.get(id);
      await requireUnused(id, 'stop the server of');
      await servers.stop(id);
      return servers.state(profile);
    },
    'servers.pause': async ({ id }) => {
      const profile = profiles.get(id);
      await deps.database.write('pauseServer', { id, nowMs: deps.clock.nowMs() });
      servers.setPaused(profile, true);
      return servers.state(profile);
    },
    'servers.resume': async ({ id }) => {
      const profile = profiles.get(id);
      await deps.database.write('resumeServer', { id });
      servers.setPaused(profile, false);
      deps.onServerResumed();
      return servers.state(profile);
    },
    'servers.log': async ({ id, lines, after, waitMs }) => servers.log(profiles.get(id), { lines, after, waitMs }),
    'servers.test': ({ testId, server }) =>
      inTurn(async () => {
        const profile = toTest(server);
        await requireUnused(profile.id, 'test the server of');
        const clip = await testClip();
        servers.forgive([profile]);
        const outcome = await testServer(deps, profile, task(), clip, (step) => deps.events.emit('server.tested', { testId, step }));
        if ('draft' in server) await servers.forget(profile.id);
        return outcome;
      }),
    'servers.port': async ({ id }) => ports.look(profiles.get(id)),
    'servers.settlePort': async ({ id, choice, port }) => {
      await requireUnused(id, 'change the server of');
      return { id: await (choice === 'useExternal' ? ports.useExternal(profiles.get(id)) : ports.move(profiles.get(id), port)) };
    },
  };
}
