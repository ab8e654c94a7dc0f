import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { PRIORITY_BANDS, priorityBand, type PriorityBand } from '#shared/domain/run.ts';
import { wholeNumber } from '../newRun/optionInput.ts';

/** What a band means when only the band is chosen. */
const NUMBER_OF_BAND: Readonly<Record<PriorityBand, number>> = { immediate: 0, high: 3, normal: 6, low: 15 };

export const MAX_PRIORITY = 1_000;

interface Props {
  /** As typed; empty where nothing is chosen. */
  readonly text: string;
  readonly hint: string;
  onChange(text: string): void;
}

/** A priority by its band or by its number. */
export function PriorityField({ text, hint, onChange }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const value = wholeNumber(text, 0, MAX_PRIORITY);
  const band = value == null ? null : priorityBand(value);
  return (
    <div className="field">
      <span className="label" id={`${id}band`}>
        {t('queue.priorityLabel')}
      </span>
      <div className="chips" role="group" aria-labelledby={`${id}band`}>
        {PRIORITY_BANDS.map((name) => (
          <button
            key={name}
            type="button"
            className="chip num"
            aria-pressed={band === name}
            onClick={() => onChange(String(NUMBER_OF_BAND[name]))}
          >
            {t('queue.bandOf', { band: t(`queue.band.${name}`), number: t(`queue.bandRange.${name}`) })}
          </button>
        ))}
      </div>
      <label htmlFor={id}>{t('queue.priorityNumber')}</label>
      <input
        id={id}
        className="input num priorityInput"
        inputMode="numeric"
        value={text}
        aria-invalid={value === undefined}
        aria-describedby={`${id}hint`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <span className="hint" id={`${id}hint`}>
        {hint}
      </span>
    </div>
  );
}
