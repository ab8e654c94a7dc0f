import type { Distribution } from '#shared/contract/reports.ts';

/** Percentiles by linear interpolation between neighbours (Hyndman and Fan, type 7); null without values. */
export function distributionOf(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const below = sorted[Math.floor(position)] ?? 0;
    const above = sorted[Math.ceil(position)] ?? below;
    return below + (above - below) * (position - Math.floor(position));
  };
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    min: at(0),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

const HISTOGRAM_STEPS = 24;

/** Counts in equal steps from 0 to a round number not below `end`; the last step also holds what is above. Empty without values. */
export function histogramOf(values: readonly number[], end: number): { readonly counts: number[]; readonly max: number } {
  if (values.length === 0 || end <= 0) return { counts: [], max: 0 };
  const max = roundUp(end);
  const counts = Array.from({ length: HISTOGRAM_STEPS }, () => 0);
  for (const value of values) {
    const step = Math.min(HISTOGRAM_STEPS - 1, Math.max(0, Math.floor((value / max) * HISTOGRAM_STEPS)));
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return { counts, max };
}

/** The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value * (1 - 1e-9));
  // Products like 3 × 0.1 carry noise that would show in labels.
  return Number(((step ?? 10) * power).toPrecision(6));
}
