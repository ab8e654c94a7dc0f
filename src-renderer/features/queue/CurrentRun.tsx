import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { StatusPill } from '../../ui/StatusPill.tsx';
import { barParts, runActions, settledCount } from '../run/progressView.ts';
import { PauseMenu } from './PauseMenu.tsx';
import { RunName } from './RunName.tsx';
import { useQueueActions } from './useQueueActions.ts';
import { usePauseText } from './usePauseText.ts';

/** The run under way: how far it is, and its pause. */
export function CurrentRun({ runId, shownId }: { readonly runId: number | null; readonly shownId: number | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const actions = useQueueActions();
  const pauseText = usePauseText();
  const stopAfterId = usePanel((state) => state.queue?.stopAfterRunId ?? null);
  const run = usePanel((state) => (runId === null ? undefined : state.runById[runId]));
  if (run === undefined) {
    return (
      <section aria-labelledby="currentTitle">
        <h2 id="currentTitle">{t('queue.current')}</h2>
        <p className="card dim">{t('queue.noCurrent')}</p>
      </section>
    );
  }
  const { totals } = run;
  const parts = barParts(totals);
  const { canPause } = runActions(run);
  const name = t('queue.progress', { done: format.number(settledCount(totals)), total: format.number(totals.total) });
  return (
    <section aria-labelledby="currentTitle">
      <h2 id="currentTitle">{t('queue.current')}</h2>
      <div className="card queueCurrent" data-shown={run.id === shownId}>
        <div className="queueLine">
          <RunName run={run} isShown={run.id === shownId} />
          <StatusPill status={run.status} />
          <span className="joined">
            <button type="button" className="button small" disabled={!canPause || actions.isBusy} onClick={() => actions.pauseRun(run.id)}>
              <span aria-hidden="true">❚❚</span> {t(run.status === 'pausing' ? 'run.pausing' : 'run.pause')}
            </button>
            <PauseMenu run={run} className="button small" />
          </span>
        </div>
        <div
          className="bar"
          role="progressbar"
          aria-label={name}
          aria-valuemin={0}
          aria-valuemax={totals.total}
          aria-valuenow={settledCount(totals)}
        >
          <span className="accent earlier" style={{ width: `${parts.earlier * 100}%` }} />
          <span className="accent" style={{ width: `${parts.done * 100}%` }} />
          <span className="failed" style={{ width: `${parts.failed * 100}%` }} />
        </div>
        <p className="dim num queueFacts">
          <span>{[name, ...pauseText(run)].join(' · ')}</span>
          <button
            type="button"
            className="button quiet small"
            aria-pressed={run.id === stopAfterId}
            disabled={actions.isBusy}
            onClick={() => actions.stopAfter(run.id === stopAfterId ? null : run.id)}
          >
            <span aria-hidden="true">■</span> {t('queue.stopAfter')}
          </button>
          <a href={hrefOf({ screen: 'run', runId: run.id })}>{t('queue.open')}</a>
        </p>
      </div>
    </section>
  );
}
