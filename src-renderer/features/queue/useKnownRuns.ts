import { useEffect } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { RunSummary } from '#shared/contract/runs.ts';
import { tellError, useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';

/** The runs of these ids in their order; those older than the loaded part of the list are asked for and come later. */
export function useKnownRuns(runIds: readonly number[]): readonly RunSummary[] {
  const client = useClient();
  const runs = usePanel(useShallow((state) => runIds.flatMap((id) => state.runById[id] ?? [])));
  const missing = usePanel((state) => runIds.filter((id) => state.runById[id] === undefined && !state.removedRunIds.has(id)).join(' '));
  useEffect(() => {
    for (const id of missing.split(' ').filter(Boolean).map(Number)) {
      client.request('runs.get', { runId: id }).then((run) => usePanel.getState().setRun(run, Date.now()), tellError);
    }
  }, [client, missing]);
  return runs;
}
