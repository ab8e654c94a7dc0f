import type { RunSummary } from '#shared/contract/runs.ts';
import type { GuardedRuns } from './nightGuard.ts';

const PAGE = 200;

/** Every run, the newest first; read by pages, so that whoever finds what it looked for reads no more. */
export async function* allRuns(source: Pick<GuardedRuns, 'list'>): AsyncGenerator<RunSummary> {
  for (let beforeId: number | null = null; ;) {
    const { runs }: { runs: RunSummary[] } = await source.list({ beforeId, count: PAGE });
    yield* runs;
    const last = runs.at(-1);
    if (last === undefined || runs.length < PAGE) return;
    beforeId = last.id;
  }
}
