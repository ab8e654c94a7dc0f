import { useTranslation } from 'react-i18next';
import { useLocale } from '../../app/language.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import type { Editing } from './keptProfile.ts';
import { emptyForm, presetForm } from './profileForm.ts';

interface Props {
  readonly isOpen: boolean;
  onChosen(editing: Editing): void;
  onClose(): void;
}

/** What a new profile begins with: a preset, or nothing. */
export function AddDialog({ isOpen, onChosen, onClose }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const { data, error } = useAnswer('profiles.presets', isOpen ? {} : null);
  return (
    <Dialog isOpen={isOpen} isWide title={t('servers.adding.title')} onClose={onClose}>
      <p className="dim">{t('servers.adding.text')}</p>
      {error !== null && <ErrorNote error={error} />}
      <ul className="presets">
        <li>
          <button type="button" className="preset" onClick={() => onChosen({ id: null, base: emptyForm(), hint: null })}>
            <strong>{t('servers.adding.emptyTitle')}</strong>
            <span className="dim">{t('servers.adding.emptyHint')}</span>
          </button>
        </li>
        {data?.presets.map(({ id, title, hint, draft }) => (
          <li key={id}>
            <button type="button" className="preset" onClick={() => onChosen({ id: null, base: presetForm(draft), hint: hint[locale] })}>
              <strong>{title}</strong>
              <span className="dim">{hint[locale]}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
      </div>
    </Dialog>
  );
}
