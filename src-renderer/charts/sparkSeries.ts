/** A point of a gauge: null is a reading that is not available and stays a gap. */
export interface SparkPoint {
  readonly atMs: number;
  readonly value: number | null;
}

export interface SparkFrame {
  readonly width: number;
  readonly height: number;
  /** Time shown, ms; older points are left out. */
  readonly windowMs: number;
  /** Value at the top. */
  readonly max: number;
}

export interface SparkShape {
  readonly line: string;
  /** The line closed to the bottom, for filling. */
  readonly area: string;
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Height of a value in the frame, clamped to it. */
export function sparkY(value: number, frame: SparkFrame): number {
  const share = frame.max > 0 ? Math.min(1, Math.max(0, value / frame.max)) : 0;
  return round(1 + (frame.height - 2) * (1 - share));
}

/**
 * SVG paths of the last `windowMs` of a gauge, the newest reading at the right edge.
 * A reading more than `gapMs` after the one before starts a new piece, as does a missing one.
 */
export function sparkShape(points: readonly SparkPoint[], frame: SparkFrame, gapMs = 5_000): SparkShape {
  const endMs = points.at(-1)?.atMs;
  if (endMs === undefined) return { line: '', area: '' };
  const pieces: { x: number; y: number }[][] = [];
  let lastAtMs: number | null = null;
  for (const { atMs, value } of points) {
    if (endMs - atMs > frame.windowMs) continue;
    if (value === null) {
      lastAtMs = null;
      continue;
    }
    if (lastAtMs === null || atMs - lastAtMs > gapMs) pieces.push([]);
    lastAtMs = atMs;
    pieces.at(-1)?.push({ x: round(frame.width * (1 - (endMs - atMs) / frame.windowMs)), y: sparkY(value, frame) });
  }
  const line = pieces.map((piece) => `M${piece.map(({ x, y }) => `${x} ${y}`).join(' L')}`).join(' ');
  const area = pieces
    .filter((piece) => piece.length > 1)
    .map(
      (piece) =>
        `M${piece.map(({ x, y }) => `${x} ${y}`).join(' L')} L${piece.at(-1)?.x} ${frame.height} L${piece[0]?.x} ${frame.height} Z`,
    )
    .join(' ');
  return { line, area };
}

/** Steps instead of slopes, for whole numbers such as workers. */
export function asSteps(points: readonly SparkPoint[]): SparkPoint[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before === undefined || before.value === point.value ? [point] : [{ atMs: point.atMs, value: before.value }, point];
  });
}
