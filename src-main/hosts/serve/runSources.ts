import type { NightshiftClient } from '#shared/contract/client.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';

/** The most that one question may ask for. */
const PAGE = 200;

/** Sources of every run in the history. */
export async function listRunSources(client: NightshiftClient): Promise<string[]> {
  const sources: string[] = [];
  for (let beforeId: number | null = null; ;) {
    const { runs }: RouteOutput<'runs.list'> = await client.request('runs.list', { beforeId, count: PAGE });
    sources.push(...runs.flatMap((run) => run.sources));
    const last = runs.at(-1);
    if (last === undefined || runs.length < PAGE) return sources;
    beforeId = last.id;
  }
}
