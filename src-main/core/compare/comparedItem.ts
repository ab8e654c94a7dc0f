import type { ComparedItem, ComparedSystem } from '#shared/contract/compare.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '#main/core/persistence/connection.ts';
import { compareReads, type ComparedAnswer } from '#main/core/persistence/operations/compare.ts';
import type { CheckedSegment } from '#main/core/quality/checkResult.ts';
import { alignWords } from '#main/core/scoring/alignment.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import type { BuiltComparison, ComparedCell } from './buildComparison.ts';
import { timedSteps } from './timedSteps.ts';

/** One file with its texts, read anew. @throws ITEM_NOT_FOUND when it is not part of the comparison */
export function comparedItem(
  connection: Connection,
  { files, normalizer }: BuiltComparison,
  systems: readonly ComparedSystem[],
  key: number,
): ComparedItem {
  const file = files.find(({ row }) => row.key === key);
  if (file === undefined) throw new NightshiftError('ITEM_NOT_FOUND', { itemId: key });
  const answers = systems.map(({ mode }, place) => {
    const itemId = file.row.itemIds[place] ?? key;
    const answer = compareReads.comparedAnswer(connection, { itemId, mode });
    if (answer === null) throw new NightshiftError('ITEM_NOT_FOUND', { itemId });
    return { itemId, answer };
  });
  const reference = answers[0]?.answer.reference ?? '';
  const { normalize } = normalizerOf(normalizer);
  const words = splitWords(normalize(reference));
  return {
    row: file.row,
    reference,
    audioSec: answers.map(({ answer }) => answer.decodedSec ?? answer.announcedSec).find((seconds) => seconds !== null) ?? null,
    systems: answers.map(({ itemId, answer }, place) => ({ itemId, ...sideOf(words, answer, file.cells[place], normalize) })),
  };
}

function sideOf(
  reference: readonly string[],
  { hypothesis, segmentsJson, warningCode, errorCode, errorData }: ComparedAnswer,
  cell: ComparedCell | undefined,
  normalize: (text: string) => string,
): Omit<ComparedItem['systems'][number], 'itemId'> {
  // What the figures were made of decides: an answer that came later belongs to the next comparison.
  const isFailed = cell?.isFailed ?? hypothesis === null;
  const heard = isFailed ? null : hypothesis;
  const { counts, steps } = alignWords(reference, splitWords(normalize(heard ?? '')));
  const segments = isFailed || segmentsJson === null ? [] : (JSON.parse(segmentsJson) as CheckedSegment[]);
  return {
    status: isFailed ? 'failed' : 'done',
    counts,
    werRatio: werRatio(counts),
    hypothesis: heard,
    ...timedSteps(steps, segments, normalize),
    error: isFailed && errorCode !== null ? { code: errorCode, data: errorData } : null,
    warningCode: isFailed ? null : warningCode,
  };
}
