import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { GateMark } from '../gate/GateMark.tsx';
import { InterruptedNote } from '../queue/InterruptedNote.tsx';
import { FIRST_RUNS } from '../../state/sync.ts';
import { usePanel } from '../../state/store.ts';
import { Question } from '../../ui/Dialog.tsx';
import { StatusPill } from '../../ui/StatusPill.tsx';
import './runs.css';

/** Every run of the data folder, newest first. */
export function RunsScreen() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const runIds = usePanel((state) => state.runIds);
  const total = usePanel((state) => state.runTotal);
  const [toRemove, setToRemove] = useState<RunSummary | null>(null);

  const showMore = (): void =>
    command.run(async () => {
      const beforeId = runIds.at(-1) ?? null;
      const found = await client.request('runs.list', { beforeId, count: FIRST_RUNS });
      usePanel.getState().addOlderRuns(found.runs, found.total);
    });
  const remove = (run: RunSummary): void =>
    command.run(async () => {
      await client.request('runs.remove', { runId: run.id });
      usePanel.getState().removeRun(run.id);
    });

  return (
    <div className="screen">
      <div className="screenHead">
        <div>
          <h1>{t('runs.title')}</h1>
          <p className="sub">{t('runs.sub', { count: total, number: format.number(total) })}</p>
        </div>
        <div className="runsActions">
          <a className="button" href={hrefOf({ screen: 'search' })}>
            {t('search.title')}
          </a>
          <a className="button" href={hrefOf({ screen: 'history' })}>
            {t('history.link')}
          </a>
          <a className="button primary" href={hrefOf({ screen: 'newRun', runId: null })}>
            {t('nav.newRun')}
          </a>
        </div>
      </div>
      <InterruptedNote />
      {runIds.length === 0 ? (
        <div className="empty">
          <h2>{t('runs.emptyTitle')}</h2>
          <p>{t('runs.emptyText')}</p>
          <a className="button primary" href={hrefOf({ screen: 'newRun', runId: null })}>
            {t('nav.newRun')}
          </a>
        </div>
      ) : (
        <div className="card runsCard">
          <table className="dataTable">
            <thead>
              <tr>
                <th scope="col">{t('runs.name')}</th>
                <th scope="col">{t('runs.status')}</th>
                <th scope="col" className="right">
                  {t('runs.files')}
                </th>
                <th scope="col">{t('runs.wer')}</th>
                <th scope="col" className="right">
                  {t('runs.started')}
                </th>
                <th scope="col" className="right">
                  {t('runs.took')}
                </th>
                <th scope="col">
                  <span className="srOnly">{t('runs.removeConfirm')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {runIds.map((id) => (
                <RunLine key={id} runId={id} onRemove={setToRemove} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {runIds.length < total && (
        <button type="button" className="button moreButton" disabled={command.isBusy} onClick={showMore}>
          {t('app.more')}
        </button>
      )}
      <Question
        isOpen={toRemove !== null}
        title={t('runs.removeTitle', { name: toRemove?.name ?? '' })}
        text={t('runs.removeText')}
        confirm={t('runs.removeConfirm')}
        onConfirm={() => toRemove !== null && remove(toRemove)}
        onClose={() => setToRemove(null)}
      />
    </div>
  );
}

function RunLine({ runId, onRemove }: { readonly runId: number; onRemove(run: RunSummary): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const run = usePanel((state) => state.runById[runId]);
  if (run === undefined) return null;
  const { startedAtMs, endedAtMs } = run;
  const isPlanned = run.status === 'queued' || (run.status === 'interrupted' && run.modes.length > 0);
  const target = startedAtMs === null && !isPlanned ? ({ screen: 'newRun', runId } as const) : ({ screen: 'run', runId } as const);
  const isIdle = !['preparing', 'queued', 'running', 'pausing', 'stopping'].includes(run.status);
  return (
    <tr>
      <td className="runNameCell">
        <a href={hrefOf(target)}>{run.name}</a>
      </td>
      <td>
        <StatusPill status={run.status} /> <GateMark passed={run.gatePassed} />
      </td>
      <td className="right">{format.number(run.itemCount)}</td>
      <td>
        <span className="runWers">
          {run.modes.map(({ mode, werRatio }) => (
            <span key={mode} title={t(`mode.${mode}`)}>
              <span className={`dot ${mode}`} />
              <span className="srOnly">{t(`mode.${mode}`)}</span>
              {werRatio === null ? '–' : format.percent(werRatio)}
            </span>
          ))}
        </span>
      </td>
      <td className="right dim">{startedAtMs === null ? '–' : format.clock(startedAtMs, now)}</td>
      <td className="right dim">{startedAtMs === null || endedAtMs === null ? '–' : format.duration((endedAtMs - startedAtMs) / 1000)}</td>
      <td className="right">
        <button
          type="button"
          className="button quiet icon"
          disabled={!isIdle}
          aria-label={t('runs.remove', { name: run.name })}
          title={t('runs.remove', { name: run.name })}
          onClick={() => onRemove(run)}
        >
          <span aria-hidden="true">✕</span>
        </button>
      </td>
    </tr>
  );
}
