import type { ReportModel, ReportMode } from '#shared/contract/reports.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { roundUp } from '../distribution.ts';
import { type Markup, markup } from './markup.ts';

/** Pictures for a page, as SVG that takes its colours from the page's own variables. Every figure in them is also in a table. */

const WIDTH = 640;
const LABEL_WIDTH = 92;
const RIGHT = 16;

/** Coordinates to a tenth: more digits only make the file longer. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Steps of a scale from 0 to a round number that covers `max`, at most five. */
export function ticksTo(max: number): number[] {
  const top = roundUp(max);
  const step = [0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10]
    .flatMap((unit) => {
      const power = 10 ** Math.floor(Math.log10(top));
      return [unit * power * 0.1, unit * power];
    })
    .toSorted((left, right) => left - right)
    .find((candidate) => top / candidate <= 5.000_001 && Math.abs(top / candidate - Math.round(top / candidate)) < 1e-6);
  const used = step ?? top / 4;
  return Array.from({ length: Math.round(top / used) + 1 }, (_, index) => Number((index * used).toPrecision(6)));
}

export interface RateRow {
  readonly mode: Mode;
  readonly name: string;
  readonly ratio: number;
  readonly interval: readonly [number, number] | null;
  readonly dots: readonly number[];
}

/** One line a mode: interval, rate and dots of speakers. Dots beyond the scale sit on its end. */
export function rateChart(rows: readonly RateRow[], title: string, percentSign: string): Markup {
  const rowHeight = 40;
  const height = rows.length * rowHeight + 34;
  // The scale follows what is compared; a single terrible speaker would squeeze it to nothing.
  const most = Math.max(0.001, ...rows.map(({ ratio, interval }) => Math.max(ratio, interval?.[1] ?? 0)));
  const farDots = rows.flatMap(({ dots }) => dots).filter((dot) => dot <= most * 2.5);
  const ticks = ticksTo(Math.max(most * 1.08, ...farDots));
  const top = ticks.at(-1) ?? 1;
  const x = (ratio: number): number => LABEL_WIDTH + (Math.min(ratio, top) / top) * (WIDTH - LABEL_WIDTH - RIGHT - 30);
  const bottom = rows.length * rowHeight + 8;
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
${ticks.map((tick) => markup`<path class="grid" d="M${at(x(tick))} 6V${bottom}"/><text class="tick" x="${at(x(tick))}" y="${height - 8}" text-anchor="middle">${Number((tick * 100).toPrecision(3))}${percentSign}</text>`)}
${rows.map(({ mode, name, ratio, interval, dots }, index) => {
  const y = index * rowHeight + 28;
  return markup`<text class="label" x="0" y="${y + 4}">${name}</text>
<g class="m-${mode}">${dots.map((dot) => markup`<circle class="dot" cx="${at(x(dot))}" cy="${y}" r="3.2"/>`)}
${interval === null ? null : markup`<rect class="range" x="${at(x(interval[0]))}" y="${y - 4}" width="${at(Math.max(2, x(interval[1]) - x(interval[0])))}" height="8" rx="4"/>`}
<rect class="mark" x="${at(x(ratio) - 1.5)}" y="${y - 9}" width="3" height="18" rx="1"/></g>
<text class="value" x="${at(Math.max(x(ratio), x(interval?.[1] ?? 0)) + 8)}" y="${y - 7}">${(ratio * 100).toFixed(2)}</text>`;
})}</svg>`;
}

/** Steps of one mode's real-time factors. */
export function histogramChart(
  { mode, rtfHistogram, rtfHistogramMax }: ReportMode,
  words: { readonly title: string; readonly name: string; readonly most: (count: string) => string },
): Markup | null {
  if (rtfHistogram.length === 0) return null;
  const height = 120;
  const floor = height - 22;
  const most = Math.max(1, ...rtfHistogram);
  const width = 300;
  const step = (width - 20) / rtfHistogram.length;
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.title}: ${words.name}">
<path class="grid" d="M10 ${floor}H${width - 10}"/>
<g class="m-${mode}">${rtfHistogram.map((count, index) => {
    const tall = (count / most) * (floor - 22);
    return count === 0
      ? null
      : markup`<rect class="bar" x="${at(10 + index * step + 0.5)}" y="${at(floor - tall)}" width="${at(step - 1)}" height="${at(tall)}"/>`;
  })}</g>
<text class="label" x="10" y="12">${words.name}</text><text class="tick" x="${width - 10}" y="12" text-anchor="end">${words.most(String(most))}</text>
<text class="tick" x="10" y="${height - 6}">0</text><text class="tick" x="${width / 2}" y="${height - 6}" text-anchor="middle">${Number((rtfHistogramMax / 2).toPrecision(3))}</text><text class="tick" x="${width - 10}" y="${height - 6}" text-anchor="end">${rtfHistogramMax}</text></svg>`;
}

/** Bars with their labels and counts, the longest first as given. */
export function barChart(rows: readonly { readonly label: string; readonly value: number }[], title: string): Markup | null {
  if (rows.length === 0) return null;
  const rowHeight = 24;
  const labelWidth = 210;
  const most = Math.max(...rows.map(({ value }) => value));
  return markup`<svg viewBox="0 0 ${WIDTH} ${rows.length * rowHeight + 4}" role="img" aria-label="${title}">
${rows.map(({ label, value }, index) => {
  const y = index * rowHeight + 4;
  const wide = Math.max(2, (value / most) * (WIDTH - labelWidth - 60));
  return markup`<text class="label mono" x="0" y="${y + 14}">${label}</text><rect class="bad" x="${labelWidth}" y="${y + 3}" width="${at(wide)}" height="14" rx="2"/><text class="value" x="${at(labelWidth + wide + 8)}" y="${y + 14}">${value}</text>`;
})}</svg>`;
}

type SeriesKey = 'cpuPercent' | 'ownMemoryMb' | 'gpuPercent';

/** One reading over time; where nothing was measured there is a gap. @param words `hours` follows a time beyond an hour @param top of the scale; null: from the values */
export function timeChart(
  series: ReportModel['resources']['series'],
  key: SeriesKey,
  words: { readonly title: string; readonly hours: string },
  top: number | null,
): Markup | null {
  const known = series.flatMap((point) => point[key] ?? []);
  if (known.length === 0) return null;
  const height = 130;
  const left = 44;
  const floor = height - 24;
  const ticks = top === null ? ticksTo(Math.max(1, ...known)) : [0, top / 2, top];
  const max = ticks.at(-1) ?? 1;
  const endSec = Math.max(1, series.at(-1)?.atSec ?? 1);
  const x = (sec: number): number => left + (sec / endSec) * (WIDTH - left - RIGHT);
  const y = (value: number): number => floor - (Math.min(value, max) / max) * (floor - 22);
  let path = '';
  let isOpen = false;
  for (const point of series) {
    const value = point[key];
    if (value === null) isOpen = false;
    else {
      path += `${isOpen ? 'L' : 'M'}${at(x(point.atSec))} ${at(y(value))}`;
      // A single point between two gaps is still to be seen.
      if (!isOpen) path += 'h.1';
      isOpen = true;
    }
  }
  const timeTicks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * endSec);
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${words.title}"><text class="label" x="0" y="11">${words.title}</text>
${ticks.map((tick) => markup`<path class="grid" d="M${left} ${at(y(tick))}H${WIDTH - RIGHT}"/><text class="tick" x="${left - 6}" y="${at(y(tick) + 4)}" text-anchor="end">${tick}</text>`)}
${timeTicks.map((sec, index) => markup`<text class="tick" x="${at(x(sec))}" y="${height - 6}" text-anchor="${index === 0 ? 'start' : index === 4 ? 'end' : 'middle'}">${clock(sec, endSec, words.hours)}</text>`)}
<path class="line" d="${path}"/></svg>`;
}

function clock(sec: number, endSec: number, hours: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const whole = Math.round(sec);
  if (endSec < 3_600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 3_600)}:${two(Math.floor(whole / 60) % 60)}${hours}`;
}
