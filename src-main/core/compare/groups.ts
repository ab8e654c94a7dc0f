import type { Comparison } from '#shared/contract/compare.ts';
import type { ComparedFile } from './buildComparison.ts';

/** Numbers for the bootstrap: files of one speaker share one, a file whose name tells no speaker has its own. */
export class GroupNumbers {
  readonly #numbers = new Map<string, number>();
  #next = 0;

  numberOf(name: string | null): number {
    const known = name === null ? undefined : this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#next++;
    if (name !== null) this.#numbers.set(name, number);
    return number;
  }
}

type Group = Comparison['folders'][number];

/** Pooled rates of each folder of the first path level. */
export function foldersOf(files: readonly ComparedFile[], systems: number): Group[] {
  return groupsOf(files, systems, ({ folder }) => folder);
}

/** Pooled rates of each speaker that a file name tells. */
export function speakersOf(files: readonly ComparedFile[], systems: number): Group[] {
  return groupsOf(files, systems, ({ row }) => row.speaker);
}

function groupsOf(files: readonly ComparedFile[], systems: number, nameOf: (file: ComparedFile) => string | null): Group[] {
  const groups = new Map<string, { files: number; referenceWords: number; readonly errors: number[] }>();
  for (const file of files) {
    const name = nameOf(file);
    if (name === null) continue;
    const group = groups.get(name) ?? { files: 0, referenceWords: 0, errors: Array.from({ length: systems }, () => 0) };
    groups.set(name, group);
    group.files++;
    group.referenceWords += file.row.referenceWords;
    for (const [system, { errors }] of file.cells.entries()) group.errors[system] = (group.errors[system] ?? 0) + errors;
  }
  return [...groups]
    .toSorted(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }))
    .map(([name, { files: count, referenceWords, errors }]) => ({
      name,
      files: count,
      referenceWords,
      werRatios: errors.map((edits) => (referenceWords === 0 ? null : edits / referenceWords)),
    }));
}
