import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useErrorText, useFormat } from '../../app/language.ts';
import type { RunPoint } from '../../state/slices/runs.ts';
import { selectServerError } from '../../state/slices/servers.ts';
import { usePanel } from '../../state/store.ts';
import { UndoBar } from '../queue/UndoBar.tsx';
import { filesPerSecond, settledCount, successRatio } from './progressView.ts';

const NO_POINTS: readonly RunPoint[] = [];

/** Totals over all modes at the left, the latest trouble at the right. */
export function RunFooter({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const points = usePanel((state) => state.pointsByRun[run.id] ?? NO_POINTS);
  const speed = run.status === 'running' ? filesPerSecond(points) : null;
  const success = successRatio(run.totals);
  return (
    <footer className="runFooter num" aria-label={t('footer.label')}>
      <span>
        {t('footer.progress', { done: format.number(settledCount(run.totals)), total: format.number(run.totals.total) })}
        {success !== null && ` (${t('footer.success', { percent: format.percent(success, 1) })})`}
      </span>
      <span>{t('footer.active', { number: format.number(run.totals.active) })}</span>
      <span>{t('footer.failed', { number: format.number(run.totals.failed) })}</span>
      {speed !== null && <span>{t('footer.speed', { number: format.number(speed, 1) })}</span>}
      <UndoBar runId={run.id} />
      <span className="runTrouble">
        <Trouble run={run} />
      </span>
    </footer>
  );
}

function Trouble({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const describe = useErrorText();
  const incident = usePanel((state) => state.incidentByRun[run.id]);
  const current = run.modes.find(({ status }) => status === 'running' || status === 'starting' || status === 'pausing');
  const serverError = usePanel((state) => (current === undefined ? null : selectServerError(state, current.mode)));
  if (serverError !== null) return describe(serverError).what;
  if (run.resultsError !== null) return describe(run.resultsError).what;
  if (incident !== undefined) {
    const { step } = incident;
    if ((step.step === 'taskRetrying' || step.step === 'taskFinished') && step.error !== null)
      return `${step.fileId}: ${describe(step.error).what}`;
  }
  return run.totals.failed === 0 && run.totals.done > 0 ? t('footer.nothingWrong') : '';
}
