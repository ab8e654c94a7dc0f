import { useTranslation } from 'react-i18next';
import type { KnownServer } from '#shared/contract/servers.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { usePanel } from '../../state/store.ts';

/** Lets a server get no new files, or again: its process stays as it is. */
export function PauseServer({ server, name }: { readonly server: KnownServer; readonly name: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const { id, isPaused } = server;
  const action = t(isPaused ? 'queue.server.resume' : 'queue.server.pause');
  return (
    <button
      type="button"
      className="button"
      disabled={command.isBusy}
      title={t('queue.server.hint')}
      aria-label={t('servers.actionOn', { action, name })}
      onClick={() =>
        command.run(async () => usePanel.getState().setServer(await client.request(isPaused ? 'servers.resume' : 'servers.pause', { id })))
      }
    >
      <span aria-hidden="true">{isPaused ? '▶' : '❚❚'}</span> {action}
    </button>
  );
}
