import { Bar, BarChart, CartesianGrid, LabelList, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../app/language.ts';
import { percentTicks, werBarRows, type WerBar } from './werSeries.ts';

/** Error rates of the modes as stacked bars of replaced, missing and extra words, in the colours of the marked texts. */
export default function WerChart({ bars }: { readonly bars: readonly WerBar[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ticks = percentTicks(Math.max(...bars.map((bar) => bar.werRatio)));
  const rows = werBarRows(bars).map((row) => ({ ...row, name: t(`mode.${row.mode}`), label: format.percent(row.werRatio) }));
  return (
    <ResponsiveContainer width="100%" height={rows.length * 30 + 26} initialDimension={{ width: 400, height: 116 }}>
      <BarChart data={rows} layout="vertical" margin={{ top: 2, right: 62, bottom: 0, left: 0 }} barSize={9} accessibilityLayer={false}>
        <CartesianGrid horizontal={false} stroke="var(--line)" />
        <XAxis
          type="number"
          domain={[0, ticks.at(-1) ?? 1]}
          ticks={ticks}
          tickFormatter={(value: number) => format.percent(value / 100, value % 1 === 0 ? 0 : 1)}
          tick={{ fill: 'var(--dim)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          height={20}
        />
        <YAxis type="category" dataKey="name" width={78} tick={{ fill: 'var(--dim)', fontSize: 12 }} axisLine={false} tickLine={false} />
        <Bar dataKey="substitutions" stackId="errors" fill="var(--warn)" isAnimationActive={false} />
        <Bar dataKey="deletions" stackId="errors" fill="var(--bad)" isAnimationActive={false} />
        <Bar dataKey="insertions" stackId="errors" fill="var(--ok)" isAnimationActive={false}>
          <LabelList dataKey="label" position="right" fill="var(--text)" fontSize={11} />
        </Bar>
      </BarChart>
    </ResponsiveContainer>
  );
}
