import { useTranslation } from 'react-i18next';
import type { KnownServer } from '#shared/contract/servers.ts';
import { isBuiltInProfileId } from '#shared/domain/profileDefaults.ts';
import { RESTART_BUDGET } from '#shared/domain/server.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';

/** How servers are called and what they do, in words. */
export function useServerText(): {
  nameOf(server: Pick<KnownServer, 'id' | 'name'>): string;
  /** `restarting in 4 s (2 of 5)` and the like. */
  stateOf(server: KnownServer): string;
} {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1_000);
  return {
    nameOf: ({ id, name }) => (isBuiltInProfileId(id) ? t('servers.own') : name),
    stateOf: ({ status, restartAtMs, crashCount, isStartable, error }) => {
      if (status === 'backingOff' && restartAtMs !== null) {
        const length = format.countdown((restartAtMs - now) / 1000);
        if (crashCount === 0) return t('servers.restartIn', { length });
        return t('servers.restartInCount', { length, failed: format.number(crashCount), budget: format.number(RESTART_BUDGET) });
      }
      if (status === 'stopped' && error !== null) return t(isStartable ? 'servers.withError' : 'servers.notReached');
      if (status === 'stopped') return t(isStartable ? 'servers.whenNeeded' : 'servers.outside');
      return t(`serverStatus.${status}`);
    },
  };
}
