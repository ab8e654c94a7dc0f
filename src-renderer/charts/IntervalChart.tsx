import { useFormat } from '../app/language.ts';
import { intervalAxis, tickDigits, type IntervalLine } from './intervalSeries.ts';

const ROW_PX = 40;
const TOP_PX = 16;
const AXIS_PX = 18;
const BAR_PX = 8;

interface Props {
  /** A line is drawn in the text colour of its class. */
  readonly lines: readonly (IntervalLine & { readonly key: string; readonly className: string })[];
}

/** Intervals as bars with the rate above, speakers as dots; drawn in parts of the width, so that texts keep their size. */
export function IntervalChart({ lines }: Props) {
  const format = useFormat();
  const axis = intervalAxis(lines);
  if (axis === null) return null;
  const digits = tickDigits(axis.ticks);
  const bottom = lines.length * ROW_PX + 4;
  return (
    <svg className="intervalChart" height={bottom + AXIS_PX} aria-hidden="true">
      {axis.ticks.map((tick) => {
        const x = `${axis.place(tick / 100)}%`;
        return (
          <g key={tick}>
            <line x1={x} x2={x} y1={0} y2={bottom} stroke="var(--line)" />
            <text x={x} y={bottom + AXIS_PX - 4} textAnchor="middle">
              {format.percent(tick / 100, digits)}
            </text>
          </g>
        );
      })}
      {lines.map(({ key, className, werRatio, interval, dots }, row) => {
        const y = row * ROW_PX + TOP_PX + BAR_PX;
        return (
          <g key={key} className={className}>
            {[...countedDots(dots)].map(([ratio, count]) => (
              <circle
                key={ratio}
                cx={`${axis.place(ratio)}%`}
                cy={y}
                r={3}
                fill="currentColor"
                fillOpacity={Math.min(0.9, 0.3 + 0.1 * count)}
              />
            ))}
            {interval !== null && (
              <rect
                x={`${axis.place(interval[0])}%`}
                y={y - BAR_PX / 2}
                width={`${Math.max(0.4, axis.place(interval[1]) - axis.place(interval[0]))}%`}
                height={BAR_PX}
                rx={BAR_PX / 2}
                fill="currentColor"
              />
            )}
            {werRatio !== null && (
              <>
                <line
                  className="intervalRate"
                  x1={`${axis.place(werRatio)}%`}
                  x2={`${axis.place(werRatio)}%`}
                  y1={y - BAR_PX / 2 - 3}
                  y2={y + BAR_PX / 2 + 3}
                />
                <text className="intervalValue" x={`${axis.place(werRatio)}%`} y={y - BAR_PX / 2 - 6} textAnchor="middle">
                  {format.points(werRatio)}
                </text>
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Speakers of the same rate are one dot, the darker the more they are. */
function countedDots(dots: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const ratio of dots) counts.set(ratio, (counts.get(ratio) ?? 0) + 1);
  return counts;
}
