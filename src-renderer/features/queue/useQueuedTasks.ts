import { useEffect, useRef, useState } from 'react';
import type { Mode } from '#shared/domain/mode.ts';
import { useClient } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';
import { createQueueLoader, NO_TASKS, type QueuedList, type QueueLoader } from './queueLoader.ts';

/** The queued tasks of a mode as far as the row `lastIndex`, renewed when the queue or the run changed. */
export function useQueuedTasks(runId: number, mode: Mode, lastIndex: number): QueuedList {
  const client = useClient();
  const [list, setList] = useState(NO_TASKS);
  const loader = useRef<QueueLoader | null>(null);
  const queue = usePanel((state) => state.queue);
  const loadCount = usePanel((state) => state.loadCount);
  const progress = usePanel((state) => {
    const found = state.runById[runId]?.modes.find((entry) => entry.mode === mode);
    return found === undefined ? '' : `${found.queued} ${found.active} ${found.held} ${found.isHeld}`;
  });
  useEffect(() => {
    setList(NO_TASKS);
    const created = createQueueLoader(client, { runId, mode }, setList, () => performance.now());
    loader.current = created;
    return () => created.close();
  }, [client, runId, mode]);
  useEffect(() => loader.current?.want(lastIndex), [client, runId, mode, lastIndex]);
  useEffect(() => loader.current?.renew(true), [queue, loadCount]);
  useEffect(() => loader.current?.renew(false), [progress]);
  return list;
}
