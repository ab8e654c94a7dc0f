import type { MeasuredResult } from '../reportBuilder.ts';
import { outcomeOf } from '../reportBuilder.ts';
import { werRatio } from '#shared/domain/scores.ts';
import { normalizerOf } from '#main/core/scoring/normalizers.ts';
import { splitWords } from '#main/core/scoring/words.ts';
import type { NormalizerName } from '#shared/domain/scores.ts';

type Cell = string | number | boolean | null;

/** Spreadsheets read UTF-8 as UTF-8 only after this mark. */
export const CSV_MARK = '\uFEFF';

/**
 * One line of RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV injection"); numbers are written by us and
 * stay as they are. null is an empty cell.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  // The mark of a formula counts behind white space, too.
  const safe = /^\s*[=+\-@\t\r]/u.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const ITEM_COLUMNS = [
  'file_id',
  'mode',
  'status',
  'done_earlier',
  'error_code',
  'error',
  'attempts',
  'wer',
  'substitutions',
  'deletions',
  'insertions',
  'hits',
  'reference_words',
  'cer',
  'normalizer',
  'duration',
  'processing_time',
  'rtf',
  'first_token_latency',
  'end_to_end_time',
  'warnings',
  'language',
  'reference',
  'hypothesis',
  'audio_path',
] as const;

export function itemsCsvHeader(): string {
  return CSV_MARK + csvLine(ITEM_COLUMNS);
}

/** One line for each file in each mode; ratios are fractions, times seconds. @param label of the normaliser; it stands where there are counts */
export function itemsCsvLine({ item, result, counts, metrics, warnings }: MeasuredResult, label: string): string {
  const { answer, processingSec, firstTokenLatencyMs, errorData } = result;
  const isAnswered = outcomeOf(result) === 'done';
  const detail = errorData['detail'];
  const characters = metrics?.characters;
  return csvLine([
    item.fileId,
    result.mode,
    outcomeOf(result) === 'open' ? 'pending' : outcomeOf(result),
    result.doneEarlier,
    result.errorCode,
    typeof detail === 'string' ? detail : null,
    result.attempts,
    counts === null ? null : rounded(werRatio(counts)),
    counts?.substitutions ?? null,
    counts?.deletions ?? null,
    counts?.insertions ?? null,
    counts?.hits ?? null,
    counts?.referenceWords ?? null,
    characters === undefined || characters.referenceLength === 0 ? null : rounded(characters.edits / characters.referenceLength),
    counts === null ? null : label,
    rounded(answer?.decodedSec ?? item.announcedSec),
    rounded(processingSec),
    answer === null || processingSec === null || answer.decodedSec <= 0 ? null : rounded(processingSec / answer.decodedSec),
    firstTokenLatencyMs === null ? null : rounded(firstTokenLatencyMs / 1_000),
    rounded(result.endToEndSec),
    warnings.join(' '),
    answer?.language ?? null,
    item.reference,
    isAnswered ? (answer?.hypothesis ?? null) : null,
    item.path,
  ]);
}

const WORD_COLUMNS = ['file_id', 'mode', 'position', 'operation', 'reference', 'hypothesis', 'start', 'end', 'confidence'] as const;

export function wordsCsvHeader(): string {
  return CSV_MARK + csvLine(WORD_COLUMNS);
}

/**
 * One line for each step of the alignment, words after normalisation. Without a reference: one for each recognised word, operation `word`. Times (seconds) and
 * confidence are those of the recognised word; they are left out where the normaliser joined or split words across it.
 */
export function wordsCsvLines({ item, result, steps, segments }: MeasuredResult, normalizer: NormalizerName): string {
  const spoken = segments.flatMap(({ words }) => words);
  let lines = '';
  if (steps.length === 0) {
    for (const [index, { word, startMs, endMs, confidence }] of spoken.entries()) {
      lines += csvLine([item.fileId, result.mode, index + 1, 'word', null, word, startMs / 1_000, endMs / 1_000, confidence]);
    }
    return lines;
  }

  const { normalize } = normalizerOf(normalizer);
  const timed = spoken.flatMap((word) => splitWords(normalize(word.word)).map((text) => ({ ...word, text })));
  const hypothesisWords = steps.flatMap((step) => (step.op === 'deletion' ? [] : step.hypothesis));
  const isSame = timed.length === hypothesisWords.length && timed.every(({ text }, index) => text === hypothesisWords[index]);
  let next = 0;
  for (const [index, step] of steps.entries()) {
    const time = step.op === 'deletion' || !isSame ? undefined : timed[next];
    if (step.op !== 'deletion') next++;
    lines += csvLine([
      item.fileId,
      result.mode,
      index + 1,
      step.op,
      step.op === 'insertion' ? null : step.reference,
      step.op === 'deletion' ? null : step.hypothesis,
      time === undefined ? null : time.startMs / 1_000,
      time === undefined ? null : time.endMs / 1_000,
      time?.confidence ?? null,
    ]);
  }
  return lines;
}

/** To a millionth: without the noise of binary fractions. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e6) / 1e6;
}
