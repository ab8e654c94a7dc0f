import type { RunOptions } from '#shared/contract/runs.ts';
import type { Database } from '../persistence/database.ts';
import type { Logger } from '../ports.ts';
import type { Scorer } from '../scoring/scorer.ts';

const PAGE = 500;

/**
 * Word counts for tasks that got their outcome without an attempt of this run: done earlier, unusable, or given up with their mode.
 * They count like all others, a missing answer as deletions, because a set without its failures would look better than it is.
 */
export async function scoreOpenTasks(
  deps: { readonly database: Database; readonly scorer: Scorer; readonly logger: Logger },
  runId: number,
  options: Pick<RunOptions, 'calculateWer' | 'normalizer'>,
): Promise<void> {
  if (!options.calculateWer) return;
  let afterId = 0;
  for (;;) {
    const tasks = await deps.database.read('unscoredTasks', { runId, afterId, count: PAGE });
    const last = tasks.at(-1);
    if (last === undefined) return;
    afterId = last.taskId;
    const scored = await Promise.all(
      tasks.map(async ({ taskId, reference, hypothesis }) => {
        try {
          const { counts } = await deps.scorer.score({ reference, hypothesis, normalizer: options.normalizer });
          return { taskId, counts };
        } catch (error) {
          // It stays without counts until the run is taken up again; the files still to do do not wait for it.
          deps.logger.warn('a file could not be scored', { taskId, error: String(error) });
          return null;
        }
      }),
    );
    await deps.database.write('recordCounts', { entries: scored.filter((entry) => entry !== null) });
  }
}
