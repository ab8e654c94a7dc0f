import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { wholeNumber } from '../newRun/optionInput.ts';
import { MAX_PRIORITY, PriorityField } from './PriorityField.tsx';

interface Props {
  /** null: nothing is asked. */
  readonly run: RunSummary | null;
  onSave(runId: number, priority: number): void;
  onClose(): void;
}

/** Priority of a waiting run. */
export function PriorityDialog({ run, onSave, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={run !== null} title={t('queue.priorityTitle', { name: run?.name ?? '' })} onClose={onClose}>
      {run !== null && <PriorityForm run={run} onSave={onSave} onClose={onClose} />}
    </Dialog>
  );
}

function PriorityForm({ run, onSave, onClose }: Omit<Props, 'run'> & { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const [text, setText] = useState(String(run.options.priority));
  const priority = wholeNumber(text, 0, MAX_PRIORITY);
  return (
    <form
      className="queueForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (priority == null) return;
        onSave(run.id, priority);
        onClose();
      }}
    >
      <PriorityField text={text} hint={t('queue.priorityHint')} onChange={setText} />
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="submit" className="button primary" disabled={priority == null}>
          {t('queue.save')}
        </button>
      </div>
    </form>
  );
}
