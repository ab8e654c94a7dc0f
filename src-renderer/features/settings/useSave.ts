import { useMemo, useState } from 'react';
import type { Settings } from '#shared/contract/settings.ts';
import { tellError, useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';
import { createSaveQueue } from './saveQueue.ts';

/** Saves fields of the settings, one change after the other. */
export function useSave(): { readonly isBusy: boolean; save(part: Partial<Settings>): void } {
  const client = useClient();
  const [isBusy, setBusy] = useState(false);
  const save = useMemo(
    () =>
      createSaveQueue<Settings>(
        async (part) => usePanel.getState().setSettings(await client.request('settings.update', part)),
        setBusy,
        tellError,
      ),
    [client],
  );
  return { isBusy, save };
}
