import { useTranslation } from 'react-i18next';
import type { KnownServer } from '#shared/contract/servers.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { hrefOf } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { serverTone, servingAfter } from './serverView.ts';
import { useServerText } from './useServerText.ts';

/** The servers of each mode; a tick says which of them serve it. */
export function ServerList({ servers, chosenId }: { readonly servers: readonly KnownServer[]; readonly chosenId: string }) {
  const { t } = useTranslation();
  return (
    <nav className="serverList" aria-label={t('servers.list')}>
      {MODES.map((mode) => (
        <section key={mode} aria-labelledby={`serversOf${mode}`}>
          <h2 id={`serversOf${mode}`}>
            <span className={`dot ${mode}`} />
            {t(`mode.${mode}`)}
          </h2>
          <ModeServers mode={mode} servers={servers.filter((server) => server.mode === mode)} chosenId={chosenId} />
        </section>
      ))}
    </nav>
  );
}

function ModeServers({
  mode,
  servers,
  chosenId,
}: {
  readonly mode: Mode;
  readonly servers: readonly KnownServer[];
  readonly chosenId: string;
}) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const { nameOf, stateOf } = useServerText();
  const chosen = usePanel((state) => state.settings?.servers);
  const isOnlyOwn = chosen === undefined || chosen[mode].length === 0;
  const change = (id: string): void =>
    command.run(async () => {
      if (chosen === undefined) return;
      const next = { ...chosen, [mode]: servingAfter(chosen[mode], mode, id) };
      usePanel.getState().setSettings(await client.request('settings.update', { servers: next }));
    });
  return (
    <ul>
      {servers.map((server) => {
        const { id, port, isServing } = server;
        const name = nameOf(server);
        return (
          <li key={id} className={id === chosenId ? 'chosen' : undefined}>
            <a href={hrefOf({ screen: 'servers', serverId: id })} aria-current={id === chosenId ? 'true' : undefined}>
              <span className="serverRowName">
                <span className={`dot ${serverTone(server)}`} />
                <span className="serverRowText">{name}</span>
                <span className="faint num">{port}</span>
              </span>
              <span className="serverRowState num">{stateOf(server)}</span>
            </a>
            <label className="check">
              <input
                type="checkbox"
                checked={isServing}
                // Without any other, Nightshift's own serves.
                disabled={command.isBusy || (isOnlyOwn && isServing)}
                aria-label={t('servers.servesMode', { name, mode: t(`mode.${mode}`) })}
                onChange={() => change(id)}
              />
              {t('servers.serves')}
            </label>
          </li>
        );
      })}
    </ul>
  );
}
