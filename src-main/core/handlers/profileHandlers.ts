import { type profileRoutes } from '#shared/contract/profiles.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import { MODES } from '#shared/domain/mode.ts';
import { PRESETS } from '../servers/presets.ts';
import { maskProfile } from '../servers/profileSecrets.ts';
import type { ProfileStore } from '../servers/profileStore.ts';
import type { ServerPool } from '../servers/serverPool.ts';
import type { SettingsStore } from '../settings.ts';

export function profileHandlers(deps: {
  readonly profiles: ProfileStore;
  readonly servers: ServerPool;
  readonly settings: SettingsStore;
  /** @throws RUN_STATE_CONFLICT while a run uses the server */
  requireUnused(id: string, wanted: string): Promise<void>;
}): Handlers<keyof typeof profileRoutes> {
  const { profiles, servers, settings, requireUnused } = deps;
  return {
    'profiles.list': async () => ({ profiles: profiles.list().map(maskProfile) }),
    'profiles.presets': async () => ({ presets: [...PRESETS] }),
    'profiles.save': async ({ document, replace }) => {
      const saved = await profiles.save(document.profiles, replace);
      return {
        saved: saved.map(({ profile, missingSecrets }) => ({ profile: maskProfile(profile), missingSecrets: [...missingSecrets] })),
      };
    },
    'profiles.remove': async ({ id }) => {
      await requireUnused(id, 'remove the server of');
      await profiles.remove(id);
      await servers.forget(id);
      const { servers: usual } = settings.current;
      if (!MODES.some((mode) => usual[mode].includes(id))) return {};
      const without = (ids: readonly string[]): string[] => ids.filter((known) => known !== id);
      const { streaming, chunked, original } = usual;
      await settings.update({ servers: { streaming: without(streaming), chunked: without(chunked), original: without(original) } });
      return {};
    },
    'profiles.export': async ({ ids }) => {
      const chosen = ids === null ? profiles.list().filter(({ start }) => start?.kind !== 'builtIn') : ids.map((id) => profiles.get(id));
      return { document: { nightshiftServers: 1, profiles: chosen.map(maskProfile) } };
    },
  };
}
