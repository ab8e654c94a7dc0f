import { useEffect, useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { HistoryShape, Stretch } from './historySeries.ts';

const HEIGHT_PX = 220;
const TIME_AXIS_PX = 26;
const GRID_WIDTH = 1;
/** Steps of the axis of memory: halves and whole multiples that memory is sold in. */
const BYTE_STEPS = Array.from({ length: 40 }, (_, power) => 2 ** (power + 10));
const FONT = '11px Inter, system-ui, sans-serif';
/** Failed files are bars below, at most so high, and so much for each file. */
const FAILURE_MAX_PX = 26;
const FAILURE_PX = 4;
/** At least so far apart are numbers on the axis of time, pixels. */
const TIME_SPACE_PX = 80;

export interface HistoryMark {
  readonly atMs: number;
  readonly tone: 'info' | 'warn' | 'error';
}

interface Props {
  readonly shape: HistoryShape;
  /** Keys of lines that are not drawn. */
  readonly hidden: ReadonlySet<string>;
  readonly marks: readonly HistoryMark[];
  readonly failures: readonly { readonly atMs: number; readonly count: number }[];
  readonly shown: Stretch;
  /** Place of the cursor in `shape.atMs`. */
  readonly cursor: number | null;
  /** Changes with the colours of the panel. */
  readonly theme: string;
  readonly onCursor: (place: number | null) => void;
  readonly onZoom: (stretch: Stretch) => void;
  readonly timeText: (atMs: number) => string;
  readonly percentText: (value: number) => string;
  readonly bytesText: (value: number) => string;
}

const MARK_COLORS = { info: '--faint', warn: '--warn', error: '--bad' } as const;

/** Lines of the machine over time with marks of what happened. Drawn only; numbers, names and keys are around it. */
export default function HistoryChart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(props);
  // Set while the chart follows the panel, so that it does not tell it back.
  const isFollowing = useRef(false);
  useLayoutEffect(() => {
    latest.current = props;
  });
  const { shape, hidden, marks, failures, cursor, theme } = props;
  const { fromMs, toMs } = props.shown;
  const lineKeys = shape.lines.map(({ key }) => key).join('\n');

  useEffect(() => {
    const root = place.current;
    if (root === null) return undefined;
    const color = (name: string): string => {
      const span = probe.current;
      if (span === null) return '#888';
      // A canvas knows no variables: the browser says what one stands for now.
      span.style.color = `var(${name})`;
      return getComputedStyle(span).color;
    };
    const { lines } = latest.current.shape;
    const grid = { stroke: () => color('--line-soft'), width: GRID_WIDTH };
    const axis = { stroke: () => color('--faint'), grid, ticks: { show: false }, font: FONT };
    const created = new uPlot(
      {
        width: root.clientWidth,
        height: HEIGHT_PX,
        ms: 1,
        legend: { show: false },
        padding: [8, 4, 0, 4],
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
        scales: {
          x: { time: true },
          percent: { range: [0, 100] },
          bytes: { range: (_self, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
        },
        axes: [
          { ...axis, size: TIME_AXIS_PX, space: TIME_SPACE_PX, values: (_self, splits) => splits.map((at) => latest.current.timeText(at)) },
          { ...axis, scale: 'percent', size: 52, values: (_self, splits) => splits.map((value) => latest.current.percentText(value)) },
          {
            ...axis,
            ...{ scale: 'bytes', side: 1, size: 64, incrs: BYTE_STEPS, grid: { show: false } },
            values: (_self, splits) => splits.map((value) => latest.current.bytesText(value)),
          },
        ],
        series: [
          {},
          ...lines.map(({ key, unit, color: name, isDashed }): uPlot.Series => ({
            scale: unit,
            stroke: () => color(name),
            width: 1.5,
            show: !latest.current.hidden.has(key),
            points: { show: false },
            ...(isDashed && { dash: [5, 4] }),
          })),
        ],
        hooks: {
          drawClear: [(self) => drawMarks(self, latest.current, color)],
          setCursor: [
            (self) => {
              if (!isFollowing.current) latest.current.onCursor(self.cursor.idx ?? null);
            },
          ],
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width < 4) return;
              latest.current.onZoom({
                fromMs: Math.round(self.posToVal(left, 'x')),
                toMs: Math.round(self.posToVal(left + width, 'x')),
              });
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      dataOf(latest.current.shape),
      root,
    );
    chart.current = created;
    const sized = new ResizeObserver(() => created.setSize({ width: root.clientWidth, height: HEIGHT_PX }));
    sized.observe(root);
    return () => {
      sized.disconnect();
      created.destroy();
      chart.current = null;
    };
  }, [lineKeys]);

  useEffect(() => {
    const self = chart.current;
    if (self === null) return;
    isFollowing.current = true;
    self.batch(() => {
      self.setData(dataOf(shape), false);
      for (const [index, { key }] of shape.lines.entries()) self.setSeries(index + 1, { show: !hidden.has(key) });
      self.setScale('x', { min: fromMs, max: Math.max(toMs, fromMs + 1_000) });
    });
    isFollowing.current = false;
  }, [shape, hidden, fromMs, toMs]);

  useEffect(() => chart.current?.redraw(false, true), [marks, failures, theme]);

  useEffect(() => {
    const self = chart.current;
    if (self === null) return;
    const at = cursor === null ? undefined : shape.atMs[cursor];
    if ((self.cursor.idx ?? null) === cursor) return;
    isFollowing.current = true;
    self.setCursor(at === undefined ? { left: -10, top: -10 } : { left: self.valToPos(at, 'x'), top: 10 });
    isFollowing.current = false;
  }, [cursor, shape]);

  return (
    <>
      <div ref={place} className="historyChart" aria-hidden="true" />
      <span ref={probe} hidden />
    </>
  );
}

function dataOf({ atMs, lines }: HistoryShape): uPlot.AlignedData {
  return [[...atMs], ...lines.map(({ mean }) => [...mean])];
}

function drawMarks(self: uPlot, { marks, failures }: Props, color: (name: string) => string): void {
  const { ctx, bbox } = self;
  const ratio = devicePixelRatio;
  const isInside = (x: number): boolean => x >= bbox.left && x <= bbox.left + bbox.width;
  ctx.save();
  ctx.fillStyle = color('--bad');
  ctx.globalAlpha = 0.45;
  for (const { atMs, count } of failures) {
    const x = self.valToPos(atMs, 'x', true);
    const height = Math.min(FAILURE_MAX_PX, count * FAILURE_PX) * ratio;
    if (isInside(x)) ctx.fillRect(x - ratio, bbox.top + bbox.height - height, 2 * ratio, height);
  }
  ctx.globalAlpha = 1;
  for (const { atMs, tone } of marks) {
    const x = Math.round(self.valToPos(atMs, 'x', true));
    if (!isInside(x)) continue;
    ctx.strokeStyle = ctx.fillStyle = color(MARK_COLORS[tone]);
    ctx.lineWidth = ratio;
    ctx.setLineDash(tone === 'info' ? [2 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x + 0.5, bbox.top);
    ctx.lineTo(x + 0.5, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top);
    ctx.lineTo(x + 4 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 6 * ratio);
    ctx.fill();
  }
  ctx.restore();
}
