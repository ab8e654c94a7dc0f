import { useTranslation } from 'react-i18next';
import type { Comparison } from '#shared/contract/compare.ts';
import { useFormat } from '../../app/language.ts';
import { SystemDot } from './SystemDot.tsx';
import type { ShownSystem } from './systemNames.ts';

interface Props {
  readonly comparison: Comparison;
  readonly systems: readonly ShownSystem[];
}

/** Every rate and count of every system. */
export function FiguresTable({ comparison, systems }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const heads = ['wer', 'interval', 'cer', 'substitutions', 'deletions', 'insertions', 'vocabulary', 'failed'] as const;
  return (
    <table className="dataTable">
      <thead>
        <tr>
          <th scope="col">{t('comparison.system')}</th>
          {heads.map((name) => (
            <th key={name} scope="col" className="right">
              {t(`comparison.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {comparison.systems.map(({ werRatio, werInterval, cerRatio, counts, vocabulary, failedFiles }, place) => {
          const system = systems[place];
          if (system === undefined) return null;
          return (
            <tr key={`${system.runId} ${system.mode}`}>
              <th scope="row">
                <SystemDot system={system} /> {system.name}
              </th>
              <td className="right">
                <b>{werRatio === null ? '–' : format.percent(werRatio)}</b>
              </td>
              <td className="right">
                {werInterval === null
                  ? '–'
                  : t('comparison.range', { low: format.points(werInterval[0]), high: format.points(werInterval[1]) })}
              </td>
              <td className="right">{cerRatio === null ? '–' : format.percent(cerRatio)}</td>
              <td className="right">{format.number(counts.substitutions)}</td>
              <td className="right">{format.number(counts.deletions)}</td>
              <td className="right">{format.number(counts.insertions)}</td>
              <td
                className="right"
                title={t('comparison.vocabularyHint', {
                  once: format.number(vocabulary.recognisedOnce),
                  words: format.number(vocabulary.words),
                  always: format.number(vocabulary.recognisedAlways),
                })}
              >
                {vocabulary.accuracyRatio === null ? '–' : format.percent(vocabulary.accuracyRatio, 1)}
              </td>
              <td className="right">{format.number(failedFiles)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Each two systems against each other. */
export function TestsTable({ comparison, systems }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = (place: number): string => systems[place]?.name ?? '';
  const heads = ['difference', 'interval', 'z', 'pHolm', 'onlyCorrect', 'mcnemar'] as const;
  return (
    <table className="dataTable compareTests">
      <thead>
        <tr>
          <th scope="col">{t('comparison.pair')}</th>
          <th scope="col">{t('comparison.verdict')}</th>
          {heads.map((name) => (
            <th key={name} scope="col" className="right">
              {t(`comparison.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {comparison.pairs.map((pair) => (
          <tr key={`${pair.a} ${pair.b}`}>
            <th scope="row">{t('comparison.versus', { a: nameOf(pair.a), b: nameOf(pair.b) })}</th>
            <td>
              {pair.verdict === 'aBetter' || pair.verdict === 'bBetter'
                ? t('comparison.isBetter', { name: nameOf(pair.verdict === 'aBetter' ? pair.a : pair.b) })
                : t(`comparison.${pair.verdict}`)}
            </td>
            <td className="right">
              <b>{pair.difference === null ? '–' : format.points(pair.difference)}</b>
            </td>
            <td className="right">
              {pair.interval === null
                ? '–'
                : t('comparison.range', { low: format.points(pair.interval[0]), high: format.points(pair.interval[1]) })}
            </td>
            <td className="right">{pair.z === null ? '–' : format.number(pair.z, 2)}</td>
            <td className="right">{pair.pHolm === null ? '–' : format.pValue(pair.pHolm).replace('= ', '')}</td>
            <td className="right">
              {format.number(pair.onlyACorrect)} / {format.number(pair.onlyBCorrect)}
            </td>
            <td className="right">{pair.mcnemarP === null ? '–' : format.pValue(pair.mcnemarP).replace('= ', '')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
