import type { QueueDocument } from '#shared/contract/queue.ts';
import type { RunOptions, RunSummary } from '#shared/contract/runs.ts';
import { RANK_STEP_MS, rankOf } from '#shared/domain/rank.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock } from '../ports.ts';
import type { QueueRuns } from './queueRuns.ts';

export interface QueueDocumentsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly runs: QueueRuns;
}

/** The queue as a file, for another time or another machine. */
export class QueueDocuments {
  readonly #deps: QueueDocumentsDeps;

  constructor(deps: QueueDocumentsDeps) {
    this.#deps = deps;
  }

  /** The run under way and those that wait, in their order; what they have done already is found again by its content where they are imported. */
  async export(): Promise<QueueDocument> {
    const { database, clock, runs } = this.#deps;
    const { currentRunId } = runs;
    const queued = (await database.read('queuedRuns')).map(({ id }) => id).filter((id) => id !== currentRunId);
    const exported: QueueDocument['runs'] = [];
    for (const runId of currentRunId === null ? queued : [currentRunId, ...queued]) {
      const { name, sources, options } = await runs.get(runId);
      exported.push({ name, sources, options, items: await database.read('exportedItems', { runId }) });
    }
    return { format: 'nightshift-queue', version: 1, exportedAtMs: clock.nowMs(), runs: exported };
  }

  /**
   * Creates the runs behind everything that waits. Each is queued in its place as soon as its files have been looked at, with the changes of its files, which are
   * kept with the run until then.
   * @throws SHUTTING_DOWN
   */
  async import(document: QueueDocument): Promise<RunSummary[]> {
    const { database, clock, runs } = this.#deps;
    const last = (await database.read('queuedRuns')).at(-1);
    let behind = last?.rank ?? -Infinity;
    const created: RunSummary[] = [];
    for (const { name, sources, options: exported, items } of document.runs) {
      // A file that somebody sent must not end in a command or a machine that is off.
      const options: RunOptions = { ...exported, whenDone: { action: 'nothing' } };
      behind = Math.max(rankOf(clock.nowMs(), options.priority), behind + RANK_STEP_MS);
      created.push(await runs.create({ name, sources, options, startWhenReady: true, imported: { rank: behind, items } }));
    }
    return created;
  }
}
