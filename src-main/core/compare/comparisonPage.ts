import type { ComparisonRow } from '#shared/contract/compare.ts';
import type { RouteArgs } from '#shared/contract/routes.ts';
import { assertNever } from '#shared/util/assertNever.ts';
import type { BuiltComparison, ComparedCell, ComparedFile } from './buildComparison.ts';
import { hasError, isDisagreement, worstOf } from './chips.ts';

export type PageArgs = RouteArgs<'compare.items'>;

/** The list asked for last, kept for its next page. */
interface FoundFiles {
  readonly key: string;
  readonly files: readonly ComparedFile[];
}

const lastFound = new WeakMap<BuiltComparison, FoundFiles>();

/** The files asked for, sorted, one page of them. */
export function comparisonPage(built: BuiltComparison, args: PageArgs): { rows: ComparisonRow[]; total: number } {
  const { offset, limit, systems: _systems, normalizer: _normalizer, clusterBy: _clusterBy, ...wanted } = args;
  const key = JSON.stringify(wanted);
  let found = lastFound.get(built);
  if (found?.key !== key) {
    found = { key, files: findFiles(built, args) };
    lastFound.set(built, found);
  }
  return { rows: found.files.slice(offset, offset + limit).map(({ row }) => row), total: found.files.length };
}

function findFiles({ files, tallies }: BuiltComparison, args: PageArgs): ComparedFile[] {
  const { error, speaker, folder, system } = args;
  const searched = args.search.trim().toLowerCase();
  const errorKind = error === null ? null : tallies.find(error.reference, error.hypothesis);
  if (error !== null && errorKind === null) return [];
  const found = files.filter(
    (file) =>
      (speaker === null || file.row.speaker === speaker) &&
      (folder === null || file.folder === folder) &&
      (searched === '' || file.searched.includes(searched)) &&
      isInFilter(file.cells, args) &&
      (errorKind === null || cellsOf(file.cells, system).some(({ errorKinds }) => errorKinds.includes(errorKind))),
  );
  const sorted = found.toSorted(orderOf(args));
  return args.isReversed ? sorted.reverse() : sorted;
}

/** Of one system, or of all. */
function cellsOf(cells: readonly ComparedCell[], system: number | null): readonly ComparedCell[] {
  if (system === null) return cells;
  const cell = cells[system];
  return cell === undefined ? [] : [cell];
}

function isInFilter(cells: readonly ComparedCell[], { filter, system }: PageArgs): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'disagreement':
      return isDisagreement(cells);
    case 'worse': {
      const worst = worstOf(cells);
      return worst !== null && (system === null || worst === system);
    }
    case 'deletions':
    case 'insertions':
    case 'substitutions':
      return cellsOf(cells, system).some((cell) => hasError(cell, filter));
    case 'failed':
      return cellsOf(cells, system).some(({ isFailed }) => isFailed);
    default:
      return assertNever(filter);
  }
}

function orderOf({ sort, sortSystem }: PageArgs): (left: ComparedFile, right: ComparedFile) => number {
  const byPath = (left: ComparedFile, right: ComparedFile): number => (left.row.fileId < right.row.fileId ? -1 : 1);
  if (sort === 'path') return byPath;
  // Without reference words there is no rate: such files come last.
  const rateOf = ({ row }: ComparedFile): number => (sort === 'difference' ? row.difference : row.systems[sortSystem]?.werRatio) ?? -1;
  return (left, right) => rateOf(right) - rateOf(left) || byPath(left, right);
}
