import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { leftText, workersText } from '#shared/texts/forecastText.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { NOTHING_CHOSEN } from '../../app/compareAddress.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { usePanel } from '../../state/store.ts';
import { Question } from '../../ui/Dialog.tsx';
import { StatusPill } from '../../ui/StatusPill.tsx';
import { systemsOf } from '../compare/proposal.ts';
import { AddFiles } from '../queue/AddFiles.tsx';
import { PauseMenu } from '../queue/PauseMenu.tsx';
import { usePauseText } from '../queue/usePauseText.ts';
import { runActions, skippedFiles } from './progressView.ts';
import { RunPapers } from './RunPapers.tsx';
import { GoOn } from './Unprepared.tsx';

export function RunHeader({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const [asksStop, setAsksStop] = useState(false);
  const { canPause, canResume, canStop, resumeRedoes, preparesAgain } = runActions(run);
  const { run: execute } = command;
  const comparable = systemsOf(run);

  const send = useCallback(
    (route: 'runs.pause' | 'runs.resume' | 'runs.stop') =>
      execute(async () => {
        usePanel.getState().setRun(await client.request(route, { runId: run.id }), Date.now());
      }),
    [client, execute, run.id],
  );
  useShortcuts(
    useCallback(
      (key) => {
        if (key !== 'p') return false;
        if (canPause) send('runs.pause');
        else if (canResume && !resumeRedoes && !preparesAgain) send('runs.resume');
        else return false;
        return true;
      },
      [canPause, canResume, resumeRedoes, preparesAgain, send],
    ),
  );

  return (
    <header className="runHeader">
      <div className="runTitle">
        <h1>
          <span className="runName">{run.name}</span> <StatusPill status={run.status} />
        </h1>
        <SubLine run={run} />
      </div>
      <div className="headButtons">
        {comparable.length > 0 && (
          <a className="button" href={hrefOf({ screen: 'compare', choice: { ...NOTHING_CHOSEN, systems: comparable } })}>
            {t('comparison.compareRun')}
          </a>
        )}
        <AddFiles run={run} />
        {!preparesAgain && <RunPapers runId={run.id} />}
        {preparesAgain && <GoOn run={run} />}
        <span className="joined">
          {(canPause || run.status === 'pausing') && (
            <button type="button" className="button primary" disabled={!canPause || command.isBusy} onClick={() => send('runs.pause')}>
              <span aria-hidden="true">❚❚</span> {t(run.status === 'pausing' ? 'run.pausing' : 'run.pause')}
            </button>
          )}
          {canResume && !preparesAgain && (
            <button type="button" className="button primary" disabled={command.isBusy} onClick={() => send('runs.resume')}>
              <span aria-hidden="true">▶</span> {t(resumeRedoes ? 'run.redo' : 'run.resume')}
            </button>
          )}
          {!preparesAgain && <PauseMenu run={run} className="button primary" />}
        </span>
        {canStop && (
          <button type="button" className="button danger" disabled={command.isBusy} onClick={() => setAsksStop(true)}>
            {t('run.stop')}
          </button>
        )}
      </div>
      <Question
        isOpen={asksStop}
        title={t('run.stopTitle')}
        text={t('run.stopText')}
        confirm={t('run.stopConfirm')}
        cancel={t('run.stopKeep')}
        onConfirm={() => send('runs.stop')}
        onClose={() => setAsksStop(false)}
      />
    </header>
  );
}

function SubLine({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const locale = useLocale();
  const now = useNow(10_000);
  const { isOver } = runActions(run);
  const pauseText = usePauseText();
  const skipped = skippedFiles(run);
  const parts = [t('run.files', { count: run.itemCount, number: format.number(run.itemCount) })];
  if (run.audioSec > 0) parts.push(t('run.audio', { length: format.duration(run.audioSec) }));
  if (run.startedAtMs !== null) parts.push(t('run.started', { time: format.clock(run.startedAtMs, now) }));
  if (isOver && run.endedAtMs !== null) {
    parts.push(t('run.ended', { time: format.clock(run.endedAtMs, now) }));
    if (run.startedAtMs !== null) parts.push(t('run.took', { length: format.duration((run.endedAtMs - run.startedAtMs) / 1000) }));
  }
  if (!isOver && run.etaSec !== null && run.status !== 'paused') {
    const left = leftText(run, locale);
    if (left !== null) parts.push(left);
    parts.push(t('run.finishes', { time: format.clock(now + run.etaSec * 1000, now) }));
  }
  if (run.status === 'running' && run.audioMinPerMin !== null)
    parts.push(t('run.throughput', { number: format.number(run.audioMinPerMin, run.audioMinPerMin < 10 ? 1 : 0) }));
  const workers = run.status === 'running' ? workersText(run, locale) : null;
  if (workers !== null) parts.push(workers);
  parts.push(...pauseText(run));
  if (skipped > 0) parts.push(t('run.skipped', { count: skipped, number: format.number(skipped) }));
  return <p className="sub">{parts.join(' · ')}</p>;
}
