import type { Comparison, ErrorTally } from '#shared/contract/compare.ts';
import type { FilesView } from './useComparison.ts';

/** What the table is narrowed to by a click in one of the lists; null: nothing. */
export type Only =
  | { readonly kind: 'error'; readonly reference: string | null; readonly hypothesis: string | null }
  | { readonly kind: 'speaker' | 'folder'; readonly name: string };

/** A chip above the table; `system` with `worse` only. */
export interface Chip {
  readonly filter: FilesView['filter'];
  readonly system: number | null;
  readonly count: number;
}

export interface Sorting {
  readonly sort: FilesView['sort'];
  readonly sortSystem: number;
  readonly isReversed: boolean;
}

export const BY_DIFFERENCE: Sorting = { sort: 'difference', sortSystem: 0, isReversed: false };

/** Chips in the order they are shown; those without a file are left out, except the first and the whole. */
export function chipsOf({ chips }: Comparison): Chip[] {
  const plain = (filter: 'deletions' | 'insertions' | 'substitutions' | 'failed'): Chip => ({ filter, system: null, count: chips[filter] });
  const rest: Chip[] = [
    ...chips.worse.map((count, system): Chip => ({ filter: 'worse', system, count })),
    plain('deletions'),
    plain('insertions'),
    plain('substitutions'),
    plain('failed'),
  ];
  return [
    { filter: 'disagreement', system: null, count: chips.disagreement },
    ...rest.filter(({ count }) => count > 0),
    { filter: 'all', system: null, count: chips.all },
  ];
}

/** Where the systems never disagree the first look is at all files. */
export function firstChip(comparison: Comparison): Pick<Chip, 'filter' | 'system'> {
  return { filter: comparison.chips.disagreement > 0 ? 'disagreement' : 'all', system: null };
}

/** The question that shows what was chosen. */
export function filesView(chip: Pick<Chip, 'filter' | 'system'>, only: Only | null, search: string, sorting: Sorting): FilesView {
  return {
    filter: chip.filter,
    system: chip.system,
    error: only?.kind === 'error' ? { reference: only.reference, hypothesis: only.hypothesis } : null,
    speaker: only?.kind === 'speaker' ? only.name : null,
    folder: only?.kind === 'folder' ? only.name : null,
    search: search.trim(),
    ...sorting,
  };
}

/** A click on a heading: that order, and turned round when it is there already. */
export function resorted(before: Sorting, sort: Sorting['sort'], sortSystem = 0): Sorting {
  const isSame = before.sort === sort && (sort !== 'wer' || before.sortSystem === sortSystem);
  return { sort, sortSystem, isReversed: isSame && !before.isReversed };
}

/** `aria-sort` of a column; `path` begins with the first, the rates with the highest. */
export function sortDirection(sorting: Sorting, sort: Sorting['sort'], sortSystem = 0): 'ascending' | 'descending' | undefined {
  if (sorting.sort !== sort || (sort === 'wer' && sorting.sortSystem !== sortSystem)) return undefined;
  return (sort === 'path') === sorting.isReversed ? 'descending' : 'ascending';
}

export function isSameError(left: Only | null, right: Pick<ErrorTally, 'reference' | 'hypothesis'>): boolean {
  return left?.kind === 'error' && left.reference === right.reference && left.hypothesis === right.hypothesis;
}
