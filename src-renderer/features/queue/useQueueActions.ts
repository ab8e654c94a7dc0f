import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueuePlace, QueueState } from '#shared/contract/queue.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { saveFile } from '../../app/saveFile.ts';
import { usePanel } from '../../state/store.ts';

/** What can be done with the queue and the runs in it; whatever is answered is shown at once. */
export interface QueueActions {
  readonly isBusy: boolean;
  setPaused(isPaused: boolean): void;
  place(runId: number, place: QueuePlace): void;
  setPriority(runId: number, priority: number): void;
  stopAfter(runId: number | null): void;
  pauseRun(runId: number): void;
  resumeRun(runId: number): void;
  cancelRun(runId: number): void;
  resumeInterrupted(): void;
  undo(changeId: number): void;
  export(): void;
}

export function useQueueActions(): QueueActions {
  const { t } = useTranslation();
  const client = useClient();
  const { run, isBusy } = useCommand();
  return useMemo(() => {
    const ofQueue = (ask: () => Promise<QueueState>): void => run(async () => usePanel.getState().setQueue(await ask()));
    const ofRun = (ask: () => Promise<RunSummary>): void => run(async () => usePanel.getState().setRun(await ask(), Date.now()));
    return {
      isBusy,
      setPaused: (isPaused) => ofQueue(() => client.request(isPaused ? 'queue.pause' : 'queue.resume', {})),
      place: (runId, place) => ofQueue(() => client.request('queue.placeRun', { runId, place })),
      setPriority: (runId, priority) => ofQueue(() => client.request('queue.editRun', { runId, priority })),
      stopAfter: (runId) => ofQueue(() => client.request('queue.stopAfterRun', { runId })),
      pauseRun: (runId) => ofRun(() => client.request('runs.pause', { runId })),
      resumeRun: (runId) => ofRun(() => client.request('runs.resume', { runId })),
      cancelRun: (runId) => ofRun(() => client.request('runs.stop', { runId })),
      resumeInterrupted: () => ofQueue(() => client.request('queue.resumeInterrupted', {})),
      undo: (changeId) =>
        ofQueue(async () => {
          const queue = await client.request('queue.undo', { changeId });
          usePanel.getState().addNotice({ kind: 'info', text: t('queue.undo.done') });
          return queue;
        }),
      export: () =>
        run(async () => {
          const document = await client.request('queue.export', {});
          const name = `nightshift-queue-${new Date(document.exportedAtMs).toISOString().slice(0, 10)}.json`;
          saveFile(name, `${JSON.stringify(document, null, 2)}\n`, 'application/json');
          usePanel.getState().addNotice({ kind: 'info', text: t('queue.exported', { name }) });
        }),
    };
  }, [client, run, isBusy, t]);
}
