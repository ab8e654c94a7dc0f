import { useTranslation } from 'react-i18next';
import type { ModeComparison } from '#shared/contract/reports.ts';
import { useFormat } from '../../app/language.ts';
import { findingOf, type Finding } from './significanceView.ts';

/** Below this a p is said as a bound: its digits would promise what no test gives. */
const LEAST_P = 0.001;

/** One sentence for each pair of modes, the effect first and the test second. */
export function Findings({ comparisons }: { readonly comparisons: readonly ModeComparison[] }) {
  return (
    <ul className="findings">
      {comparisons.map((comparison) => (
        <li key={`${comparison.a} ${comparison.b}`}>
          <FindingText finding={findingOf(comparison)} />
        </li>
      ))}
    </ul>
  );
}

function FindingText({ finding }: { readonly finding: Finding }) {
  const { t } = useTranslation();
  const format = useFormat();
  const points = (ratio: number): string => format.number(ratio * 100, 2);
  if (finding.kind === 'notEnoughData') {
    return (
      <>
        <b>{t('finding.notEnough', { a: t(`mode.${finding.a}`), b: t(`mode.${finding.b}`) })}</b>{' '}
        <span className="dim">{t('finding.files', { count: finding.files, number: format.number(finding.files) })}</span>
      </>
    );
  }
  const { interval, p, files } = finding;
  const test = t('finding.test', {
    low: points(interval[0]),
    high: points(interval[1]),
    p: p < LEAST_P ? `< ${format.number(LEAST_P, 3)}` : `= ${format.number(p, 3)}`,
    count: files,
    number: format.number(files),
  });
  return (
    <>
      <b>
        {t(`finding.${finding.kind}`, {
          better: t(`mode.${finding.better}`),
          worse: t(`mode.${finding.worse}`),
          points: points(finding.difference),
        })}
      </b>{' '}
      <span className="dim">{test}</span>
    </>
  );
}
