import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rescoring } from '#shared/contract/rescoring.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { NORMALIZER_LABELS } from '../newRun/normalizerLabels.ts';
import { rescoringTable } from './rescoringTable.ts';
import './rescoring.css';

/** The same answers compared under several normalisers, side by side; the run's own figures come first and stay. */
export function RescoringCard({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const [made, setMade] = useState(0);
  const [chosen, setChosen] = useState<NormalizerName>(() => NORMALIZERS.find((name) => name !== run.options.normalizer) ?? 'none');
  const { data, error } = useAnswer('rescorings.list', { runId: run.id }, `${made} ${run.endedAtMs}`);
  const rescore = (): void =>
    command.run(async () => {
      await client.request('rescorings.create', { runId: run.id, normalizer: chosen });
      setMade((count) => count + 1);
    });
  return (
    <details className="card foldCard">
      <summary>
        <h2>{t('rescoring.title')}</h2>
        <span className="dim">{data?.rescorings.map(({ normalizerLabel }) => normalizerLabel).join(' · ') ?? run.options.normalizer}</span>
      </summary>
      <p className="sub">{t('rescoring.sub')}</p>
      {error !== null && <ErrorNote error={error} />}
      {data !== null && <Figures rescorings={data.rescorings} />}
      <div className="rescoringTools">
        <select
          className="select"
          aria-label={t('preflight.normalizer')}
          value={chosen}
          onChange={(event) => {
            const name = NORMALIZERS.find((known) => known === event.currentTarget.value);
            if (name !== undefined) setChosen(name);
          }}
        >
          {NORMALIZERS.map((name) => (
            <option key={name} value={name}>
              {t(NORMALIZER_LABELS[name])}
            </option>
          ))}
        </select>
        <button type="button" className="button small" disabled={command.isBusy} onClick={rescore}>
          {t(command.isBusy ? 'rescoring.busy' : 'rescoring.rescore')}
        </button>
      </div>
    </details>
  );
}

function Figures({ rescorings }: { readonly rescorings: readonly Rescoring[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="rescoringScroll" tabIndex={0} role="group" aria-label={t('rescoring.title')}>
      <table className="dataTable">
        <thead>
          <tr>
            <th scope="col">{t('compare.mode')}</th>
            {rescorings.map(({ id, normalizerLabel, isCurrent }) => (
              <th key={id ?? 'own'} scope="col" className="right">
                {normalizerLabel}
                <span className="rescoringNote">
                  {t(id === null ? (isCurrent ? 'rescoring.own' : 'rescoring.ownOld') : isCurrent ? 'rescoring.made' : 'rescoring.old')}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rescoringTable(rescorings).map(({ mode, cells }) => (
            <tr key={mode}>
              <th scope="row">
                <span className={`dot ${mode}`} /> {t(`mode.${mode}`)}
              </th>
              {cells.map(({ key, figures }) => (
                <td key={key} className="right">
                  {figures === null || figures.werRatio === null ? (
                    '–'
                  ) : (
                    <>
                      <b>{format.percent(figures.werRatio)}</b>
                      {figures.cerRatio !== null && (
                        <span className="rescoringNote">{t('rescoring.cer', { cer: format.percent(figures.cerRatio) })}</span>
                      )}
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
