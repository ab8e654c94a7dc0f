import type { QueueState } from '#shared/contract/queue.ts';
import type { Change, PanelState } from '../store.ts';

export interface QueueSlice {
  /** null until it was read. */
  readonly queue: QueueState | null;
  /** Interrupted runs that the user does not want to be asked about again while this page is open. */
  readonly leftRunIds: ReadonlySet<number>;
  setQueue(queue: QueueState): void;
  leaveInterrupted(runIds: readonly number[]): void;
}

export function createQueueSlice(change: Change): QueueSlice {
  return {
    queue: null,
    leftRunIds: new Set(),
    setQueue: (queue) =>
      change((state) => ({
        queue,
        // One that went on meanwhile and was interrupted again is a new question.
        leftRunIds: new Set([...state.leftRunIds].filter((id) => queue.interruptedRunIds.includes(id))),
      })),
    leaveInterrupted: (runIds) => change((state) => ({ leftRunIds: new Set([...state.leftRunIds, ...runIds]) })),
  };
}

/** Interrupted runs to offer for resumption, newest first. Builds an array: use with `useShallow`. */
export function selectOfferedRunIds({ queue, leftRunIds }: PanelState): number[] {
  return (queue?.interruptedRunIds ?? []).filter((id) => !leftRunIds.has(id));
}
