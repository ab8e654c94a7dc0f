import { Suspense, lazy, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReportModel } from '#shared/contract/reports.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { useFormat } from '../../app/language.ts';
import { folderLines, headline, werBars, type WerBar } from '../../charts/werSeries.ts';
import { usePanel } from '../../state/store.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { Wer } from '../../ui/Wer.tsx';
import { GateCard } from '../gate/GateCard.tsx';
import { RescoringCard } from '../rescoring/RescoringCard.tsx';
import { Findings } from './Findings.tsx';
import { useExport } from './useExport.ts';

const WerChart = lazy(() => import('../../charts/WerChart.tsx'));

/** What a finished run says: the modes against each other, by folder, and where the results are. */
export function Comparison({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const bars = useMemo(() => werBars(run.modes), [run.modes]);
  // The verdict and the tests are in the report: asked again when the run was judged or went on.
  const { data: report, error } = useAnswer('reports.preview', { runId: run.id }, `${run.endedAtMs} ${run.gatePassed}`);
  const isScored = bars.length > 0;
  return (
    <div className="comparison">
      {isScored ? (
        <ByMode bars={bars} run={run} report={report} error={error} />
      ) : (
        <section className="card notScored">
          <h2>{t('compare.notScored')}</h2>
          <p className="dim">{t('compare.notScoredText')}</p>
        </section>
      )}
      <ByFolder run={run} />
      <Results run={run} />
      <GateCard run={run} verdict={report?.gate ?? null} />
      {isScored && <RescoringCard run={run} />}
    </div>
  );
}

interface ByModeProps {
  readonly bars: readonly WerBar[];
  readonly run: RunSummary;
  /** null while it is being made. */
  readonly report: ReportModel | null;
  readonly error: WireError | null;
}

function ByMode({ bars, run, report, error }: ByModeProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const best = headline(bars);
  const words = bars[0]?.counts.referenceWords ?? 0;
  // A file can fail in several modes and is one file.
  const intervalOf = (mode: WerBar['mode']): readonly number[] | null =>
    report?.modes.find((entry) => entry.mode === mode)?.werInterval ?? null;
  const failedCount = Math.max(0, ...run.modes.map((mode) => mode.failed));
  return (
    <section className="card byMode" aria-labelledby="byModeTitle">
      <h2 id="byModeTitle">{t('compare.title')}</h2>
      <p className="sub">{t('compare.sub', { words: format.number(words) })}</p>
      {best !== null && bars.length > 1 && (
        <p className="headline">
          <b>
            {best.worst === null
              ? t('compare.same', { wer: format.percent(best.bestRatio) })
              : t('compare.best', { modes: best.best.map((mode) => t(`mode.${mode}`)).join(', '), wer: format.percent(best.bestRatio) })}
          </b>
        </p>
      )}
      {bars.length > 1 && (
        <div role="status" className="findingsPlace" data-modes={bars.length}>
          {report !== null && report.run.newerNormalizer !== null && (
            <p className="dim">{t('compare.olderRule', { rule: report.run.normalizer, now: report.run.newerNormalizer })}</p>
          )}
          {report !== null && <Findings comparisons={report.comparisons} />}
          {report === null && error === null && <p className="dim">{t('compare.testing')}</p>}
          {report === null && error !== null && <ErrorNote error={error} title={t('compare.notTested')} />}
        </div>
      )}
      <table className="dataTable werTable">
        <thead>
          <tr>
            <th scope="col">{t('compare.mode')}</th>
            <th scope="col" className="right">
              {t('compare.wer')}
            </th>
            <th scope="col" className="right">
              {t('compare.interval')}
            </th>
            <th scope="col" className="right">
              <i className="swatch sub" />
              {t('compare.substitutions')}
            </th>
            <th scope="col" className="right">
              <i className="swatch del" />
              {t('compare.deletions')}
            </th>
            <th scope="col" className="right">
              <i className="swatch ins" />
              {t('compare.insertions')}
            </th>
          </tr>
        </thead>
        <tbody>
          {bars.map(({ mode, werRatio, counts }) => (
            <tr key={mode}>
              <th scope="row">
                <span className={`dot ${mode}`} /> {t(`mode.${mode}`)}
              </th>
              <td className="right">
                <b>{format.percent(werRatio)}</b>
              </td>
              <td className="right dim">
                {intervalOf(mode) === null
                  ? '–'
                  : intervalOf(mode)
                      ?.map((ratio) => format.number(ratio * 100, 2))
                      .join(' – ')}
              </td>
              <td className="right">{format.number(counts.substitutions)}</td>
              <td className="right">{format.number(counts.deletions)}</td>
              <td className="right">{format.number(counts.insertions)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div
        className="werChart"
        role="img"
        aria-label={t('compare.chart', { list: bars.map((bar) => `${t(`mode.${bar.mode}`)} ${format.percent(bar.werRatio)}`).join(', ') })}
      >
        <Suspense>
          <WerChart bars={bars} />
        </Suspense>
      </div>
      {failedCount > 0 && <p className="faint">{t('compare.failedFiles', { count: failedCount, number: format.number(failedCount) })}</p>}
    </section>
  );
}

function ByFolder({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: found, error } = useAnswer('results.folders', { runId: run.id }, run.endedAtMs);
  const modes = run.modes.map(({ mode }) => mode);
  const lines = found === null ? [] : folderLines(found.folders, modes);
  return (
    <section className="card byFolder" aria-labelledby="byFolderTitle">
      <h2 id="byFolderTitle">{t('compare.folders')}</h2>
      {error !== null && <ErrorNote error={error} />}
      <div className="folderScroll" tabIndex={0} role="group" aria-labelledby="byFolderTitle">
        <table className="dataTable">
          <thead>
            <tr>
              <th scope="col">{t('compare.folder')}</th>
              <th scope="col" className="right">
                {t('compare.files')}
              </th>
              {modes.map((mode) => (
                <th key={mode} scope="col" className="right">
                  {t(`mode.${mode}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.folder}>
                <td className="folderName" title={line.folder}>
                  {line.folder}
                </td>
                <td className="right dim">{format.number(line.files)}</td>
                {modes.map((mode) => (
                  <td key={mode} className="right">
                    <Wer ratio={line.werByMode[mode] ?? null} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Results({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const exporting = useExport(run.id);
  const canOpenPath = usePanel((state) => state.host?.canOpenPath === true);
  const isBrowser = usePanel((state) => state.host?.host === 'serve');
  return (
    <section className="card results" aria-label={t('compare.results')} title={t('compare.resultsText')}>
      <code className="resultsPath">
        <bdi>{run.resultsPath}</bdi>
      </code>
      <div className="resultsButtons">
        <CopyButton text={run.resultsPath} />
        {canOpenPath && (
          <button
            type="button"
            className="button small"
            disabled={command.isBusy}
            onClick={() => command.run(() => client.request('host.openPath', { path: run.resultsPath }))}
          >
            {t('compare.openFolder')}
          </button>
        )}
        {isBrowser && (
          <button type="button" className="button small" disabled={exporting.isBusy} onClick={exporting.start}>
            {t('compare.download')}
          </button>
        )}
      </div>
      {run.resultsError !== null && <ErrorNote error={run.resultsError} />}
    </section>
  );
}
