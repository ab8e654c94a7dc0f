import { readFile } from 'node:fs/promises';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { PairedTexts } from '#main/core/scoring/pairTexts.ts';
import { decodeTranscripts, isGuessedKaldi, type TranscriptFile, type TranscriptFormat } from '#main/core/scoring/transcriptText.ts';
import type { Output } from './output.ts';

/** Reads a file of texts, and says where its form is a guess that could cost words. @throws INPUT_INVALID naming it when it cannot be read or is not UTF-8 */
export async function readTranscriptFile(
  output: Output,
  name: string,
  format: TranscriptFormat | null,
  mode: string | null,
): Promise<TranscriptFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(name);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new NightshiftError('INPUT_INVALID', { field: name, detail }, { cause });
  }
  const file = { name, content: decodeTranscripts(bytes, name), format, mode };
  if (isGuessedKaldi(file)) output.notice(`${name}: the first word of each line is taken for its id; --format lines if all of it is text`);
  return file;
}

/** Ids shown of each kind of oddity; `--json` has all of them. */
const SHOWN_IDS = 5;

/** Says what could not be compared as it stands. */
export function tellOddities(output: Output, texts: PairedTexts): void {
  for (const line of oddityLines(texts)) output.notice(line);
}

export function oddityLines({ missingHypotheses, unusedHypotheses, missingReferences, duplicates, notRun }: PairedTexts): string[] {
  const kinds: readonly (readonly [ids: readonly string[], meaning: string])[] = [
    [missingHypotheses, 'without a hypothesis: counted as deletions'],
    [unusedHypotheses, 'with a hypothesis and no reference: not scored'],
    [missingReferences, 'without a reference: not scored'],
    [duplicates, 'more than once (of two files the first counts, of one file every row)'],
    [notRun, 'not run: not scored'],
  ];
  return kinds.flatMap(([ids, meaning]) => {
    if (ids.length === 0) return [];
    const more = ids.length > SHOWN_IDS ? `, and ${ids.length - SHOWN_IDS} more` : '';
    return [`${ids.length} ${meaning}: ${ids.slice(0, SHOWN_IDS).join(', ')}${more}`];
  });
}

/** The same for programs, under the names of a JSON report. */
export function oddityFields(texts: PairedTexts): Readonly<Record<string, readonly string[]>> {
  return {
    missing_hypotheses: texts.missingHypotheses,
    unused_hypotheses: texts.unusedHypotheses,
    missing_references: texts.missingReferences,
    duplicates: texts.duplicates,
    not_run: texts.notRun,
  };
}
