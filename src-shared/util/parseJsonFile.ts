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
      { field: path, detail: `it is no JSON: ${error instanceof Error ? error.message : String(error)}` },
      { cause: error },
    );
  }
  const parsed = schema.safeParse(document, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.map(String).join('.');
  throw new NightshiftError('INPUT_INVALID', { field: path, detail: `${place}: ${issue === undefined ? 'not valid' : wordsOf(issue)}` });
}

/** In words of a person who wrote the file: the library's own speak of schemas. */
function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined ? 'it is missing' : `expected ${/^[aeio]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && issue.options !== undefined ? `expected one of ${issue.options.map(String).join(', ')}` : issue.message;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${amountOf(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${amountOf(issue.maximum, issue.origin)}`;
    default:
      return issue.message;
  }
}

function amountOf(limit: number | bigint, origin: string): string {
  const count = Number(limit);
  if (origin === 'string') return `${count} ${count === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `${count} ${count === 1 ? 'entry' : 'entries'}`;
  return String(limit);
}
