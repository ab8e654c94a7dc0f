/** What is kept of the machine with a run. null in a sample is never kept: a figure that was not there has no bucket. */
export const READING_FIGURES = [
  'cpuPercent',
  'memoryUsedBytes',
  'memoryTotalBytes',
  'ownRssBytes',
  'diskFreeBytes',
  'diskTotalBytes',
  /** All servers together. */
  'serversRssBytes',
  'serversCpuPercent',
  /** Of one server; the subject is its id. */
  'serverRssBytes',
  'serverCpuPercent',
  /** Of one graphics card; the subject is its index. */
  'gpuUtilizationPercent',
  'gpuMemoryUsedBytes',
  'gpuMemoryTotalBytes',
  'gpuTemperatureC',
  'gpuPowerW',
] as const;
export type ReadingFigure = (typeof READING_FIGURES)[number];

export interface ReadingTier {
  readonly bucketMs: number;
  /** Kept before the newest reading of the run. */
  readonly keptMs: number;
}

/** Finest first; each width divides the next. */
export const READING_TIERS = [
  { bucketMs: 1_000, keptMs: 15 * 60_000 },
  { bucketMs: 10_000, keptMs: 24 * 3_600_000 },
  { bucketMs: 60_000, keptMs: 90 * 86_400_000 },
] as const satisfies readonly ReadingTier[];

/** Most buckets of one answer. */
export const READING_POINTS_MAX = 2_000;

/** Widths of a bucket that people read easily, ms; those above a minute are whole minutes. */
const WIDTHS_MS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400].map((sec) => sec * 1_000);

/** Tiers that know everything from a moment on, finest first. A tier begins inside the first bucket of the next one unless it was trimmed. */
function wholeTiers(fromMs: number, firstMs: readonly (number | null)[]): readonly ReadingTier[] {
  let index: number = READING_TIERS.length - 1;
  for (; index > 0; index--) {
    const first = firstMs[index - 1] ?? null;
    const coarserMs = READING_TIERS[index]?.bucketMs ?? 1;
    if (first === null || Math.floor(first / coarserMs) * coarserMs > Math.max(fromMs, firstMs[index] ?? first)) break;
  }
  return READING_TIERS.slice(index);
}

/** The first moment of a run that is known, as exactly as it is kept; null without readings. */
export function firstReadingMs(firstMs: readonly (number | null)[]): number | null {
  const finest = wholeTiers(-Infinity, firstMs)[0];
  return firstMs[READING_TIERS.findIndex(({ bucketMs }) => bucketMs === finest?.bucketMs)] ?? null;
}

/**
 * Width of the buckets and the tier they are made of, for at most `points` buckets over a stretch.
 * @param firstMs where each tier begins, in the order of READING_TIERS; null: the tier has nothing
 */
export function fittingTier(
  stretch: { readonly fromMs: number; readonly toMs: number },
  points: number,
  firstMs: readonly (number | null)[],
): { readonly bucketMs: number; readonly tierMs: number } {
  const least = (stretch.toMs - stretch.fromMs) / points;
  // A tier that was trimmed in this stretch would show a hole where a coarser one still knows.
  const whole = wholeTiers(stretch.fromMs, firstMs);
  const finestMs = whole[0]?.bucketMs ?? READING_TIERS[0].bucketMs;
  const bucketMs = WIDTHS_MS.find((width) => width >= least && width >= finestMs) ?? Math.ceil(least / 86_400_000) * 86_400_000;
  const tierMs = whole.findLast((tier) => bucketMs % tier.bucketMs === 0)?.bucketMs ?? finestMs;
  return { bucketMs, tierMs };
}
