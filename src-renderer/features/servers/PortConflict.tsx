import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RouteOutput } from '#shared/contract/routes.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import { useClient, useCommand } from '../../app/clientContext.ts';
import { navigate } from '../../app/routing.ts';
import { useAnswer } from '../../app/useAnswer.ts';
import { wholeNumber } from '../newRun/optionInput.ts';

interface Props {
  readonly server: KnownServer;
  /** After the port was settled: the server that is to be started now. */
  onSettled(id: string): void;
  onCancel(): void;
}

/** Who holds the port of a server, and the ways out of it. */
export function PortConflict({ server, onSettled, onCancel }: Props) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const { data: held } = useAnswer('servers.port', { id: server.id }, server.sinceMs);
  const [port, setPort] = useState<string | null>(null);
  const settle = (choice: 'useExternal' | 'otherPort', wanted: number | null): void =>
    command.run(async () => {
      const { id } = await client.request('servers.settlePort', { id: server.id, choice, port: wanted });
      navigate({ screen: 'servers', serverId: id });
      onSettled(id);
    });
  if (held === null) return null;
  const wanted = port === null ? null : wholeNumber(port, 1, 65_535);
  return (
    <section className="note warn portConflict" aria-labelledby="portConflictTitle">
      <strong id="portConflictTitle">{t('servers.portConflict.title', { port: held.port })}</strong>
      <Holder held={held} />
      {held.choices.includes('useExternal') && <span className="did">{t('servers.portConflict.useExternalHint')}</span>}
      <div className="actions">
        {held.choices.includes('useExternal') && (
          <button type="button" className="button small" disabled={command.isBusy} onClick={() => settle('useExternal', null)}>
            {t('servers.portConflict.useExternal')}
          </button>
        )}
        {held.choices.includes('otherPort') && port === null && (
          <button type="button" className="button small" onClick={() => setPort(held.freePort === null ? '' : String(held.freePort))}>
            {t('servers.portConflict.otherPort')}
          </button>
        )}
        {port !== null && (
          <form
            className="inputRow"
            onSubmit={(event) => {
              event.preventDefault();
              if (typeof wanted === 'number' && !command.isBusy) settle('otherPort', wanted);
            }}
          >
            <input
              className="input num"
              inputMode="numeric"
              aria-label={t('servers.portConflict.newPort')}
              aria-invalid={typeof wanted !== 'number'}
              title={t('servers.portConflict.invalid')}
              value={port}
              onChange={(event) => setPort(event.currentTarget.value)}
            />
            <button type="submit" className="button small" disabled={typeof wanted !== 'number' || command.isBusy}>
              {t('servers.portConflict.usePort')}
            </button>
          </form>
        )}
        <button type="button" className="button small quiet" onClick={port === null ? onCancel : () => setPort(null)}>
          {t('servers.portConflict.cancel')}
        </button>
      </div>
    </section>
  );
}

function Holder({ held }: { readonly held: RouteOutput<'servers.port'> }) {
  const { t } = useTranslation();
  const { occupant, pid, program } = held;
  switch (occupant) {
    case 'free':
    case 'self':
      return <span>{t('servers.portConflict.gone')}</span>;
    case 's0':
      return <span>{t('servers.portConflict.s0')}</span>;
    case 'nightshift':
      return <span>{pid === null ? t('servers.portConflict.nightshiftNoPid') : t('servers.portConflict.nightshift', { pid })}</span>;
    case 'foreign':
      if (program === null) {
        return <span>{pid === null ? t('servers.portConflict.unknown') : t('servers.portConflict.unnamed', { pid })}</span>;
      }
      return (
        <span className="wrapAnywhere">
          {pid === null ? t('servers.portConflict.foreignNoPid', { program }) : t('servers.portConflict.foreign', { program, pid })}
        </span>
      );
  }
}
