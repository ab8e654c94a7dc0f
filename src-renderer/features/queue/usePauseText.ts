import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useNow } from '../../app/clientContext.ts';
import { useFormat } from '../../app/language.ts';

/** Whose pause a run is in, and when it pauses by itself; nothing for a run without either. */
export function usePauseText(): (run: Pick<RunSummary, 'pausedBy' | 'pauseAtMs'>) => string[] {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  return ({ pausedBy, pauseAtMs }) => [
    ...(pausedBy === null ? [] : [t(`queue.pausedBy.${pausedBy}`)]),
    ...(pauseAtMs === null ? [] : [t('queue.pauseMenu.planned', { time: format.clock(pauseAtMs, now) })]),
  ];
}
