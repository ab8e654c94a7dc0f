import { Bar, BarChart, CartesianGrid, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import { useFormat } from '../app/language.ts';
import { percentTicks, werBarRows, type WerBar } from './werSeries.ts';

/** A bar is as high as a row of the table beside it, which has the names and the numbers. */
const ROW_PX = 32;
const AXIS_PX = 20;

/** Error rates of the modes as stacked bars of replaced, missing and extra words, in the colours of the marked texts. */
export default function WerChart({ bars }: { readonly bars: readonly WerBar[] }) {
  const format = useFormat();
  const ticks = percentTicks(Math.max(...bars.map((bar) => bar.werRatio)));
  const rows = werBarRows(bars);
  return (
    <ResponsiveContainer
      width="100%"
      height={rows.length * ROW_PX + AXIS_PX}
      initialDimension={{ width: 240, height: rows.length * ROW_PX + AXIS_PX }}
    >
      <BarChart data={rows} layout="vertical" margin={{ top: 0, right: 18, bottom: 0, left: 12 }} barSize={9} accessibilityLayer={false}>
        <CartesianGrid horizontal={false} stroke="var(--line)" />
        <XAxis
          type="number"
          domain={[0, ticks.at(-1) ?? 1]}
          ticks={ticks}
          interval={0}
          tickFormatter={(value: number) => format.percent(value / 100, value % 1 === 0 ? 0 : 1)}
          tick={{ fill: 'var(--dim)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          height={AXIS_PX}
        />
        <YAxis type="category" dataKey="mode" hide />
        <Bar dataKey="substitutions" stackId="errors" fill="var(--warn)" isAnimationActive={false} />
        <Bar dataKey="deletions" stackId="errors" fill="var(--bad)" isAnimationActive={false} />
        <Bar dataKey="insertions" stackId="errors" fill="var(--ok)" isAnimationActive={false} />
      </BarChart>
    </ResponsiveContainer>
  );
}
