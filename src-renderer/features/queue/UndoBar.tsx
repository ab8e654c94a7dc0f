import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueueState } from '#shared/contract/queue.ts';
import { useFormat } from '../../app/language.ts';
import { useUndoShortcut } from '../../app/shortcuts.ts';
import { usePanel } from '../../state/store.ts';
import { useQueueActions } from './useQueueActions.ts';

/** The last change of the queue, as long as it can be taken back. Its place stays, so that nothing moves when a change comes. */
export function UndoBar({ runId = null }: { /** Only changes that concern this run; null: all. */ readonly runId?: number | null }) {
  const { t } = useTranslation();
  const textOf = useChangeText();
  const actions = useQueueActions();
  const undo = usePanel((state) => {
    const last = state.queue?.undo ?? null;
    return last === null || runId === null || last.runId === runId ? last : null;
  });
  const take = useCallback(() => {
    if (undo !== null) actions.undo(undo.id);
  }, [actions, undo]);
  useUndoShortcut(take);
  return (
    <div className="undoBar" role="group" aria-label={t('queue.undo.label')}>
      <span role="status" className={undo === null ? 'faint' : undefined}>
        {undo === null ? runId === null && t('queue.undo.none') : textOf(undo)}
      </span>
      {undo !== null && (
        <button type="button" className="button quiet small" disabled={actions.isBusy} onClick={take}>
          <span aria-hidden="true">↶</span> {t('queue.undo.button')} <kbd>Ctrl+Z</kbd>
        </button>
      )}
    </div>
  );
}

function useChangeText(): (undo: NonNullable<QueueState['undo']>) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return ({ change, count }) => t(`queue.undo.${change}`, { count, number: format.number(count) });
}
