import { RunNotesSchema, type RunNotes } from '#shared/contract/reports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/**
 * Reads notes from a JSON file.
 * @throws INPUT_INVALID with the place in `detail`; also for a field that does not exist, because it would be lost without a word
 */
export function parseRunNotes(text: string, path: string): RunNotes {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new NightshiftError(
      'INPUT_INVALID',
      { field: path, detail: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
  const parsed = RunNotesSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.map(String).join('.');
  throw new NightshiftError('INPUT_INVALID', { field: path, detail: `${place}: ${issue?.message ?? 'no notes'}` });
}
