import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { hrefOf } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { CurrentRun } from './CurrentRun.tsx';
import { ImportQueueDialog } from './ImportQueueDialog.tsx';
import { InterruptedNote } from './InterruptedNote.tsx';
import { QueuedFiles } from './QueuedFiles.tsx';
import { OtherRuns } from './OtherRuns.tsx';
import { UndoBar } from './UndoBar.tsx';
import { useQueueActions } from './useQueueActions.ts';
import { WaitingRuns } from './WaitingRuns.tsx';
import { selectFailedRunIds, selectPausedRunIds } from './otherRunIds.ts';
import './queue.css';

/** What runs, what comes after it in which order, and the files of a run in the order of their start. */
export function QueueScreen({ runId }: { readonly runId: number | null }) {
  const { t } = useTranslation();
  const queue = usePanel((state) => state.queue);
  const pausedIds = usePanel(useShallow(selectPausedRunIds));
  const failedIds = usePanel(useShallow(selectFailedRunIds));
  const actions = useQueueActions();
  const [imports, setImports] = useState(false);
  const currentId = queue?.currentRunId ?? null;
  const shownId = runId ?? currentId ?? queue?.runIds[0] ?? pausedIds[0] ?? null;
  if (queue === null) return <p className="empty">{t('app.loading')}</p>;
  const isEmpty = currentId === null && queue.runIds.length === 0 && pausedIds.length === 0;
  return (
    <div className="screen queueScreen">
      <div className="screenHead">
        <div>
          <h1>{t('queue.title')}</h1>
          <p className="sub" role="status">
            {queue.isPaused ? <span className="warnText">❚❚ {t('queue.isPaused')}</span> : t('queue.sub')}
          </p>
        </div>
        <div className="headButtons">
          <UndoBar />
          <button type="button" className="button" disabled={actions.isBusy} onClick={() => actions.export()}>
            {t('queue.export')}
          </button>
          <button type="button" className="button" onClick={() => setImports(true)}>
            {t('queue.import')}
          </button>
          <button
            type="button"
            className={queue.isPaused ? 'button primary' : 'button'}
            disabled={actions.isBusy}
            onClick={() => actions.setPaused(!queue.isPaused)}
          >
            <span aria-hidden="true">{queue.isPaused ? '▶' : '❚❚'}</span> {t(queue.isPaused ? 'queue.resumeQueue' : 'queue.pauseQueue')}
          </button>
        </div>
      </div>
      <InterruptedNote />
      <div className="queueBody">
        <div className="queueRuns">
          {isEmpty ? (
            <div className="empty">
              <h2>{t('queue.emptyTitle')}</h2>
              <p>{t('queue.emptyText')}</p>
              <a className="button primary" href={hrefOf({ screen: 'newRun', runId: null })}>
                {t('nav.newRun')}
              </a>
            </div>
          ) : (
            <>
              <CurrentRun runId={currentId} shownId={shownId} />
              <WaitingRuns queue={queue} shownId={shownId} actions={actions} />
            </>
          )}
          <OtherRuns title={t('queue.paused')} runIds={pausedIds} shownId={shownId} kind="paused" actions={actions} />
          <OtherRuns title={t('queue.withFailures')} runIds={failedIds} shownId={shownId} kind="failed" actions={actions} />
        </div>
        {shownId === null ? (
          <p className="queueFiles card dim">{t('queue.files.choose')}</p>
        ) : (
          <QueuedFiles key={shownId} runId={shownId} />
        )}
      </div>
      <ImportQueueDialog isOpen={imports} onClose={() => setImports(false)} />
    </div>
  );
}
