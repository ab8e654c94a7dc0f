import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import { RunName } from './RunName.tsx';
import { useKnownRuns } from './useKnownRuns.ts';
import { usePauseText } from './usePauseText.ts';
import type { QueueActions } from './useQueueActions.ts';

interface Props {
  readonly title: string;
  readonly runIds: readonly number[];
  readonly shownId: number | null;
  readonly kind: 'paused' | 'failed';
  readonly actions: QueueActions;
}

/** Runs that do not wait for their turn but could come back: paused ones, and finished ones with failures. Nothing where there are none. */
export function OtherRuns({ title, runIds, shownId, kind, actions }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const pauseText = usePauseText();
  const runs = useKnownRuns(runIds);
  const id = useId();
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul className="card queueList">
        {runs.map((run) => {
          const failed = format.number(run.totals.failed);
          return (
            <li key={run.id} className="queueRow other" data-shown={run.id === shownId}>
              <RunName run={run} isShown={run.id === shownId} />
              <span className="dim num queueToDo">
                {kind === 'paused'
                  ? [t('queue.tasksToDo', { count: run.totals.queued, number: format.number(run.totals.queued) }), ...pauseText(run)].join(
                      ' · ',
                    )
                  : ''}
              </span>
              <button
                type="button"
                className="button small"
                disabled={actions.isBusy}
                aria-label={
                  kind === 'paused'
                    ? t('queue.interrupted.resumeOne', { name: run.name })
                    : t('queue.retryFailedOf', { name: run.name, number: failed })
                }
                onClick={() => actions.resumeRun(run.id)}
              >
                {kind === 'paused' ? t('queue.resume') : t('queue.retryFailed', { number: failed })}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
