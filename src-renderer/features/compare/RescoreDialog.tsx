import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NORMALIZERS, type NormalizerName } from '#shared/domain/scores.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { NORMALIZER_LABELS } from '../newRun/normalizerLabels.ts';

interface Props {
  readonly normalizer: NormalizerName | null;
  /** How the first run was scored. */
  readonly ofFirstRun: string;
  onUse(normalizer: NormalizerName | null): void;
  onClose(): void;
}

/** The same texts under another normaliser. Mounted while it is open. */
export function RescoreDialog({ normalizer, ofFirstRun, onUse, onClose }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(normalizer);
  const option = (value: NormalizerName | null, text: string) => (
    <label key={value ?? ''} className="check">
      <input type="radio" name="normalizer" checked={chosen === value} onChange={() => setChosen(value)} />
      {text}
    </label>
  );
  return (
    <Dialog isOpen title={t('comparison.rescoreTitle')} onClose={onClose}>
      <p className="dim">{t('comparison.rescoreText')}</p>
      <fieldset className="compareOptions">
        <legend className="srOnly">{t('preflight.normalizer')}</legend>
        {option(null, t('comparison.rescoreAsRun', { name: ofFirstRun }))}
        {NORMALIZERS.map((name) => option(name, t(NORMALIZER_LABELS[name])))}
      </fieldset>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button type="button" className="button primary" onClick={() => onUse(chosen)}>
          {t('comparison.rescoreUse')}
        </button>
      </div>
    </Dialog>
  );
}
