import { CartesianGrid, ErrorBar, Line, LineChart, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import type { Mode } from '#shared/domain/mode.ts';
import { useFormat } from '../app/language.ts';
import type { TrendRow } from './trendSeries.ts';

const HEIGHT_PX = 120;
const COLORS: Readonly<Record<Mode, string>> = { streaming: 'var(--stream)', chunked: 'var(--chunk)', original: 'var(--orig)' };

/** Error rates of runs over the same files, in the order of time, with their intervals. The table below has the names and the numbers. */
export default function TrendChart({ rows, modes }: { readonly rows: readonly TrendRow[]; readonly modes: readonly Mode[] }) {
  const format = useFormat();
  return (
    <ResponsiveContainer width="100%" height={HEIGHT_PX} initialDimension={{ width: 400, height: HEIGHT_PX }}>
      <LineChart data={[...rows]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="runId"
          tickFormatter={(runId: number) => `#${runId}`}
          tick={{ fill: 'var(--dim)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          height={18}
          padding={{ left: 16, right: 16 }}
        />
        <YAxis
          domain={['auto', 'auto']}
          tickCount={4}
          tickFormatter={(value: number) => format.percent(value / 100, value % 1 === 0 ? 0 : 1)}
          tick={{ fill: 'var(--dim)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          width={52}
        />
        {modes.map((mode) => (
          <Line
            key={mode}
            dataKey={(row: TrendRow) => row.wer[mode]}
            stroke={COLORS[mode]}
            strokeWidth={1.5}
            dot={{ r: 3, fill: COLORS[mode], strokeWidth: 0 }}
            isAnimationActive={false}
            connectNulls
          >
            <ErrorBar dataKey={(row: TrendRow) => row.spread[mode]} stroke={COLORS[mode]} strokeWidth={1} width={4} direction="y" />
          </Line>
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
}
