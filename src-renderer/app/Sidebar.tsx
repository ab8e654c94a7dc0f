import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import type { KnownServer } from '#shared/contract/servers.ts';
import { isBuiltInProfileId } from '#shared/domain/profileDefaults.ts';
import { selectServers } from '../state/slices/servers.ts';
import { usePanel } from '../state/store.ts';
import { NOTHING_CHOSEN } from './compareAddress.ts';
import { useFormat } from './language.ts';
import { hrefOf, type Route } from './routing.ts';
import { Alerts } from '../features/alerts/Alerts.tsx';
import { isInSidebar, serverTone } from '../features/servers/serverView.ts';
import { useServerText } from '../features/servers/useServerText.ts';
import './shell.css';

export function Sidebar({ route, onShortcuts }: { readonly route: Route; onShortcuts(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const runTotal = usePanel((state) => state.runTotal);
  const waiting = usePanel((state) => state.queue?.runIds.length);
  const link = (target: Route, text: string, isCurrent: boolean, count?: number) => (
    <li>
      <a href={hrefOf(target)} aria-current={isCurrent ? 'page' : undefined}>
        {text}
        {count !== undefined && count > 0 && <span className="count num">{format.number(count)}</span>}
      </a>
    </li>
  );
  return (
    <aside className="side">
      <div className="brand">
        <Moon />
        {t('app.name')}
      </div>
      <nav aria-label={t('app.nav')}>
        <ul>
          {link({ screen: 'runs' }, t('nav.runs'), ['runs', 'run', 'history', 'search'].includes(route.screen), runTotal)}
          {link({ screen: 'queue', runId: null }, t('nav.queue'), route.screen === 'queue', waiting)}
          {link({ screen: 'newRun', runId: null }, t('nav.newRun'), route.screen === 'newRun')}
          {link({ screen: 'compare', choice: NOTHING_CHOSEN }, t('nav.compare'), route.screen === 'compare')}
          {link({ screen: 'servers', serverId: null }, t('nav.servers'), route.screen === 'servers')}
          {link({ screen: 'log', runId: null }, t('nav.log'), route.screen === 'log')}
          {link({ screen: 'settings' }, t('nav.settings'), route.screen === 'settings')}
        </ul>
      </nav>
      <Alerts />
      <button type="button" className="button quiet small shortcutsButton" onClick={onShortcuts}>
        {t('app.shortcuts')} <kbd>?</kbd>
      </button>
      <ServerList />
    </aside>
  );
}

function ServerList() {
  const { t } = useTranslation();
  const servers = usePanel(useShallow((state) => selectServers(state).filter(isInSidebar)));
  return (
    <ul className="sideServers" aria-label={t('servers.sideLabel')}>
      {servers.map((server) => (
        <li key={server.id}>
          <a href={hrefOf({ screen: 'servers', serverId: server.id })}>
            <span className="sideServerName">
              <span className={`dot ${serverTone(server)}`} />
              <span className="sideServerText">{isBuiltInProfileId(server.id) ? t(`mode.${server.mode}`) : server.name}</span>
              <span className="sideServerPort">· {server.port}</span>
            </span>
            <span className="sideServerState">
              <ServerLine server={server} />
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function ServerLine({ server }: { readonly server: KnownServer }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stateOf } = useServerText();
  const parts = [stateOf(server)];
  if (server.isPaused) parts.push(t('queue.server.pausedShort'));
  if (server.status === 'stopped' || server.status === 'backingOff') return parts.join(' · ');
  if (server.capacity !== null) parts.push(t('servers.sessions', { count: server.sessions, number: format.number(server.sessions) }));
  if (server.rssBytes !== null) parts.push(format.bytes(server.rssBytes));
  return parts.join(' · ');
}

function Moon() {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <path d="M9 1a8 8 0 1 0 8 8A6.2 6.2 0 0 1 9 1z" fill="var(--accent)" />
      <path d="M6 9h1.2M8.5 6.8v4.4M11 8v2" stroke="var(--side)" strokeWidth="1.3" strokeLinecap="round" />
    </svg>
  );
}
