import { Suspense, lazy } from 'react';
import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { trendLines } from '../../charts/trendSeries.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { SystemDot } from './SystemDot.tsx';

const TrendChart = lazy(() => import('../../charts/TrendChart.tsx'));
/** Overlaps above this are shown as the whole. */
const WHOLE = 0.9995;

/** The first compared run among earlier and later ones over the same files. */
export function Trend({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const runId = comparison.systems[0]?.runId ?? null;
  const { data, error } = useAnswer('compare.trend', runId === null ? null : { runId, normalizer: comparison.normalizer });
  if (error !== null) return <ErrorNote error={error} />;
  if (data === null) return <p className="dim">{t('app.loading')}</p>;
  const { modes, rows } = trendLines(data.points);
  return (
    <>
      <p className="sub">{t('comparison.trendText', { normalizer: data.normalizerLabel })}</p>
      {rows.length < 2 && <p className="dim">{t('comparison.trendOne')}</p>}
      {rows.length > 1 && (
        <div className="compareTrendChart" role="img" aria-label={t('comparison.trendChart', { count: rows.length })}>
          <Suspense>
            <TrendChart rows={rows} modes={modes} />
          </Suspense>
        </div>
      )}
      <div className="compareTrendTable" tabIndex={0} role="group" aria-label={t('comparison.trend')}>
        <table className="dataTable">
          <thead>
            <tr>
              <th scope="col">{t('comparison.trendRun')}</th>
              <th scope="col">{t('comparison.trendDate')}</th>
              {modes.map((mode) => (
                <th key={mode} scope="col" className="right">
                  <SystemDot system={{ mode, shade: 0 }} /> {t(`mode.${mode}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.points.toReversed().map((point) => (
              <tr key={point.runId} aria-current={point.runId === runId ? 'true' : undefined}>
                <th scope="row">
                  <a href={hrefOf({ screen: 'run', runId: point.runId })}>{point.runName}</a>{' '}
                  <span className="faint">
                    {[
                      ...(point.modelName === null ? [] : [point.modelName]),
                      t(`comparison.${point.pacing}`),
                      ...(point.overlapRatio < WHOLE ? [t('comparison.overlap', { percent: format.percent(point.overlapRatio, 1) })] : []),
                    ].join(' · ')}
                  </span>
                </th>
                <td className="dim">{point.startedAtMs === null ? '–' : format.clock(point.startedAtMs, now)}</td>
                {modes.map((mode) => {
                  const found = point.modes.find((entry) => entry.mode === mode);
                  const interval = found?.werInterval ?? null;
                  return (
                    <td
                      key={mode}
                      className="right"
                      title={
                        interval === null
                          ? undefined
                          : t('comparison.sure', { low: format.points(interval[0]), high: format.points(interval[1]) })
                      }
                    >
                      {found?.werRatio == null ? '–' : format.percent(found.werRatio)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
