import { useMemo } from 'react';
import type { RunSummary } from '#shared/contract/runs.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';

/** What the list of files and the inspector need of a run: nothing that changes while it goes on. */
export interface ListedRun {
  readonly id: number;
  readonly stopAfterItemId: number | null;
  readonly calculateWer: boolean;
  readonly modes: readonly Mode[];
}

/** The same object until one of its values changes; null without a run. */
export function useListedRun(run: RunSummary | undefined): ListedRun | null {
  const id = run?.id ?? null;
  const stopAfterItemId = run?.stopAfterItemId ?? null;
  const calculateWer = run?.options.calculateWer === true;
  const modeNames = run?.modes.map(({ mode }) => mode).join(' ') ?? '';
  return useMemo(() => {
    if (id === null) return null;
    return { id, stopAfterItemId, calculateWer, modes: MODES.filter((mode) => modeNames.split(' ').includes(mode)) };
  }, [id, stopAfterItemId, calculateWer, modeNames]);
}
