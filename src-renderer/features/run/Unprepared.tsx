import { useTranslation } from 'react-i18next';
import type { RunSummary } from '#shared/contract/runs.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';

/** Says that a run was interrupted while its files were looked at, and that nothing else happened. */
export function Unprepared() {
  const { t } = useTranslation();
  return (
    <div className="note warn">
      <strong>{t('run.unpreparedTitle')}</strong>
      <span>{t('run.unpreparedText')}</span>
    </div>
  );
}

/** Looks at the files of such a run again. */
export function GoOn({ run }: { readonly run: RunSummary }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const goOn = (): void =>
    command.run(async () => {
      usePanel.getState().setRun(await client.request('runs.resume', { runId: run.id }), Date.now());
      navigate({ screen: 'newRun', runId: run.id });
    });
  return (
    <button type="button" className="button primary" disabled={command.isBusy} onClick={goOn}>
      <span aria-hidden="true">▶</span> {t('run.goOn')}
    </button>
  );
}
