import { Fragment, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueuePlace, QueueState } from '#shared/contract/queue.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import { Question } from '../../ui/Dialog.tsx';
import { PriorityDialog } from './PriorityDialog.tsx';
import { runLinkId } from './RunName.tsx';
import { stepTarget } from './selection.ts';
import { useKnownRuns } from './useKnownRuns.ts';
import type { QueueActions } from './useQueueActions.ts';
import { useRunDrag } from './useRunDrag.ts';
import { WaitingRun } from './WaitingRun.tsx';

interface Props {
  readonly queue: QueueState;
  readonly shownId: number | null;
  readonly actions: QueueActions;
}

/** Runs that wait, the next one first: dragged, moved by keys or from their menu. */
export function WaitingRuns({ queue, shownId, actions }: Props) {
  const { t } = useTranslation();
  const runs = useKnownRuns(queue.runIds);
  const [edited, setEdited] = useState<RunSummary | null>(null);
  const [toCancel, setToCancel] = useState<RunSummary | null>(null);
  const movedId = useRef<number | null>(null);
  const order = queue.runIds;
  const place = (runId: number, where: QueuePlace): void => {
    movedId.current = runId;
    actions.place(runId, where);
  };
  const step = (runId: number, direction: 'up' | 'down'): void => {
    const target = stepTarget(order, new Set([runId]), direction);
    if (target !== null) place(runId, target === 'last' ? 'last' : { beforeId: target });
  };
  const drag = useRunDrag(order, place);

  // An element that is moved in the document loses the focus.
  const orderText = order.join(' ');
  useEffect(() => {
    if (movedId.current === null) return;
    document.getElementById(runLinkId(movedId.current))?.focus();
    movedId.current = null;
  }, [orderText]);

  const onKeyDown = (event: KeyboardEvent, runId: number): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    step(runId, event.key === 'ArrowUp' ? 'up' : 'down');
  };
  return (
    <section aria-labelledby="waitingTitle">
      <h2 id="waitingTitle">{t('queue.waiting')}</h2>
      {runs.length === 0 ? (
        <p className="card dim">{t('queue.noWaiting')}</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- what the mouse drags, keys and the menu move, too
        <ol className="card queueList" aria-describedby="moveHint" onDragLeave={drag.onLeave}>
          {queue.stopAfterRunId !== null && queue.stopAfterRunId === queue.currentRunId && (
            <StopLine onRemove={() => actions.stopAfter(null)} />
          )}
          {runs.map((run, index) => (
            <Fragment key={run.id}>
              <WaitingRun
                run={run}
                isShown={run.id === shownId}
                isFirst={index === 0}
                isLast={index === runs.length - 1}
                isStopAfter={run.id === queue.stopAfterRunId}
                drag={drag}
                actions={actions}
                onPlace={(where) => place(run.id, where)}
                onStep={(direction) => step(run.id, direction)}
                onKeyDown={(event) => onKeyDown(event, run.id)}
                onEdit={() => setEdited(run)}
                onCancel={() => setToCancel(run)}
              />
              {run.id === queue.stopAfterRunId && <StopLine onRemove={() => actions.stopAfter(null)} />}
            </Fragment>
          ))}
        </ol>
      )}
      <p className="faint queueHint" id="moveHint">
        {t('queue.moveHint')}
      </p>
      <PriorityDialog run={edited} onSave={actions.setPriority} onClose={() => setEdited(null)} />
      <Question
        isOpen={toCancel !== null}
        title={t('run.stopTitle')}
        text={t('run.stopText')}
        confirm={t('run.stopConfirm')}
        onConfirm={() => toCancel !== null && actions.cancelRun(toCancel.id)}
        onClose={() => setToCancel(null)}
      />
    </section>
  );
}

function StopLine({ onRemove }: { onRemove(): void }) {
  const { t } = useTranslation();
  return (
    <li className="stopLine">
      <span>■ {t('queue.stopsHere')}</span>
      <button
        type="button"
        className="button quiet small"
        aria-label={t('queue.removeMarker')}
        title={t('queue.removeMarker')}
        onClick={onRemove}
      >
        <span aria-hidden="true">✕</span>
      </button>
    </li>
  );
}
