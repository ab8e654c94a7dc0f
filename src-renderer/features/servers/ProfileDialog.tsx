import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { usePanel } from '../../state/store.ts';
import { Dialog, Question } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { keepProfile, keptProfile, type Editing } from './keptProfile.ts';
import { ProfileAdvanced } from './ProfileAdvanced.tsx';
import { ProfileBasics } from './ProfileBasics.tsx';
import { isSameForm, openPlaces, type ProfileForm, toDraft } from './profileForm.ts';
import { profileProblems } from './profileProblems.ts';
import { TestSteps } from './TestSteps.tsx';
import { useSavedNotice } from './useSavedNotice.ts';
import type { ServerTests } from './useServerTests.ts';
import './profile.css';

interface Props {
  readonly editing: Editing;
  /** Ids of other profiles. */
  readonly takenIds: readonly string[];
  readonly tests: ServerTests;
  onSaved(id: string): void;
  onClose(): void;
}

/** What was typed in it before, else what it begins with. */
function formOf(editing: Editing): ProfileForm {
  const kept = keptProfile();
  return kept?.editing === editing ? kept.form : editing.base;
}

/** The test of what is being edited, which has no saved server yet. */
const DRAFT = 'draft';

/** Edits a profile. What was typed stays until it is saved or thrown away, whatever goes wrong. */
export function ProfileDialog({ editing, takenIds, tests, onSaved, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const locale = useLocale();
  const client = useClient();
  const addNotice = usePanel((state) => state.addNotice);
  const tellMissing = useSavedNotice();
  const [form, setForm] = useState<ProfileForm>(() => formOf(editing));
  const [asksDiscard, setAsksDiscard] = useState(false);
  const [hasTried, setTried] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [error, setError] = useState<WireError | null>(null);
  const problems = profileProblems(form, locale, takenIds);
  const problemCount = Object.keys(problems).length;
  const isNew = editing.id === null;
  const isChanged = isNew || !isSameForm(form, editing.base);
  const open = openPlaces(form);
  const test = tests.byKey[DRAFT] ?? null;

  const change = (next: ProfileForm): void => {
    setForm(next);
    setError(null);
    keepProfile(isSameForm(next, editing.base) ? null : { editing, form: next });
  };
  const close = (): void => (keptProfile() === null ? onClose() : setAsksDiscard(true));
  const save = async (): Promise<void> => {
    setTried(true);
    if (problemCount > 0) return;
    setSaving(true);
    try {
      const document = { nightshiftServers: 1 as const, profiles: [toDraft(form)] };
      const { saved } = await client.request('profiles.save', { document, replace: !isNew });
      keepProfile(null);
      for (const { profile } of saved) addNotice({ kind: 'info', text: t('servers.saved', { name: profile.name }) });
      tellMissing(saved);
      onSaved(saved[0]?.profile.id ?? '');
    } catch (thrown) {
      setError(toWireError(thrown));
      setSaving(false);
    }
  };
  return (
    <>
      <Dialog isOpen isWide title={isNew ? t('profile.addTitle') : t('profile.editTitle', { name: editing.base.name })} onClose={close}>
        <form
          className="profileForm"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (isChanged && !isSaving) void save();
          }}
        >
          {editing.hint !== null && <p className="note">{editing.hint}</p>}
          {open.length > 0 && <p className="note warn">{t('profile.open', { list: open.join(', ') })}</p>}
          <ProfileBasics form={form} problems={problems} isNew={isNew} showsNeeded={hasTried} onChange={change} />
          <ProfileAdvanced form={form} problems={problems} onChange={change} />
          {test !== null && <TestSteps run={test} />}
          {error !== null && <ErrorNote error={error} />}
          <div className="actions profileActions">
            <span role="status" className={hasTried && problemCount > 0 ? 'badText' : 'dim'}>
              {hasTried && problemCount > 0
                ? t('profile.stateProblems', { count: problemCount, number: format.number(problemCount) })
                : isChanged && t('profile.stateUnsaved')}
            </span>
            <button
              type="button"
              className="button"
              disabled={problemCount > 0 || test?.isRunning === true}
              title={t('servers.test.hint')}
              onClick={() => tests.start(DRAFT, { draft: toDraft(form) })}
            >
              {t(test?.isRunning === true ? 'servers.test.running' : 'servers.test.run')}
            </button>
            <button type="button" className="button" onClick={close}>
              {t('app.cancel')}
            </button>
            <button type="submit" className="button primary" disabled={!isChanged || isSaving}>
              {t(isSaving ? 'profile.saving' : 'profile.save')}
            </button>
          </div>
        </form>
      </Dialog>
      <Question
        isOpen={asksDiscard}
        title={t('profile.discardTitle')}
        text={t('profile.discardText')}
        confirm={t('profile.discard')}
        cancel={t('profile.keep')}
        onConfirm={() => {
          keepProfile(null);
          onClose();
        }}
        onClose={() => setAsksDiscard(false)}
      />
    </>
  );
}
