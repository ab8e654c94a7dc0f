import { sparkShape, sparkY, type SparkPoint } from './sparkSeries.ts';

/** Two minutes fill the width. */
const FRAME = { width: 120, height: 34, windowMs: 120_000 };

interface Props {
  readonly points: readonly SparkPoint[];
  readonly max: number;
  readonly color: string;
  readonly isFilled?: boolean;
  /** A dashed line, in the unit of the values. */
  readonly limit?: number;
}

/** The course of a gauge; its size never changes, whatever is drawn. The number beside it is the accessible value. */
export function Sparkline({ points, max, color, isFilled = false, limit }: Props) {
  const frame = { ...FRAME, max };
  const { line, area } = sparkShape(points, frame);
  return (
    <svg className="spark" viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} preserveAspectRatio="none" aria-hidden="true">
      {isFilled && <path d={area} fill={color} fillOpacity={0.14} />}
      <path d={line} stroke={color} fill="none" strokeWidth={1.4} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
      {limit !== undefined && (
        <path
          d={`M0 ${sparkY(limit, frame)} H${FRAME.width}`}
          stroke="var(--bad)"
          strokeOpacity={0.55}
          strokeDasharray="3 3"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
