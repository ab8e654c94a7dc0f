/** A rate with its interval and the rates of the speakers behind it; all ratios. */
export interface IntervalLine {
  readonly werRatio: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  readonly dots: readonly number[];
}

/** An axis in percent; it begins where the figures begin, not at 0, because intervals and dots are places and not lengths. */
export interface PercentAxis {
  readonly ticks: readonly number[];
  /** Place of a ratio on the axis, 0 (left) to 100 (right), clamped. */
  place(ratio: number): number;
}

const STEPS = [1, 2, 2.5, 5, 10];
/** Parts between ticks; more have no room for their labels in half a window of 1,024 px. */
const PARTS = 4;
/** Narrowest axis, percentage points: closer figures would make noise look like a difference. */
const LEAST_SPAN = 0.5;

/** Round ticks in percent that enclose `low`..`high`, ratios; about `PARTS` steps apart. */
export function percentAxis(low: number, high: number): PercentAxis {
  const middle = ((low + high) / 2) * 100;
  const half = Math.max((high - low) * 50, LEAST_SPAN / 2);
  const from = Math.max(0, middle - half);
  const rough = (middle + half - from) / PARTS;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((candidate) => candidate * magnitude >= rough - 1e-9) ?? 10) * magnitude;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil((middle + half) / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(6)));
  const [start = 0] = ticks;
  const span = (ticks.at(-1) ?? 1) - start;
  return { ticks, place: (ratio) => Math.min(100, Math.max(0, ((ratio * 100 - start) / span) * 100)) };
}

/** The axis all lines fit on; null where no line has a figure. */
export function intervalAxis(lines: readonly IntervalLine[]): PercentAxis | null {
  const values = lines.flatMap(({ werRatio, interval, dots }) => [...(werRatio === null ? [] : [werRatio]), ...(interval ?? []), ...dots]);
  return values.length === 0 ? null : percentAxis(least(values), greatest(values));
}

/** Digits after the point that tell the ticks of an axis apart. */
export function tickDigits(ticks: readonly number[]): number {
  if (ticks.every((tick) => Number.isInteger(tick))) return 0;
  return ticks.every((tick) => Number.isInteger(Math.round(tick * 1e6) / 1e5)) ? 1 : 2;
}

// Spreading thousands of speakers into Math.min would overflow the stack of arguments.
function least(values: readonly number[]): number {
  return values.reduce((found, value) => Math.min(found, value), Infinity);
}

function greatest(values: readonly number[]): number {
  return values.reduce((found, value) => Math.max(found, value), -Infinity);
}
