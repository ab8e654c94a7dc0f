import { useTranslation } from 'react-i18next';
import type { RunStatus } from '#shared/domain/run.ts';
import { statusTone } from '../features/run/progressView.ts';

export function StatusPill({ status }: { readonly status: RunStatus }) {
  const { t } = useTranslation();
  return (
    <span className={`pill ${statusTone(status)}`} data-status={status}>
      {t(`runStatus.${status}`)}
    </span>
  );
}
