import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueuePlace } from '#shared/contract/queue.ts';
import type { RouteInput } from '#shared/contract/routes.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';

export type ItemChange = RouteInput<'queue.editItems'>['change'];

/** What can be done with queued files of a run, in all modes at once. */
export interface ItemActions {
  place(itemIds: readonly number[], place: QueuePlace): void;
  hold(itemIds: readonly number[], isHeld: boolean): void;
  edit(itemIds: readonly number[], change: ItemChange): void;
  remove(itemIds: readonly number[]): void;
  /** null takes the marker away. */
  stopAfter(itemId: number | null): void;
}

/** Says so when nothing was changed, because everything had been started meanwhile. What was changed is told by the last change of the queue. */
export function useItemActions(runId: number): ItemActions {
  const { t } = useTranslation();
  const client = useClient();
  const { run } = useCommand();
  return useMemo(() => {
    const send = (work: () => Promise<{ readonly changed: number }>): void =>
      run(async () => {
        const { changed } = await work();
        if (changed === 0) usePanel.getState().addNotice({ kind: 'info', text: t('queue.files.unchanged') });
      });
    return {
      place: (itemIds, place) => send(() => client.request('queue.placeItems', { runId, itemIds: [...itemIds], place })),
      hold: (itemIds, isHeld) => send(() => client.request('queue.holdItems', { runId, itemIds: [...itemIds], isHeld })),
      edit: (itemIds, change) => send(() => client.request('queue.editItems', { runId, itemIds: [...itemIds], change })),
      remove: (itemIds) => send(() => client.request('queue.removeItems', { runId, itemIds: [...itemIds] })),
      // Where the marker stood already is no change, but it is what was asked for.
      stopAfter: (itemId) => run(() => client.request('queue.stopAfterItem', { runId, itemId })),
    };
  }, [client, run, runId, t]);
}
