import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/language.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { LANGUAGES } from '../newRun/languages.ts';
import { wholeNumber } from '../newRun/optionInput.ts';
import { MAX_PRIORITY, PriorityField } from './PriorityField.tsx';
import type { ItemChange } from './useItemActions.ts';
import type { ChosenItem } from './useItemMenu.tsx';

interface Props {
  /** Empty: nothing is asked. */
  readonly chosen: readonly ChosenItem[];
  onSave(change: ItemChange): void;
  onClose(): void;
}

/** Priority and language of queued files; what differs among several stays as it is unless it is chosen. */
export function EditItemsDialog({ chosen, onSave, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const count = chosen.length;
  return (
    <Dialog isOpen={count > 0} title={t('queue.files.editTitle', { count, number: format.number(count) })} onClose={onClose}>
      {count > 0 && <EditForm chosen={chosen} onSave={onSave} onClose={onClose} />}
    </Dialog>
  );
}

/** Of choices that stand for no language of their own. */
const KEEP = 'keep';
const OF_RUN = 'run';

function EditForm({ chosen, onSave, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames([i18n.language], { type: 'language' });
  const samePriority = same(chosen.map(({ priority }) => priority));
  const sameLanguage = same(chosen.map(({ language }) => (language === undefined ? KEEP : (language ?? OF_RUN))));
  const [text, setText] = useState(samePriority === null ? '' : String(samePriority));
  const [language, setLanguage] = useState(sameLanguage ?? KEEP);
  const priority = wholeNumber(text, 0, MAX_PRIORITY);
  const known =
    sameLanguage === null || sameLanguage === OF_RUN || sameLanguage === KEEP ? LANGUAGES : [...new Set([...LANGUAGES, sameLanguage])];
  const change: ItemChange = {
    ...(priority == null || priority === samePriority ? {} : { priority }),
    ...(language === KEEP || language === sameLanguage ? {} : { language: language === OF_RUN ? null : language }),
  };
  return (
    <form
      className="queueForm"
      onSubmit={(event) => {
        event.preventDefault();
        if (priority === undefined) return;
        if (Object.keys(change).length > 0) onSave(change);
        onClose();
      }}
    >
      <PriorityField text={text} hint={t('queue.files.keepPriority')} onChange={setText} />
      <div className="field">
        <label htmlFor="itemLanguage">{t('queue.files.language')}</label>
        <select id="itemLanguage" className="select" value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
          {(sameLanguage === null || sameLanguage === KEEP) && <option value={KEEP}>{t('queue.files.keep')}</option>}
          <option value={OF_RUN}>{t('queue.files.runLanguage')}</option>
          {known.map((tag) => (
            <option key={tag} value={tag}>
              {names.of(tag)}
            </option>
          ))}
        </select>
      </div>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="submit" className="button primary" disabled={priority === undefined}>
          {t('queue.save')}
        </button>
      </div>
    </form>
  );
}

/** The value that all have; null where they differ. */
function same<T>(values: readonly T[]): T | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}
