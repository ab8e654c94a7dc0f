import { RunNotesSchema, type RunNotes } from '#shared/contract/reports.ts';
import { parseJsonFile } from '#shared/util/parseJsonFile.ts';

/**
 * Reads notes from a JSON file.
 * @throws INPUT_INVALID with the place in `detail`; also for a field that does not exist, because it would be lost without a word
 */
export function parseRunNotes(text: string, path: string): RunNotes {
  return parseJsonFile(RunNotesSchema, text, path);
}
