import { useTranslation } from 'react-i18next';
import type { RouteOutput } from '#shared/contract/routes.ts';
import { usePanel } from '../../state/store.ts';

/** Says which of the saved profiles still lack a secret that stood masked in them. */
export function useSavedNotice(): (saved: RouteOutput<'profiles.save'>['saved']) => void {
  const { t } = useTranslation();
  const addNotice = usePanel((state) => state.addNotice);
  return (saved) => {
    for (const { profile, missingSecrets } of saved) {
      if (missingSecrets.length === 0) continue;
      addNotice({ kind: 'info', text: t('servers.missingSecrets', { name: profile.name, list: missingSecrets.join(', ') }) });
    }
  };
}
