import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { resultRoutes } from '#shared/contract/results.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { Clock, FileStore } from '../ports.ts';
import { foldersByMode, NOTHING_THERE, renderResults, type ResultsInput } from '../results/resultsDocument.ts';
import { createResultsWriter } from '../results/resultsWriter.ts';
import type { RunController } from '../scheduler/runController.ts';

export function resultHandlers(deps: {
  readonly files: FileStore;
  readonly clock: Clock;
  readonly runs: RunController;
  readResults(runId: number): Promise<ResultsInput>;
}): Handlers<keyof typeof resultRoutes> {
  const { files, clock, runs, readResults } = deps;
  return {
    'results.export': async ({ runId, path }) => {
      const wanted = path ?? (await runs.get(runId)).resultsPath;
      await files.ensureFolder(dirname(wanted));
      const writer = createResultsWriter({ files, clock, read: () => readResults(runId), path: wanted });
      await writer.flush();
      await writer.close();
      // Written beside a file that is not ours is written all the same: the answer says where.
      if (writer.lastError !== null && writer.writtenPath === wanted) throw writer.lastError;
      return { path: writer.writtenPath };
    },
    'results.read': async ({ runId }) => {
      const run = await runs.get(runId);
      const safeName = run.name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
      return {
        fileName: `results-${safeName}-${runId}.json`,
        json: (await renderResults(await readResults(runId), NOTHING_THERE, nextTurn)).join(''),
      };
    },
    'results.folders': async ({ runId }) => {
      await runs.get(runId);
      return { folders: foldersByMode(await readResults(runId)), asOfMs: clock.nowMs() };
    },
  };
}
