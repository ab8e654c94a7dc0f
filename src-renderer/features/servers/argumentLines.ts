import { z } from 'zod';

const ListSchema = z.array(z.string());

/** What an empty argument stands as in its line. */
const EMPTY = '""';

/**
 * The arguments in a text: one a line, `""` for an empty one, blank lines count for nothing. A JSON list of texts is taken as it is, for
 * arguments that hold line breaks.
 */
export function argumentsOf(text: string): string[] {
  const list = listIn(text);
  if (list !== null) return list;
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => (line === EMPTY ? '' : line));
}

/** The text that `argumentsOf` reads back to the same arguments. */
export function argumentsText(args: readonly string[]): string {
  const text = args.map((arg) => (arg === '' ? EMPTY : arg)).join('\n');
  const isFaithful = JSON.stringify(argumentsOf(text)) === JSON.stringify(args);
  return isFaithful ? text : JSON.stringify(args);
}

function listIn(text: string): string[] | null {
  if (!text.trimStart().startsWith('[')) return null;
  try {
    return ListSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
