import { useTranslation } from 'react-i18next';
import type { RunOptions } from '#shared/contract/runs.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import { inModeOrder } from '#shared/domain/mode.ts';
import { hrefOf } from '../../app/routing.ts';
import { useServerText } from '../servers/useServerText.ts';
import { serversOf, withServer } from './serverChoice.ts';

interface Props {
  readonly options: RunOptions;
  readonly servers: readonly KnownServer[];
  onChange(serverIds: string[]): void;
}

/** Which servers serve each mode of this run; nothing where there is no choice. */
export function ServerChoice({ options, servers, onChange }: Props) {
  const { t } = useTranslation();
  const { nameOf } = useServerText();
  const modes = inModeOrder(options.modes).filter((mode) => servers.some((server) => server.mode === mode && server.id !== mode));
  if (modes.length === 0) return null;
  return (
    <fieldset className="serverChoice">
      <legend className="dim">{t('preflight.serversOfRun')}</legend>
      {modes.map((mode) => {
        const used = serversOf(options, servers, mode);
        return (
          <div key={mode} role="group" aria-label={t(`mode.${mode}`)}>
            <span>
              <span className={`dot ${mode}`} /> {t(`mode.${mode}`)}
            </span>
            {servers
              .filter((server) => server.mode === mode)
              .map((server) => (
                <label key={server.id} className="check">
                  <input
                    type="checkbox"
                    checked={used.includes(server.id)}
                    // A mode needs a server.
                    disabled={used.length === 1 && used[0] === server.id}
                    onChange={() => onChange(withServer(options, servers, mode, server.id))}
                  />
                  {nameOf(server)}
                </label>
              ))}
          </div>
        );
      })}
      <a href={hrefOf({ screen: 'servers', serverId: null })}>{t('preflight.serversUsual')}</a>
    </fieldset>
  );
}
