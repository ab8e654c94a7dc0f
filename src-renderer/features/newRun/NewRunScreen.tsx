import { useEffect } from 'react';
import { usePanel } from '../../state/store.ts';
import { navigate } from '../../app/routing.ts';
import { ChooseFiles } from './ChooseFiles.tsx';
import { Preflight } from './Preflight.tsx';
import './newRun.css';

/** Without a run: where files come from. With one that has not started: what was found and what to do with it. */
export function NewRunScreen({ runId }: { readonly runId: number | null }) {
  const run = usePanel((state) => (runId === null ? undefined : state.runById[runId]));
  const hasStarted = run !== undefined && run.startedAtMs !== null;
  useEffect(() => {
    if (hasStarted && runId !== null) navigate({ screen: 'run', runId });
  }, [hasStarted, runId]);
  return run === undefined ? <ChooseFiles /> : <Preflight key={run.id} run={run} />;
}
