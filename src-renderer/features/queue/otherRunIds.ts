import type { PanelState } from '../../state/store.ts';

/** Finished runs offered at once for another try. */
const OFFERED_FAILED = 5;

function idsOf({ runById }: PanelState, isWanted: (run: PanelState['runById'][number]) => boolean): number[] {
  return Object.values(runById)
    .filter(isWanted)
    .map(({ id }) => id)
    .toSorted((left, right) => right - left);
}

/** Runs somebody or something paused, newest first. Builds an array: use with `useShallow`. */
export function selectPausedRunIds(state: PanelState): number[] {
  return idsOf(state, ({ id, status }) => status === 'paused' && id !== state.queue?.currentRunId);
}

/** The newest finished runs in which something failed. Builds an array: use with `useShallow`. */
export function selectFailedRunIds(state: PanelState): number[] {
  return idsOf(state, ({ status, totals }) => status === 'finished' && totals.failed > 0).slice(0, OFFERED_FAILED);
}
