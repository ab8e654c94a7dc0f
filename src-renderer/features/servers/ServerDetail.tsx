import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import { SERVER_REASON_TEXTS, SERVER_WARNING_TEXTS, WINDOW_REASON_TEXTS } from '#shared/domain/server.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { tellError, useClient, useCommand, useNow } from '../../app/clientContext.ts';
import { useFormat, useLocale } from '../../app/language.ts';
import { hrefOf, navigate } from '../../app/routing.ts';
import { usePanel } from '../../state/store.ts';
import { Question } from '../../ui/Dialog.tsx';
import { ErrorNote } from '../../ui/ErrorNote.tsx';
import { PauseServer } from './PauseServer.tsx';
import { PortConflict } from './PortConflict.tsx';
import { isReasonTelling, serverAction, serverTone } from './serverView.ts';
import { ServerLog } from './ServerLog.tsx';
import { TestSteps } from './TestSteps.tsx';
import type { TestRun } from './useServerTests.ts';
import { useServerText } from './useServerText.ts';

interface Props {
  readonly server: KnownServer;
  /** null before it is known. */
  readonly profile: ServerProfile | null;
  readonly test: TestRun | null;
  /** It was chosen and is not only the first one. */
  readonly isAsked: boolean;
  onTest(): void;
  onEdit(profile: ServerProfile): void;
  onDuplicate(profile: ServerProfile): void;
  onExport(): void;
}

/** One server: what it does and why, what can be done with it, its test and its log. */
export function ServerDetail({ server, profile, test, isAsked, onTest, onEdit, onDuplicate, onExport }: Props) {
  const { t } = useTranslation();
  const locale = useLocale();
  const format = useFormat();
  const { nameOf, stateOf } = useServerText();
  const [isConflictHidden, setConflictHidden] = useState(false);
  const power = usePower(server);
  const name = nameOf(server);
  const isBuiltIn = server.id === server.mode;
  const hasConflict = server.error?.code === 'PORT_IN_USE' && !isConflictHidden;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Below the list, it would otherwise appear out of sight.
    if (isAsked && matchMedia('(max-width: 1000px)').matches) top.current?.scrollIntoView({ block: 'start' });
  }, [isAsked]);
  return (
    <div ref={top} className="serverDetail">
      <article className="card serverCard" aria-labelledby="serverTitle">
        <div className="serverHead">
          <div>
            <h2 id="serverTitle">
              <span className={`dot ${server.mode}`} />
              {name}
              <span className="dim">{t(`mode.${server.mode}`)}</span>
            </h2>
            <code className="dim wrapAnywhere">{server.url}</code>
          </div>
          <div className="serverButtons">
            <PowerButton
              server={server}
              name={name}
              power={power}
              onPress={() => {
                setConflictHidden(false);
                power.press();
              }}
            />
            <PauseServer server={server} name={name} />
            <button type="button" className="button" disabled={test?.isRunning === true} title={t('servers.test.hint')} onClick={onTest}>
              {t(test?.isRunning === true ? 'servers.test.running' : test === null ? 'servers.test.run' : 'servers.test.again')}
            </button>
            {isBuiltIn ? (
              <a className="button quiet" href={hrefOf({ screen: 'settings' })} title={t('servers.ownHint')}>
                {t('servers.ownPort')}
              </a>
            ) : (
              profile !== null && <ProfileButtons profile={profile} onEdit={onEdit} onDuplicate={onDuplicate} onExport={onExport} />
            )}
          </div>
        </div>
        <p className="serverStatus" role="status">
          <span className={`dot ${serverTone(server)}`} />
          <strong>{stateOf(server)}</strong>
          {server.isPaused && <span className="pill warn">❚❚ {t('queue.server.paused')}</span>}
          {isReasonTelling(server) && <span className="dim">{SERVER_REASON_TEXTS[server.reason][locale]}</span>}
        </p>
        {server.window !== null && (
          <p className="note warn">
            {t('servers.places', { places: format.number(server.window.places), capacity: format.number(server.capacity ?? 1) })}:{' '}
            {WINDOW_REASON_TEXTS[server.window.reason][locale]}
          </p>
        )}
        {server.warnings.map((warning) => (
          <p key={warning} className="note warn">
            {SERVER_WARNING_TEXTS[warning][locale]}
          </p>
        ))}
        {hasConflict ? (
          <PortConflict server={server} onSettled={power.start} onCancel={() => setConflictHidden(true)} />
        ) : (
          server.error !== null && <ErrorNote error={server.error} />
        )}
        <Facts server={server} profile={profile} />
      </article>
      {test !== null && (
        <section className="card" aria-labelledby="testTitle">
          <h2 id="testTitle">{t('servers.test.of', { name })}</h2>
          <TestSteps run={test} />
        </section>
      )}
      <ServerLog id={server.id} name={name} isOurs={server.isStartable} />
    </div>
  );
}

interface Power {
  readonly isBusy: boolean;
  /** Does what `serverAction` offers now. */
  press(): void;
  start(id: string): void;
}

/** Starts and stops; an error that the state of the server tells is not told twice. */
function usePower(server: KnownServer): Power {
  const client = useClient();
  // A start takes minutes with a large model and can be stopped meanwhile.
  const starting = useCommand();
  const stopping = useCommand();
  const action = serverAction(server);
  const start = (id: string): void =>
    starting.run(async () => {
      try {
        usePanel.getState().setServer(await client.request('servers.start', { id }));
      } catch (thrown) {
        if (usePanel.getState().serverById[id]?.error?.code !== toWireError(thrown).code) tellError(thrown);
      }
    });
  const isStop = action === 'stop' || action === 'disconnect';
  return {
    isBusy: isStop ? stopping.isBusy : starting.isBusy,
    start,
    press: () => {
      if (action === null) return;
      if (!isStop) return start(server.id);
      stopping.run(async () => usePanel.getState().setServer(await client.request('servers.stop', { id: server.id })));
    },
  };
}

function PowerButton({
  server,
  name,
  power,
  onPress,
}: {
  readonly server: KnownServer;
  readonly name: string;
  readonly power: Power;
  onPress(): void;
}) {
  const { t } = useTranslation();
  const offered = serverAction(server);
  const action = t(`servers.${offered ?? 'stop'}`);
  return (
    <button
      type="button"
      className="button primary"
      disabled={offered === null || power.isBusy}
      aria-label={t('servers.actionOn', { action, name })}
      onClick={onPress}
    >
      {action}
    </button>
  );
}

function ProfileButtons({
  profile,
  onEdit,
  onDuplicate,
  onExport,
}: {
  readonly profile: ServerProfile;
  onEdit(profile: ServerProfile): void;
  onDuplicate(profile: ServerProfile): void;
  onExport(): void;
}) {
  const { t } = useTranslation();
  const client = useClient();
  const command = useCommand();
  const addNotice = usePanel((state) => state.addNotice);
  const [asksRemove, setAsksRemove] = useState(false);
  const { id, name } = profile;
  const remove = (): void =>
    command.run(async () => {
      await client.request('profiles.remove', { id });
      addNotice({ kind: 'info', text: t('servers.removed', { name }) });
      navigate({ screen: 'servers', serverId: null });
    });
  return (
    <>
      <button type="button" className="button" onClick={() => onEdit(profile)}>
        {t('servers.edit')}
      </button>
      <button type="button" className="button quiet" onClick={() => onDuplicate(profile)}>
        {t('servers.duplicate')}
      </button>
      <button type="button" className="button quiet" onClick={onExport}>
        {t('servers.export')}
      </button>
      <button type="button" className="button quiet danger" disabled={command.isBusy} onClick={() => setAsksRemove(true)}>
        {t('servers.remove')}
      </button>
      <Question
        isOpen={asksRemove}
        title={t('servers.removeTitle', { name })}
        text={t('servers.removeText')}
        confirm={t('servers.removeConfirm')}
        onConfirm={remove}
        onClose={() => setAsksRemove(false)}
      />
    </>
  );
}

function Facts({ server, profile }: { readonly server: KnownServer; readonly profile: ServerProfile | null }) {
  const { t } = useTranslation();
  const locale = useLocale();
  const format = useFormat();
  const now = useNow(1_000);
  const dash = t('servers.none');
  const command = profile?.start?.kind === 'command' ? [profile.start.command, ...profile.start.args].join(' ') : null;
  const { gpu } = profile ?? { gpu: null };
  const usedPlaces = (said: number): string => {
    const [sessions, capacity] = [format.number(server.sessions), format.number(said)];
    if (server.window === null) return t('servers.capacityOf', { sessions, capacity });
    const { places, reason } = server.window;
    return t('servers.windowOf', { sessions, capacity, places: format.number(places), reason: WINDOW_REASON_TEXTS[reason][locale] });
  };
  const facts = [
    [t('servers.protocol'), t(`profile.protocols.${server.protocol}`)],
    [t('servers.model'), server.model ?? profile?.options.model ?? dash],
    [t('servers.pid'), server.pid === null ? dash : String(server.pid)],
    [t('servers.capacity'), server.capacity === null ? dash : usedPlaces(server.capacity)],
    [t('servers.memory'), server.rssBytes === null ? dash : format.bytes(server.rssBytes)],
    [t('servers.device'), gpu === null ? t('servers.deviceAny') : gpu === 'cpu' ? t('servers.deviceCpu') : gpu.deviceUuid],
    [t('servers.since'), server.sinceMs === 0 ? dash : format.clock(server.sinceMs, now)],
    [t('servers.crashes'), format.number(server.crashCount)],
    [t('servers.startedBy'), t(server.isStartable ? 'servers.byNightshift' : 'servers.byOthers')],
    ...(command === null ? [] : [[t('servers.command'), command]]),
  ] as const;
  return (
    <dl className="serverFacts num">
      {facts.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd title={value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
