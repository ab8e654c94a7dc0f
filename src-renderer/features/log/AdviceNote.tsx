import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { adviceExtent, adviceText } from '#shared/texts/adviceText.ts';
import { useLocale } from '../../app/language.ts';
import { hrefOf } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import './log.css';

/** What went wrong in a run by cause and what can be done; nothing when nothing did. */
export function AdviceNote({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const locale = useLocale();
  const { id, status, error, totals, modes, endedAtMs } = run;
  const partial = modes.reduce((sum, mode) => sum + mode.partial, 0);
  const isTroubled = error !== null || totals.failed > 0 || partial > 0 || endedAtMs !== null;
  // Asked anew when there is more of it, at most at every twentieth part: the answer looks at all attempts.
  const version = `${status} ${totals.failed === 0 ? 0 : Math.floor(Math.log(totals.failed) * 20)}`;
  const { data } = useAnswer('log.advice', isTroubled ? { runId: id } : null, version);
  if (!isTroubled || data === null || data.advice.length === 0) return null;
  return (
    <details className="note warn adviceNote">
      <summary>{t('log.adviceTitle')}</summary>
      <ul>
        {data.advice.map((found) => {
          const { what, advice } = adviceText(found.cause, locale);
          const extent = adviceExtent(found, locale);
          return (
            <li key={found.cause}>
              <strong>{what}</strong>
              {extent !== '' && <span className="dim"> {extent}</span>} {advice}
            </li>
          );
        })}
      </ul>
      <a href={hrefOf({ screen: 'log', runId: id })}>{t('log.ofThisRun')}</a>
    </details>
  );
}
