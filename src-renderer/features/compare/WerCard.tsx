import { useState } from 'react';
import { Tabs } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { IntervalChart } from '../../charts/IntervalChart.tsx';
import { FiguresTable, TestsTable } from './FiguresTable.tsx';
import { SystemDot } from './SystemDot.tsx';
import type { ShownSystem } from './systemNames.ts';
import { Trend } from './Trend.tsx';

const VIEWS = ['chart', 'figures', 'tests', 'trend'] as const;

interface Props {
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
}

/** Error rates with their intervals, the figures behind them, the tests, and earlier runs over the same files. */
export function WerCard({ comparison, systems }: Props) {
  const { t } = useTranslation();
  const [view, setView] = useState<string>('chart');
  return (
    <Tabs.Root className="card compareWer" value={view} onValueChange={setView}>
      <div className="compareCardHead">
        <h2>{t('comparison.werTitle')}</h2>
        <Tabs.List className="compareTabs" aria-label={t('comparison.view')}>
          {VIEWS.map((name) => (
            <Tabs.Trigger key={name} value={name} className="compareTab">
              {t(`comparison.${name}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </div>
      <Tabs.Content value="chart">
        <Chart comparison={comparison} systems={systems} />
      </Tabs.Content>
      <Tabs.Content value="figures" className="compareScrollX">
        <FiguresTable comparison={comparison} systems={systems} />
      </Tabs.Content>
      <Tabs.Content value="tests" className="compareScrollX">
        <TestsTable comparison={comparison} systems={systems} />
      </Tabs.Content>
      <Tabs.Content value="trend">
        <Trend comparison={comparison} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

function Chart({ comparison, systems }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const lines = comparison.systems.map(({ runId, mode, werRatio, werInterval, speakerWerRatios }, place) => ({
    key: `${runId} ${mode}`,
    className: `systemColor ${mode} shade${Math.min(systems[place]?.shade ?? 0, 3)}`,
    werRatio,
    interval: werInterval,
    dots: speakerWerRatios.filter((ratio) => ratio !== null),
  }));
  const hasInterval = lines.some(({ interval }) => interval !== null);
  const hasDots = lines.some(({ dots }) => dots.length > 0);
  const list = comparison.systems.map(({ werRatio, werInterval }, place) => {
    const name = systems[place]?.name ?? '';
    const wer = werRatio === null ? '–' : format.percent(werRatio);
    return werInterval === null
      ? t('comparison.chartValue', { name, wer })
      : t('comparison.chartValueSure', { name, wer, low: format.points(werInterval[0]), high: format.points(werInterval[1]) });
  });
  return (
    <>
      <p className="sub">{hasInterval ? t(hasDots ? 'comparison.werSub' : 'comparison.werSubPlain') : t('comparison.werSubNoInterval')}</p>
      <div className="compareChart" role="img" aria-label={t('comparison.chartLabel', { list: list.join(', ') })}>
        <ul className="compareChartNames">
          {systems.map((system, place) => (
            <li key={`${system.runId} ${system.mode}`} title={system.name}>
              <SystemDot system={system} />
              <span className="compareEllipsis">{system.name}</span>
              {comparison.headlineRate === 'cer' && (
                <span className="faint">{t('comparison.cerShort', { cer: cerText(comparison.systems[place]?.cerRatio, format) })}</span>
              )}
            </li>
          ))}
        </ul>
        <IntervalChart lines={lines} />
      </div>
    </>
  );
}

function cerText(ratio: number | null | undefined, format: ReturnType<typeof useFormat>): string {
  return ratio == null ? '–' : format.percent(ratio);
}
