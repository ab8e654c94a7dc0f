import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { usePanel } from '../../state/store.ts';
import { navigate } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { ChooseFiles } from './ChooseFiles.tsx';
import { Preflight } from './Preflight.tsx';
import './newRun.css';

/** Without a run: where files come from. With one that has not started: what was found and what to do with it. */
export function NewRunScreen({ runId }: { readonly runId: number | null }) {
  const { t } = useTranslation();
  const run = usePanel((state) => (runId === null ? undefined : state.runById[runId]));
  const isListed = usePanel((state) => runId !== null && state.runIds.includes(runId));
  const { data: found, error } = useAnswer('runs.get', runId === null || isListed ? null : { runId });
  useEffect(() => {
    if (found !== null) usePanel.getState().setRun(found, Date.now());
  }, [found]);
  const hasStarted = run !== undefined && run.startedAtMs !== null;
  useEffect(() => {
    if (hasStarted && runId !== null) navigate({ screen: 'run', runId });
  }, [hasStarted, runId]);
  if (run !== undefined) return <Preflight key={run.id} run={run} />;
  if (runId === null || error?.code === 'RUN_NOT_FOUND') return <ChooseFiles />;
  return <div className="empty">{error === null ? <p role="status">{t('run.opening')}</p> : <ErrorNote error={error} />}</div>;
}
