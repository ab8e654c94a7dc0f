import { useTranslation } from 'react-i18next';
import type { Comparison, ErrorTally } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { isSameError, type Only } from './filesView.ts';
import { SystemDot } from './SystemDot.tsx';
import type { ShownSystem } from './systemNames.ts';

interface Props {
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
  readonly only: Only | null;
  onOnly(only: Only | null): void;
}

/** The most frequent errors by kind, with how often each system made them; a click shows the files with one of them. */
export function ErrorLists({ comparison, systems, only, onOnly }: Props) {
  const { t } = useTranslation();
  const { substitutions, deletions, insertions } = comparison.topErrors;
  const kinds = [
    { name: t('comparison.mostReplaced'), errors: substitutions },
    { name: t('comparison.mostMissing'), errors: deletions },
    { name: t('comparison.mostExtra'), errors: insertions },
  ];
  return (
    <div className="compareErrors">
      {kinds.map(({ name, errors }) => (
        <section key={name} aria-label={name}>
          <h3>{name}</h3>
          {errors.length === 0 ? (
            <p className="faint">{t('comparison.none')}</p>
          ) : (
            <ul>
              {errors.map((error) => (
                <ErrorLine
                  key={`${error.reference} ${error.hypothesis}`}
                  error={error}
                  systems={systems}
                  isChosen={isSameError(only, error)}
                  onOnly={onOnly}
                />
              ))}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}

interface LineProps {
  readonly error: ErrorTally;
  readonly systems: readonly ShownSystem[];
  readonly isChosen: boolean;
  onOnly(only: Only | null): void;
}

function ErrorLine({ error, systems, isChosen, onOnly }: LineProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { reference, hypothesis } = error;
  return (
    <li>
      <button
        type="button"
        className="compareError"
        aria-pressed={isChosen}
        onClick={() => onOnly(isChosen ? null : { kind: 'error', reference, hypothesis })}
      >
        <span className="compareErrorText">
          {reference !== null && hypothesis !== null && (
            <>
              {reference} <span aria-hidden="true">→</span>
              <span className="srOnly"> {t('comparison.legendHeard')}: </span> <u>{hypothesis}</u>
            </>
          )}
          {hypothesis === null && <s>{reference}</s>}
          {reference === null && <ins>{hypothesis}</ins>}
        </span>
        {systems.map((system, place) => (
          <span key={`${system.runId} ${system.mode}`} className="compareErrorCount num">
            <SystemDot system={system} />
            <span className="srOnly">{system.name}</span>
            {format.number(error.counts[place] ?? 0)}
          </span>
        ))}
      </button>
    </li>
  );
}
