import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import type { Mode } from '#shared/domain/mode.ts';
import type { RouteOutput } from '#shared/contract/routes.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import { SERVER_REASON_TEXTS, SERVER_WARNING_TEXTS } from '#shared/domain/server.ts';
import { useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { selectServers } from '../../state/slices/servers.ts';
import { usePanel } from '../../state/store.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { isReasonTelling, serverAction, serverTone } from './serverView.ts';
import './servers.css';

const LOG_EVERY_MS = 2_000;
const LOG_LINES = 300;

/** The three speech servers: what they do, start and stop, and the end of their logs. */
export function ServersScreen() {
  const { t } = useTranslation();
  const servers = usePanel(useShallow(selectServers));
  const [logOf, setLogOf] = useState<Mode>('streaming');
  return (
    <div className="screen serversScreen">
      <div className="screenHead">
        <div>
          <h1>{t('servers.title')}</h1>
          <p className="sub">{t('servers.sub')}</p>
        </div>
      </div>
      {servers.length === 0 ? (
        <p className="empty">{t('servers.empty')}</p>
      ) : (
        <>
          <div className="serverCards">
            {servers.map((server) => (
              <ServerCard key={server.mode} server={server} />
            ))}
          </div>
          <section className="card logCard" aria-labelledby="logTitle">
            <div className="logHead">
              <h2 id="logTitle">{t('servers.log', { mode: t(`mode.${logOf}`) })}</h2>
              <div className="chips" role="group" aria-label={t('servers.logChoose')}>
                {servers.map(({ mode }) => (
                  <button key={mode} type="button" className="chip" aria-pressed={mode === logOf} onClick={() => setLogOf(mode)}>
                    {t(`mode.${mode}`)}
                  </button>
                ))}
              </div>
            </div>
            <Log mode={logOf} />
          </section>
        </>
      )}
    </div>
  );
}

function ServerCard({ server }: { readonly server: ServerState }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const command = useCommand();
  const now = useNow(1_000);
  const locale = useLocale();
  const { mode, status } = server;
  const action = serverAction(status);
  const name = t(`mode.${mode}`);
  const dash = t('servers.none');
  const facts = [
    [t('servers.pid'), server.pid === null ? dash : String(server.pid)],
    [t('servers.memory'), server.rssBytes === null ? dash : format.bytes(server.rssBytes)],
    [
      t('servers.capacity'),
      server.capacity === null
        ? dash
        : t('servers.capacityOf', { sessions: format.number(server.sessions), capacity: format.number(server.capacity) }),
    ],
    [t('servers.crashes'), format.number(server.crashCount)],
    [t('servers.since'), server.sinceMs === 0 ? dash : format.clock(server.sinceMs, now)],
    [t('servers.model'), server.model ?? dash],
  ] as const;
  return (
    <article className="card serverCard" aria-label={name}>
      <div className="serverHead">
        <h2>
          <span className={`dot ${mode}`} />
          {name}
        </h2>
        <span className="dim num">{t('servers.port', { port: server.port })}</span>
      </div>
      <p className="serverStatus">
        <span className={`dot ${serverTone(status)}`} />
        {status === 'backingOff' && server.restartAtMs !== null
          ? t('servers.restartIn', { length: format.countdown((server.restartAtMs - now) / 1000) })
          : t(`serverStatus.${status}`)}
        {isReasonTelling(server) && <span className="dim">{SERVER_REASON_TEXTS[server.reason][locale]}</span>}
      </p>
      {server.warnings.map((warning) => (
        <p key={warning} className="note warn">
          {SERVER_WARNING_TEXTS[warning][locale]}
        </p>
      ))}
      <dl className="serverFacts num">
        {facts.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
      {server.error !== null && <ErrorNote error={server.error} />}
      <button
        type="button"
        className="button"
        disabled={action === null || command.isBusy}
        aria-label={t(action === 'stop' ? 'servers.stopServer' : 'servers.startServer', { mode: name })}
        onClick={() =>
          command.run(async () => {
            const changed = await client.request(action === 'stop' ? 'servers.stop' : 'servers.start', { id: mode });
            usePanel.getState().setServer(changed);
          })
        }
      >
        {t(action === 'stop' ? 'servers.stop' : 'servers.start')}
      </button>
    </article>
  );
}

/** The last lines of a log, renewed while the screen is open; it stays at the end unless the user scrolled up. */
function Log({ mode }: { readonly mode: Mode }) {
  const { t } = useTranslation();
  const client = useClient();
  const [log, setLog] = useState<RouteOutput<'servers.log'> | null>(null);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    setLog(null);
    let isCurrent = true;
    const ask = (): void => {
      client.request('servers.log', { id: mode, lines: LOG_LINES }).then(
        (found) => {
          if (isCurrent) setLog(found);
        },
        // No log yet, or no connection: the next turn asks again.
        () => undefined,
      );
    };
    ask();
    const timer = setInterval(ask, LOG_EVERY_MS);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [client, mode]);
  useEffect(() => {
    const element = box.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [log]);
  return (
    <>
      <pre
        ref={box}
        className="log mono"
        tabIndex={0}
        aria-labelledby="logTitle"
        onScroll={({ currentTarget }) => {
          isAtEnd.current = currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < 24;
        }}
      >
        {log === null || log.lines.length === 0 ? t('servers.logEmpty') : log.lines.join('\n')}
      </pre>
      {log !== null && log.path !== '' && (
        <p className="logPath">
          <code className="faint wrapAnywhere">{log.path}</code>
          <CopyButton text={log.path} />
        </p>
      )}
    </>
  );
}
