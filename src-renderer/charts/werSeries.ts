import { inModeOrder, type Mode } from '#shared/domain/mode.ts';
import type { ModeProgress } from '#shared/contract/runs.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import type { WordCounts } from '#shared/domain/scores.ts';

/** One bar: the error rate of a mode, split by kind of error; shares are ratios of the reference words and add up to `werRatio`. */
export interface WerBar {
  readonly mode: Mode;
  readonly werRatio: number;
  readonly substitutionShare: number;
  readonly deletionShare: number;
  readonly insertionShare: number;
  readonly counts: WordCounts;
}

export function werBars(modes: readonly ModeProgress[]): WerBar[] {
  return modes.flatMap(({ mode, counts, werRatio }) => {
    if (counts === null || werRatio === null || counts.referenceWords === 0) return [];
    const share = (value: number): number => value / counts.referenceWords;
    return {
      mode,
      werRatio,
      substitutionShare: share(counts.substitutions),
      deletionShare: share(counts.deletions),
      insertionShare: share(counts.insertions),
      counts,
    };
  });
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round ticks in percent from 0 to at or above the largest ratio, three or four of them: more have no room below the bars. */
export function percentTicks(largestRatio: number): number[] {
  const largest = Math.max(largestRatio * 100, 0.4);
  const rough = largest / 3;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((candidate) => candidate * magnitude >= rough - 1e-9) ?? 10) * magnitude;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

export interface Headline {
  readonly best: readonly Mode[];
  readonly worst: Mode | null;
  readonly bestRatio: number;
}

/** Which mode made the fewest errors; null when nothing was scored. */
export function headline(bars: readonly WerBar[]): Headline | null {
  const sorted = bars.toSorted((left, right) => left.werRatio - right.werRatio);
  const best = sorted[0];
  const worst = sorted.at(-1);
  if (best === undefined || worst === undefined) return null;
  return {
    best: inModeOrder(bars.filter((bar) => bar.werRatio === best.werRatio).map((bar) => bar.mode)),
    worst: worst.werRatio === best.werRatio ? null : worst.mode,
    bestRatio: best.werRatio,
  };
}

export interface FolderLine {
  readonly folder: string;
  readonly files: number;
  readonly werByMode: Readonly<Partial<Record<Mode, number | null>>>;
}

/** One line per folder with a column per mode, in the order of the names. */
export function folderLines(folders: RouteOutput<'results.folders'>['folders'], modes: readonly Mode[]): FolderLine[] {
  const byName = new Map<string, { files: number; werByMode: Partial<Record<Mode, number | null>> }>();
  for (const { folder, mode, files, werRatio } of folders) {
    const known = modes.find((name) => name === mode);
    if (known === undefined) continue;
    const line = byName.get(folder) ?? { files: 0, werByMode: {} };
    line.files = Math.max(line.files, files);
    line.werByMode[known] = werRatio;
    byName.set(folder, line);
  }
  return [...byName]
    .map(([folder, line]) => ({ folder, ...line }))
    .toSorted((left, right) => left.folder.localeCompare(right.folder, 'en', { numeric: true }));
}

/** Bars in percent, as the chart draws them. */
export function werBarRows(
  bars: readonly WerBar[],
): { mode: Mode; werRatio: number; substitutions: number; deletions: number; insertions: number }[] {
  return bars.map((bar) => ({
    mode: bar.mode,
    werRatio: bar.werRatio,
    substitutions: bar.substitutionShare * 100,
    deletions: bar.deletionShare * 100,
    insertions: bar.insertionShare * 100,
  }));
}
