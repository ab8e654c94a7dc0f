import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useAnswer } from '../../app/useAnswer.ts';
import { hrefOf, navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { PauseNote } from '../alerts/PauseNote.tsx';
import { AdviceNote } from '../log/AdviceNote.tsx';
import { Comparison } from './Comparison.tsx';
import { Gauges } from './Gauges.tsx';
import { Inspector } from './Inspector.tsx';
import { ItemTable } from './ItemTable.tsx';
import { useListedRun } from './listedRun.ts';
import { MachineHistory } from './MachineHistory.tsx';
import { ModeCards } from './ModeCards.tsx';
import { runActions } from './progressView.ts';
import { RunFooter } from './RunFooter.tsx';
import { RunHeader } from './RunHeader.tsx';
import { Unprepared } from './Unprepared.tsx';
import './run.css';

/** One run: its modes, the machine, its files; when it is over the comparison takes the place of the gauges. */
export function RunScreen({ runId }: { readonly runId: number }) {
  const { t } = useTranslation();
  const run = usePanel((state) => state.runById[runId]);
  // A run older than the loaded part of the list, opened by its address: nobody else asks for it, also not after a reconnect.
  const isListed = usePanel((state) => state.runIds.includes(runId));
  const asked = useAnswer('runs.get', isListed ? null : { runId });
  const listed = useListedRun(run);
  const isReady = run?.status === 'ready';

  useEffect(() => {
    if (isReady) navigate({ screen: 'newRun', runId });
  }, [isReady, runId]);
  const found = asked.data;
  useEffect(() => {
    if (found !== null) usePanel.getState().setRun(found, Date.now());
  }, [found]);

  const isGone = asked.error?.code === 'RUN_NOT_FOUND';
  if (run === undefined && !isGone) {
    return (
      <div className="empty">{asked.error === null ? <p role="status">{t('run.opening')}</p> : <ErrorNote error={asked.error} />}</div>
    );
  }
  if (run === undefined || isGone) {
    return (
      <div className="empty">
        <h2>{t('run.notFound')}</h2>
        <p>{t('run.notFoundText')}</p>
        <a className="button" href={hrefOf({ screen: 'runs' })}>
          {t('run.toRuns')}
        </a>
      </div>
    );
  }
  if (runActions(run).preparesAgain) {
    return (
      <div className="runScreen unprepared">
        <RunHeader run={run} />
        <div className="runTop">
          <Unprepared />
          {run.error !== null && <ErrorNote error={run.error} />}
        </div>
      </div>
    );
  }
  return (
    <div className="runScreen">
      <RunHeader run={run} />
      <div className="runTop">
        {run.error !== null && <ErrorNote error={run.error} />}
        <PauseNote run={run} />
        <ModeCards run={run} />
        {run.modes.map(({ mode, error }) => error !== null && <ErrorNote key={mode} error={error} title={t(`mode.${mode}`)} />)}
        <AdviceNote run={run} />
        {runActions(run).isOver ? <Comparison run={run} /> : <Gauges run={run} />}
        <MachineHistory run={run} />
      </div>
      <section className="runBody">
        {listed !== null && <ItemTable run={listed} />}
        {listed !== null && <Inspector run={listed} />}
      </section>
      <RunFooter run={run} />
    </div>
  );
}
