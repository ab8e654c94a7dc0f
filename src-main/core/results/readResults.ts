import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { ResultsInput, ResultsRow } from './resultsDocument.ts';

/** Rows copied from thread to thread at once: about 4 ms of the owner's time, measured with 20 words a row. */
const ROWS_IN_PAGE = 1_000;

/** What results.json of a run is made of, as it is stored now. @throws RUN_NOT_FOUND */
export async function readResults(database: Database, runId: number, nowMs: number): Promise<ResultsInput> {
  const run = await database.read('storedRun', { runId, nowMs });
  if (run === null) throw new NightshiftError('RUN_NOT_FOUND', { runId });
  const { normalizer, calculateWer, pacing, language } = run.options;
  const modes: ResultsInput['modes'][number][] = [];
  for (const { mode, startedAtMs, endedAtMs } of run.modes) {
    const rows: ResultsRow[] = [];
    for (let afterItemId = 0; ;) {
      const page = await database.read('resultRows', { runId, mode, afterItemId, count: ROWS_IN_PAGE });
      const last = page.at(-1);
      if (last === undefined) break;
      afterItemId = last.itemId;
      for (const { itemId: _, errorData, ...row } of page) {
        rows.push({ ...row, errorDetail: typeof errorData['detail'] === 'string' ? errorData['detail'] : null });
      }
    }
    modes.push({
      mode,
      timestampMs: endedAtMs ?? startedAtMs ?? run.createdAtMs,
      rows,
    });
  }
  return { modes, normalizer, normalizerVersion: run.normalizerVersion, calculateWer, model: run.model?.name ?? '', pacing, language };
}
