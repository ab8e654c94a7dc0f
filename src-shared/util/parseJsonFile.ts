import type { z } from 'zod';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/**
 * The content of a JSON file that a person wrote, checked; a byte order mark is ignored and nothing in it is executed.
 * @param path named in the error, as the user gave it
 * @throws INPUT_INVALID with the file in `field` and the place in it in `detail`
 */
export function parseJsonFile<Schema extends z.ZodType>(schema: Schema, text: string, path: string): z.output<Schema> {
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
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.map(String).join('.');
  throw new NightshiftError('INPUT_INVALID', { field: path, detail: `${place}: ${issue?.message ?? 'not valid'}` });
}
