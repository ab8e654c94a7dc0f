import type { RescoredMode, Rescoring } from '#shared/contract/rescoring.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';

export interface RescoringRow {
  readonly mode: Mode;
  /** One for each rescoring, in their order; null where it has no figures of this mode. */
  readonly cells: readonly { readonly key: string; readonly figures: RescoredMode | null }[];
}

/** One row for each mode that any rescoring has figures of. */
export function rescoringTable(rescorings: readonly Rescoring[]): RescoringRow[] {
  const modes = inModeOrder([...new Set(rescorings.flatMap((entry) => entry.modes.map(({ mode }) => mode)))]);
  return modes.map((mode) => ({
    mode,
    cells: rescorings.map((entry) => ({
      key: entry.id === null ? 'own' : String(entry.id),
      figures: entry.modes.find((figures) => figures.mode === mode) ?? null,
    })),
  }));
}
