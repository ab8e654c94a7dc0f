import { useTranslation } from 'react-i18next';
import { useClient, useCommand } from '../../app/clientContext.ts';
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
          download(fileName, json);
          return;
        }
        const { path } = await client.request('results.export', { runId });
        addNotice({ kind: 'info', text: t('app.saved', { path }) });
      }),
  };
}

function download(fileName: string, json: string): void {
  const url = URL.createObjectURL(new Blob([json], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken the data when the click returns; revoking at once would be too early in Firefox.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
