import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunNotes } from '#shared/contract/reports.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { Dialog, Question } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { keepDraft, keptDraft } from './keptDrafts.ts';
import { isSameDraft, notesProblems, toDraft, toNotes, type NotesDraft } from './notesDraft.ts';
import { NotesFields } from './NotesFields.tsx';
import './notes.css';

interface Props {
  readonly runId: number;
  readonly isOpen: boolean;
  onClose(): void;
}

/** What people write about a run. What was typed stays until it is saved or thrown away, whatever goes wrong. */
export function NotesDialog({ runId, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const [savedCount, setSavedCount] = useState(0);
  const { data, isCurrent, error } = useAnswer('reports.notes', isOpen ? { runId } : null, savedCount);
  const [asksDiscard, setAsksDiscard] = useState(false);
  const close = (): void => (keptDraft(runId) === null ? onClose() : setAsksDiscard(true));
  return (
    <>
      <Dialog isOpen={isOpen} isWide title={t('notes.title')} onClose={close}>
        {data === null || !isCurrent ? (
          error === null ? (
            <p role="status">{t('app.loading')}</p>
          ) : (
            <ErrorNote error={error} />
          )
        ) : (
          <NotesForm runId={runId} saved={data.notes} onSaved={() => setSavedCount((count) => count + 1)} onClose={close} />
        )}
      </Dialog>
      <Question
        isOpen={asksDiscard}
        title={t('notes.discardTitle')}
        text={t('notes.discardText')}
        confirm={t('notes.discard')}
        cancel={t('notes.keepTyping')}
        onConfirm={() => {
          keepDraft(runId, null);
          onClose();
        }}
        onClose={() => setAsksDiscard(false)}
      />
    </>
  );
}

type Saving = 'idle' | 'saving' | 'saved' | WireError;

function NotesForm({
  runId,
  saved,
  onSaved,
  onClose,
}: {
  readonly runId: number;
  readonly saved: RunNotes | null;
  onSaved(): void;
  onClose(): void;
}) {
  const { t } = useTranslation();
  const client = useClient();
  const [draft, setDraft] = useState<NotesDraft>(() => keptDraft(runId) ?? toDraft(saved));
  const [saving, setSaving] = useState<Saving>('idle');
  const problems = notesProblems(draft);
  const isChanged = !isSameDraft(draft, toDraft(saved));
  const canSave = isChanged && saving !== 'saving' && Object.keys(problems).length === 0;

  const change = (next: NotesDraft): void => {
    setDraft(next);
    setSaving('idle');
    keepDraft(runId, isSameDraft(next, toDraft(saved)) ? null : next);
  };
  const save = async (): Promise<void> => {
    setSaving('saving');
    try {
      await client.request('reports.setNotes', { runId, notes: toNotes(draft) });
      // Typed on while it was being saved: that is still to be saved.
      const typed = keptDraft(runId);
      if (typed === null || isSameDraft(typed, draft)) keepDraft(runId, null);
      setSaving('saved');
      onSaved();
    } catch (error) {
      setSaving(toWireError(error));
    }
  };
  const state = isChanged ? (saving === 'saving' ? 'saving' : 'unsaved') : saved === null ? 'empty' : 'saved';
  return (
    <form
      className="notesForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (canSave) void save();
      }}
    >
      <p className="dim">{t('notes.sub')}</p>
      <NotesFields draft={draft} problems={problems} onChange={change} />
      {typeof saving === 'object' && <ErrorNote error={saving} />}
      <div className="actions notesActions">
        <span role="status" className={state === 'unsaved' ? 'warnText' : 'dim'}>
          {t(`notes.state.${state}`)}
        </span>
        <button type="button" className="button" onClick={onClose}>
          {t('app.close')}
        </button>
        <button type="submit" className="button primary" disabled={!canSave}>
          {t('settings.save')}
        </button>
      </div>
    </form>
  );
}
