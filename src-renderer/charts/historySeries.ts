import type { ReadingSeries, RunHistory } from '#shared/contract/resources.ts';
import type { ReadingFigure } from '#shared/domain/readings.ts';

/** Figures that have a line, and what they are measured in. */
const LINE_FIGURES = {
  cpuPercent: 'percent',
  gpuUtilizationPercent: 'percent',
  memoryUsedBytes: 'bytes',
  gpuMemoryUsedBytes: 'bytes',
  ownRssBytes: 'bytes',
  serversRssBytes: 'bytes',
} as const satisfies Partial<Record<ReadingFigure, 'percent' | 'bytes'>>;
export type LineFigure = keyof typeof LINE_FIGURES;
export const SHOWN_FIGURES = Object.keys(LINE_FIGURES) as LineFigure[];

const COLORS: Readonly<Record<LineFigure, string>> = {
  cpuPercent: '--stream',
  gpuUtilizationPercent: '--orig',
  memoryUsedBytes: '--chunk',
  gpuMemoryUsedBytes: '--ok',
  ownRssBytes: '--dim',
  serversRssBytes: '--warn',
};

export interface HistoryLine {
  /** Stable over answers. */
  readonly key: string;
  readonly figure: LineFigure;
  /** Index of the card; empty for everything else. */
  readonly subject: string;
  readonly unit: 'percent' | 'bytes';
  /** Name of a colour of the panel. */
  readonly color: string;
  /** Cards after the first, and the memory of cards beside that of the machine. */
  readonly isDashed: boolean;
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export interface HistoryShape {
  /** Beginnings of the buckets with one bucket of nothing in every gap, so that no line crosses it. */
  readonly atMs: readonly number[];
  readonly lines: readonly HistoryLine[];
}

/** What is drawn of a history, in the order in which it is listed. */
export function historyShape({ atMs, bucketMs, series }: Pick<RunHistory, 'atMs' | 'bucketMs' | 'series'>): HistoryShape {
  const places: (number | null)[] = [];
  const at: number[] = [];
  for (const [place, ms] of atMs.entries()) {
    const before = atMs[place - 1];
    if (before !== undefined && ms - before > bucketMs) {
      at.push(before + bucketMs);
      places.push(null);
    }
    at.push(ms);
    places.push(place);
  }
  const spread = (values: ReadingSeries['mean']): (number | null)[] =>
    places.map((place) => (place === null ? null : (values[place] ?? null)));
  const lines = SHOWN_FIGURES.flatMap((figure) =>
    series
      .filter((entry) => entry.figure === figure)
      .toSorted((left, right) => Number(left.subject) - Number(right.subject))
      .map(({ subject, min, mean, max }, place): HistoryLine => ({
        key: `${figure} ${subject}`,
        figure,
        subject,
        unit: LINE_FIGURES[figure],
        color: COLORS[figure],
        isDashed: place > 0 || figure === 'gpuMemoryUsedBytes',
        min: spread(min),
        mean: spread(mean),
        max: spread(max),
      })),
  );
  return { atMs: at, lines };
}

/** Place of the bucket that holds a moment, or of the nearest one; null without buckets. */
export function placeAt(atMs: readonly number[], ms: number): number | null {
  if (atMs.length === 0) return null;
  let low = 0;
  let high = atMs.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((atMs[middle] ?? 0) <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Narrower than this there is nothing between the readings. */
const LEAST_STRETCH_MS = 2_000;

/** A part of the whole around a moment; null when it is the whole. @param factor of the length, below 1 to come closer */
export function zoomed(shown: Stretch, whole: Stretch, aroundMs: number, factor: number): Stretch | null {
  const length = Math.max(LEAST_STRETCH_MS, (shown.toMs - shown.fromMs) * factor);
  if (length >= whole.toMs - whole.fromMs) return null;
  const share = shown.toMs === shown.fromMs ? 0.5 : (aroundMs - shown.fromMs) / (shown.toMs - shown.fromMs);
  const fromMs = Math.min(whole.toMs - length, Math.max(whole.fromMs, aroundMs - share * length));
  return { fromMs: Math.round(fromMs), toMs: Math.round(fromMs + length) };
}

/** Mean and greatest of a line over everything that is shown; null when it was not measured there. */
export function lineExtent({ mean, max }: HistoryLine): { readonly mean: number; readonly max: number } | null {
  const known = mean.filter((value) => value !== null);
  if (known.length === 0) return null;
  return {
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    max: max.reduce<number>((most, value) => Math.max(most, value ?? -Infinity), -Infinity),
  };
}
