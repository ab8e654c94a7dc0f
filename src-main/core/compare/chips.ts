import type { Comparison } from '#shared/contract/compare.ts';
import type { ComparedCell, ComparedFile } from './buildComparison.ts';

/** The system with more errors than every other; null where two or more share the most. */
export function worstOf(cells: readonly ComparedCell[]): number | null {
  const most = Math.max(...cells.map(({ errors }) => errors));
  const worst = cells.findIndex(({ errors }) => errors === most);
  return cells.findLastIndex(({ errors }) => errors === most) === worst ? worst : null;
}

export function isDisagreement(cells: readonly ComparedCell[]): boolean {
  return cells.some(({ errors }) => errors !== cells[0]?.errors);
}

/** How many files are behind each filter. */
export function chipsOf(files: readonly ComparedFile[], systems: number): Comparison['chips'] {
  const worse = Array.from({ length: systems }, () => 0);
  const chips = { all: files.length, disagreement: 0, deletions: 0, insertions: 0, substitutions: 0, failed: 0 };
  for (const { cells } of files) {
    const worst = worstOf(cells);
    if (worst !== null) worse[worst] = (worse[worst] ?? 0) + 1;
    if (isDisagreement(cells)) chips.disagreement++;
    if (cells.some(({ isFailed }) => isFailed)) chips.failed++;
    for (const kind of ['deletions', 'insertions', 'substitutions'] as const) if (cells.some((cell) => hasError(cell, kind))) chips[kind]++;
  }
  return { ...chips, worse };
}

/** A failed file has no errors of its own: nothing was heard. */
export function hasError({ isFailed, counts }: ComparedCell, kind: 'deletions' | 'insertions' | 'substitutions'): boolean {
  return !isFailed && counts[kind] > 0;
}
