/** Readings further apart than this are all that is kept: thirty minutes of them. */
const STEP_MS = 30_000;
const WINDOW_MS = 30 * 60_000;
/** Less is no trend. */
const LEAST_WINDOW_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

interface Point {
  readonly atMs: number;
  readonly freeBytes: number;
}

/**
 * How fast a disk fills: the median slope between all pairs of readings (Theil–Sen), so that single readings do not matter, and of the two halves of
 * the last half hour the slower one, so that a large file copied once is not a trend.
 */
export class DiskTrend {
  #points: Point[] = [];

  take(freeBytes: number, monotonicMs: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && monotonicMs - last.atMs < STEP_MS) return;
    this.#points.push({ atMs: monotonicMs, freeBytes });
    this.#points = this.#points.filter(({ atMs }) => monotonicMs - atMs <= WINDOW_MS);
  }

  /** Hours until nothing is free; Infinity when it does not fill, null while too little is known. */
  hoursLeft(): number | null {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_WINDOW_MS) return null;
    const middle = Math.floor(this.#points.length / 2);
    const filling = Math.min(bytesPerMs(this.#points.slice(0, middle + 1)), bytesPerMs(this.#points.slice(middle)));
    return filling <= 0 ? Infinity : last.freeBytes / filling / HOUR_MS;
  }
}

/** By which free space shrinks. */
function bytesPerMs(points: readonly Point[]): number {
  const slopes = points.flatMap((left, index) =>
    points.slice(index + 1).map((right) => (left.freeBytes - right.freeBytes) / (right.atMs - left.atMs)),
  );
  slopes.sort((left, right) => left - right);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
