import type { RouteOutput } from '#shared/contract/routes.ts';
import { inModeOrder, type Mode } from '#shared/domain/mode.ts';

export type TrendPoint = RouteOutput<'compare.trend'>['points'][number];

/** One run on the axis of time; rates in percent, by mode. */
export interface TrendRow {
  readonly runId: number;
  readonly atMs: number | null;
  readonly wer: Readonly<Partial<Record<Mode, number>>>;
  /** Distance of the ends of the 95 % interval from the rate: down, up. */
  readonly spread: Readonly<Partial<Record<Mode, readonly [down: number, up: number]>>>;
}

/** Runs in the order of time, each a place of equal width: nights and weeks between them would squeeze what is close together. */
export function trendLines(points: readonly TrendPoint[]): { readonly modes: Mode[]; readonly rows: TrendRow[] } {
  const modes = inModeOrder(points.flatMap((point) => point.modes.map(({ mode }) => mode)));
  const rows = points.map((point): TrendRow => {
    const wer: Partial<Record<Mode, number>> = {};
    const spread: Partial<Record<Mode, readonly [number, number]>> = {};
    for (const { mode, werRatio, werInterval } of point.modes) {
      if (werRatio === null) continue;
      wer[mode] = werRatio * 100;
      // The interval is of draws, and may lie beside the rate by a hair.
      if (werInterval !== null) spread[mode] = [Math.max(0, werRatio - werInterval[0]) * 100, Math.max(0, werInterval[1] - werRatio) * 100];
    }
    return { runId: point.runId, atMs: point.startedAtMs, wer, spread };
  });
  return { modes, rows };
}
