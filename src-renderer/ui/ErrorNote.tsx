import type { ReactNode } from 'react';
import type { KnownServer } from '#shared/contract/servers.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '../app/language.ts';
import { selectServers } from '../state/slices/servers.ts';
import { usePanel } from '../state/store.ts';
import { hrefOf, parseRoute, useHash } from '../app/routing.ts';

interface Props {
  readonly error: WireError;
  /** What the error is about, where the place does not say it. */
  readonly title?: string;
  readonly children?: ReactNode;
}

/** What happened, what Nightshift did, what can be done, and the screen where it can be done. */
export function ErrorNote({ error, title, children }: Props) {
  const text = useErrorText()(error);
  const { t } = useTranslation();
  const place = parseRoute(useHash()).screen;
  const found = fixOf(error.code);
  const fix = found === place ? null : found;
  const server = usePanel((state) => serverOf(error, selectServers(state)));
  return (
    <div className="note bad">
      <strong className="wrapAnywhere">
        {title !== undefined && `${title}: `}
        {text.what}
      </strong>
      <span className="did">{text.did}</span>
      <span>{text.advice}</span>
      {(fix !== null || children !== undefined) && (
        <div className="actions">
          {fix !== null && (
            <a
              className="button small"
              href={hrefOf(fix === 'settings' ? { screen: 'settings' } : { screen: 'servers', serverId: server?.id ?? null })}
            >
              {fix === 'settings' ? t('error.openSettings') : <ServersLink error={error} server={server} />}
            </a>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

/** Where an error can be repaired; null when no screen helps. */
function fixOf(code: WireError['code']): 'settings' | 'servers' | null {
  if (code === 'DECODER_MISSING' || code.startsWith('MODEL_')) return 'settings';
  return code === 'PORT_IN_USE' || code.startsWith('SERVER_') ? 'servers' : null;
}

/** The server that an error is about: the one it names, else the one that is meant for its port. */
function serverOf({ data }: WireError, servers: readonly KnownServer[]): KnownServer | null {
  const { profileId, port } = data;
  return servers.find(({ id }) => id === profileId) ?? servers.find((server) => server.isServing && server.port === port) ?? null;
}

function ServersLink({ error, server }: { readonly error: WireError; readonly server: KnownServer | null }) {
  const { t } = useTranslation();
  if (server === null) return t('error.openServers');
  const { name, port, isStartable } = server;
  if (error.code !== 'SERVER_REFUSED') return t('error.openServer', { name });
  return t(isStartable ? 'error.startServer' : 'error.checkServer', { name, port });
}
