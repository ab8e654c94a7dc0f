import { useTranslation } from 'react-i18next';
import { isSecretName } from '#shared/domain/secretNames.ts';
import { fieldId, ProblemText } from './ProfileField.tsx';
import type { Pair } from './profileForm.ts';
import type { Problems } from './profileProblems.ts';

interface Props {
  readonly place: string;
  readonly label: string;
  readonly nameLabel: string;
  readonly pairs: readonly Pair[];
  readonly problems: Problems;
  onChange(pairs: readonly Pair[]): void;
}

/** Names and values in rows; the value of a name that says it is a secret is not shown. */
export function PairRows({ place, label, nameLabel, pairs, problems, onChange }: Props) {
  const { t } = useTranslation();
  const problem = problems[place];
  const put = (index: number, part: Partial<Pair>): void => onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <fieldset className="pairRows" aria-describedby={problem === undefined ? undefined : `${fieldId(place)}Hint`}>
      <legend>{label}</legend>
      {pairs.map((pair, index) => (
        // Rows have nothing else that stays the same while they are typed.
        <div key={`${index} of ${place}`} className="pairRow">
          <input
            className="input mono"
            aria-label={`${label}: ${nameLabel} ${index + 1}`}
            placeholder={nameLabel}
            spellCheck={false}
            autoComplete="off"
            value={pair.name}
            aria-invalid={problem !== undefined}
            onChange={(event) => put(index, { name: event.currentTarget.value })}
          />
          <input
            className="input mono"
            aria-label={`${label}: ${t('profile.value')} ${index + 1}`}
            placeholder={t('profile.value')}
            type={isSecretName(pair.name) ? 'password' : 'text'}
            spellCheck={false}
            autoComplete="off"
            value={pair.value}
            onChange={(event) => put(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            className="button small quiet"
            aria-label={t('profile.removeRow', { name: pair.name === '' ? String(index + 1) : pair.name })}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            ✕
          </button>
        </div>
      ))}
      {problem !== undefined && (
        <span className="hint badText" id={`${fieldId(place)}Hint`}>
          <ProblemText problem={problem} />
        </span>
      )}
      <button
        type="button"
        className="button small"
        aria-label={`${label}: ${t('profile.addRow')}`}
        onClick={() => onChange([...pairs, { name: '', value: '' }])}
      >
        {t('profile.addRow')}
      </button>
    </fieldset>
  );
}
