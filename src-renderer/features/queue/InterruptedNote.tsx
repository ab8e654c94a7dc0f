import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { selectOfferedRunIds } from '../../state/slices/queue.ts';
import { usePanel } from '../../state/store.ts';
import { useKnownRuns } from './useKnownRuns.ts';
import { useQueueActions } from './useQueueActions.ts';
import './queue.css';

/** Lines shown; what is beyond is counted, and "all" means all. */
const SHOWN_RUNS = 5;

/** Offers the runs that a quit, a crash or a reboot left; nothing where there are none. */
export function InterruptedNote() {
  const { t } = useTranslation();
  const format = useFormat();
  const runIds = usePanel(useShallow(selectOfferedRunIds));
  const runs = useKnownRuns(runIds.slice(0, SHOWN_RUNS));
  const leave = usePanel((state) => state.leaveInterrupted);
  const actions = useQueueActions();
  const count = runIds.length;
  if (count === 0) return null;
  return (
    <section className="note warn interruptedNote" aria-labelledby="interruptedTitle">
      <strong id="interruptedTitle">{t('queue.interrupted.title', { count, number: format.number(count) })}</strong>
      <span className="did">{t('queue.interrupted.text')}</span>
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <a className="wrapAnywhere" href={hrefOf({ screen: 'run', runId: run.id })}>
              {run.name}
            </a>
            <span className="dim num">
              {t('queue.tasksToDo', { count: run.totals.queued, number: format.number(run.totals.queued + run.totals.active) })}
            </span>
            <button
              type="button"
              className="button small"
              disabled={actions.isBusy}
              aria-label={t('queue.interrupted.resumeOne', { name: run.name })}
              onClick={() => actions.resumeRun(run.id)}
            >
              {t('queue.interrupted.resume')}
            </button>
          </li>
        ))}
        {count > SHOWN_RUNS && <li className="dim">{t('queue.interrupted.andMore', { number: format.number(count - SHOWN_RUNS) })}</li>}
      </ul>
      <div className="actions">
        {count > 1 && (
          <button type="button" className="button primary small" disabled={actions.isBusy} onClick={() => actions.resumeInterrupted()}>
            {t('queue.interrupted.resumeAll')}
          </button>
        )}
        <button type="button" className="button small" title={t('queue.interrupted.leaveHint')} onClick={() => leave(runIds)}>
          {t('queue.interrupted.leave')}
        </button>
      </div>
    </section>
  );
}
