import { useTranslation } from 'react-i18next';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { saveFile } from '../../app/saveFile.ts';
import { usePanel } from '../../state/store.ts';

/** Hands results.json to the user: a download in a browser, a written file with its path said where the disk is shared. */
export function useExport(runId: number): { readonly isBusy: boolean; start(): void } {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const isBrowser = usePanel((state) => state.host?.host === 'serve');
  const addNotice = usePanel((state) => state.addNotice);
  return {
    isBusy: command.isBusy,
    start: () =>
      command.run(async () => {
        if (isBrowser) {
          const { fileName, json } = await client.request('results.read', { runId });
          saveFile(fileName, json, 'application/json');
          return;
        }
        const { path } = await client.request('results.export', { runId });
        addNotice({ kind: 'info', text: t('app.saved', { path }) });
      }),
  };
}
