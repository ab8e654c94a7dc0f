import { Suspense, lazy, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { useFormat } from '../../app/language.ts';
import { folderLines, headline, werBars, type WerBar } from '../../charts/werSeries.ts';
import { usePanel } from '../../state/store.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { Wer } from '../../ui/Wer.tsx';
import { useExport } from './useExport.ts';

const WerChart = lazy(() => import('../../charts/WerChart.tsx'));

/** What a finished run says: the modes against each other, by folder, and where the results are. */
export function Comparison({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const bars = useMemo(() => werBars(run.modes), [run.modes]);
  return (
    <div className="comparison">
      {bars.length > 0 ? (
        <ByMode bars={bars} run={run} />
      ) : (
        <section className="card">
          <h2>{t('compare.notScored')}</h2>
          <p className="dim">{t('compare.notScoredText')}</p>
        </section>
      )}
      <ByFolder run={run} />
      <Results run={run} />
    </div>
  );
}

function ByMode({ bars, run }: { readonly bars: readonly WerBar[]; readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const best = headline(bars);
  const words = bars[0]?.counts.referenceWords ?? 0;
  // A file can fail in several modes and is one file.
  const failedCount = Math.max(0, ...run.modes.map((mode) => mode.failed));
  return (
    <section className="card byMode" aria-labelledby="byModeTitle">
      <h2 id="byModeTitle">{t('compare.title')}</h2>
      <p className="sub">{t('compare.sub', { words: format.number(words) })}</p>
      {best !== null && bars.length > 1 && (
        <p className="headline">
          {best.worst === null ? (
            <b>{t('compare.same', { wer: format.percent(best.bestRatio) })}</b>
          ) : (
            <>
              <b>
                {t('compare.best', { modes: best.best.map((mode) => t(`mode.${mode}`)).join(', '), wer: format.percent(best.bestRatio) })}
              </b>{' '}
              {t('compare.difference', { points: format.number(best.differenceRatio * 100, 2), mode: t(`mode.${best.worst}`) })}{' '}
              <span className="dim">{t('compare.untested')}</span>
            </>
          )}
        </p>
      )}
      <table className="dataTable werTable">
        <thead>
          <tr>
            <th scope="col">{t('compare.mode')}</th>
            <th scope="col" className="right">
              {t('compare.wer')}
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
    <section className="card results" aria-labelledby="resultsTitle">
      <h2 id="resultsTitle">{t('compare.results')}</h2>
      <p className="sub">{t('compare.resultsText')}</p>
      <code className="resultsPath">{run.resultsPath}</code>
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
