import type { Comparison, ComparisonRow } from '#shared/contract/compare.ts';
import { NORMALIZER_VERSIONS } from '#shared/domain/scores.ts';
import { editsOf } from '#main/core/scoring/metrics.ts';
import { counted, differenceOf, NOT_TOLD_APART, percent, percentInterval, pValue, VERDICTS } from './figures.ts';

/** Two systems of a comparison, with the files in which not all of its systems have the same number of errors. */
export interface ComparedPair {
  readonly comparison: Comparison;
  /** `pHolm` is corrected over all pairs of the command, and `verdict` follows it. */
  readonly pair: Comparison['pairs'][number];
  readonly rows: readonly ComparisonRow[];
}

interface ChangedFile {
  readonly row: ComparisonRow;
  readonly errorsA: number;
  readonly errorsB: number;
}

/** Files whose number of errors differs, the largest change first, equal ones in the order of their paths. */
function changedOf({ pair: { a, b }, rows }: ComparedPair): ChangedFile[] {
  return rows
    .map((row) => ({ row, errorsA: row.systems[a]?.errors ?? 0, errorsB: row.systems[b]?.errors ?? 0 }))
    .filter(({ errorsA, errorsB }) => errorsA !== errorsB)
    .toSorted((left, right) => Math.abs(right.errorsA - right.errorsB) - Math.abs(left.errorsA - left.errorsB));
}

function nameOf(comparison: Comparison, place: number): string {
  const system = comparison.systems[place];
  return system === undefined ? '' : `run ${system.runId} ${system.mode}`;
}

function systemObject(comparison: Comparison, place: number): Readonly<Record<string, unknown>> | null {
  const system = comparison.systems[place];
  if (system === undefined) return null;
  const { runId, mode, runName, modelName, werRatio, werInterval, cerRatio, counts, failedFiles, failedWords } = system;
  return {
    name: nameOf(comparison, place),
    run: runId,
    run_name: runName,
    mode,
    model: modelName,
    wer: werRatio,
    wer_interval_95: werInterval,
    cer: cerRatio,
    substitutions: counts.substitutions,
    deletions: counts.deletions,
    insertions: counts.insertions,
    hits: counts.hits,
    reference_words: counts.referenceWords,
    failed_files: failedFiles,
    failed_words: failedWords,
  };
}

/** One object for each pair, named as for files; differences are A − B, positive where A is worse; null where there is not enough data. */
export function pairObject(compared: ComparedPair, top: number): Readonly<Record<string, unknown>> {
  const { comparison, pair } = compared;
  const { a, b, difference, interval, segments, z, p, pHolm, mcnemarP, onlyACorrect, onlyBCorrect } = pair;
  const changed = changedOf(compared);
  return {
    comparison: {
      a: systemObject(comparison, a),
      b: systemObject(comparison, b),
      utterances: comparison.files,
      speakers: comparison.speakers.length,
      wer_delta: difference,
      wer_delta_interval_95: interval,
      is_enough_data: pair.verdict !== 'notEnoughData',
      verdict: VERDICTS[pair.verdict],
      mapsswe: p === null || z === null ? null : { p, p_holm: pHolm, z, segments },
      // Where all segments differ by the same, MAPSSWE is undefined, and the draws decide.
      bootstrap: p === null || z !== null ? null : { p, p_holm: pHolm },
      mcnemar: mcnemarP === null ? null : { p: mcnemarP, only_a_correct: onlyACorrect, only_b_correct: onlyBCorrect },
      drawn: comparison.clusterBy === 'speaker' ? 'speakers' : 'utterances',
      replicates: comparison.replicates,
      changed: changed.slice(0, top).map(({ row, errorsA, errorsB }) => ({
        id: row.fileId,
        reference_words: row.referenceWords,
        errors_a: errorsA,
        errors_b: errorsB,
      })),
      changed_total: changed.length,
      normalizer: comparison.normalizer,
      normalizer_version: NORMALIZER_VERSIONS[comparison.normalizer],
      normalizer_label: comparison.normalizerLabel,
      warnings: comparison.warnings,
    },
  };
}

/** Lines for people: the effect first, how sure it is second. */
export function pairLines(compared: ComparedPair, { top, isOneOfMany }: { readonly top: number; readonly isOneOfMany: boolean }): string[] {
  const { comparison, pair } = compared;
  const { a, b, difference, interval, segments, p, pHolm, mcnemarP, onlyACorrect, onlyBCorrect } = pair;
  const changed = changedOf(compared);
  const lines = [
    `A ${nameOf(comparison, a)}, B ${nameOf(comparison, b)}: ${counted(comparison.files, 'file')}, normaliser ${comparison.normalizerLabel}`,
    systemLine('A', comparison, a),
    systemLine('B', comparison, b),
    `  ${differenceOf(difference, pair.verdict)}${percentInterval(interval)}`,
  ];
  if (interval === null) lines.push(`  Not enough data for an interval or a test: ${counted(comparison.files, 'file')}`);
  else if (p === null) lines.push('  MAPSSWE: not enough data, too few segments with errors');
  else {
    const test = pair.z === null ? 'MAPSSWE undefined, all segments differ by the same; bootstrap p' : 'MAPSSWE p';
    lines.push(`  ${test} ${pValue(p)}${isOneOfMany ? `, ${pValue(pHolm)} after Holm` : ''} (${segments} segments)`);
  }
  if (mcnemarP !== null) lines.push(`  Wholly right: only A ${onlyACorrect}, only B ${onlyBCorrect}; McNemar p ${pValue(mcnemarP)}`);
  if (pair.verdict === 'notDistinguishable') lines.push(NOT_TOLD_APART);
  if (top > 0 && changed.length > 0) lines.push(`  Most changed of ${changed.length}:`);
  for (const { row, errorsA, errorsB } of changed.slice(0, top)) {
    lines.push(`    ${errorsA} → ${errorsB} errors in ${counted(row.referenceWords, 'word')}  ${row.fileId}`);
  }
  return lines;
}

function systemLine(letter: string, { systems }: Comparison, place: number): string {
  const system = systems[place];
  if (system === undefined) return '';
  const { werRatio, werInterval, counts, failedFiles, failedWords } = system;
  const failed =
    failedFiles === 0
      ? ''
      : `; ${counted(failedFiles, 'failed file')} ${failedFiles === 1 ? 'counts' : 'count'} as ${counted(failedWords, 'deleted word')}`;
  return `  ${letter}  WER ${percent(werRatio)}${percentInterval(werInterval)}, ${counted(editsOf(counts), 'error')} in ${counted(counts.referenceWords, 'word')}${failed}`;
}

/** What is not compared, and what does not fit together. */
export function warningLine({ code, system, files }: Comparison['warnings'][number], comparison: Comparison): string {
  const count = counted(files ?? 0, 'file');
  const name = system === null ? '' : nameOf(comparison, system);
  switch (code) {
    case 'filesNotCommon':
      return `${count} of ${name} not in all others: not compared`;
    case 'differentReferences':
      return `${count} with different references: not compared`;
    case 'withoutReference':
      return `${count} of run ${comparison.systems[system ?? 0]?.runId ?? ''} without a reference: not compared`;
    case 'withoutOutcome':
      return `${count} of ${name} without an outcome: not compared`;
    case 'differentModels':
      return `Different models: ${[...new Set(comparison.systems.map(({ modelName }) => modelName ?? 'unknown'))].join(', ')}`;
    case 'differentLanguages':
      return `Different languages: ${[...new Set(comparison.systems.map(({ language }) => language ?? 'detected'))].join(', ')}`;
    case 'olderNormalizer':
      return `Run ${comparison.systems[system ?? 0]?.runId ?? ''} was scored with ${comparison.systems[system ?? 0]?.runNormalizer ?? ''}: its stored figures are not those here`;
    case 'mixedPacing':
      return 'Some paced as real time, some as fast as possible: only the words are compared, not the speed';
  }
}
