import { invalid } from './flagValues.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const EXPECTED = 'a length like 24h, 7d or 2w, a day like 2026-11-01, or a time like 2026-11-01T02:00';

/**
 * A point in time as people write it: a length before now (`90m`, `24h`, `7d`, `2w`), a day, or a time; days and times without an offset are local.
 * @param end of the day that is named, rather than its beginning: `--until 2026-11-01` includes that day
 * @throws INPUT_INVALID
 */
export function pointInTime(field: string, text: string, nowMs: number, end: boolean): number {
  const length = /^(\d{1,6})([mhdw])$/.exec(text);
  if (length !== null) return Math.max(0, nowMs - Number(length[1]) * (UNIT_MS[length[2] ?? ''] ?? 0));
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day !== null) {
    const [year, month, date] = day.slice(1).map(Number) as [number, number, number];
    const begin = new Date(year, month - 1, date);
    // 2026-02-30 would silently become the 2nd of March.
    if (begin.getMonth() !== month - 1 || begin.getDate() !== date) throw invalid(field, EXPECTED, text);
    return end ? new Date(year, month - 1, date + 1).getTime() : begin.getTime();
  }
  const atMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw invalid(field, EXPECTED, text);
  return atMs;
}
