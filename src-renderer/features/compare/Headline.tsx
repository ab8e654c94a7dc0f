import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { headlineText } from './comparisonText.ts';
import type { ShownSystem } from './systemNames.ts';

/** What the comparison says, and what limits it. */
export function Headline({ comparison, systems }: { readonly comparison: Comparison; readonly systems: readonly ShownSystem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { effect, sure, rest, evidence } = headlineText(comparison, systems, t, format);
  return (
    <section className="card compareHeadline">
      <p className="compareSay">
        <strong>{effect}</strong>
        {sure !== '' && ` ${sure}. `}
        {sure === '' && ' '}
        {rest.join(' ')}
      </p>
      <p className="dim">{evidence.join(' ')}</p>
      {comparison.warnings.map(({ code, system, files }) => (
        <p key={`${code} ${system}`} className="compareWarning">
          {t(`comparison.warning.${code}`, {
            count: files ?? 0,
            number: format.number(files ?? 0),
            name: system === null ? '' : (systems[system]?.name ?? ''),
            run: system === null ? '' : (systems[system]?.runName ?? ''),
          })}
        </p>
      ))}
    </section>
  );
}
