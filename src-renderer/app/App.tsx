import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { WhenDoneDialog } from '../features/alerts/WhenDoneDialog.tsx';
import { HistoryScreen } from '../features/history/HistoryScreen.tsx';
import { CompareScreen } from '../features/compare/CompareScreen.tsx';
import { LogScreen } from '../features/log/LogScreen.tsx';
import { NewRunScreen } from '../features/newRun/NewRunScreen.tsx';
import { QueueScreen } from '../features/queue/QueueScreen.tsx';
import { SearchScreen } from '../features/search/SearchScreen.tsx';
import { RunScreen } from '../features/run/RunScreen.tsx';
import { RunsScreen } from '../features/runs/RunsScreen.tsx';
import { ServersScreen } from '../features/servers/ServersScreen.tsx';
import { SettingsScreen } from '../features/settings/SettingsScreen.tsx';
import { selectCurrentRunId } from '../state/slices/runs.ts';
import { usePanel } from '../state/store.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { NOTHING_CHOSEN } from './compareAddress.ts';
import { useDropGuard } from './fileDrop.ts';
import { LostLink } from './LostLink.tsx';
import { Notices } from './Notices.tsx';
import { navigate, parseRoute, useHash, type Route } from './routing.ts';
import { SHORTCUTS, useShortcuts } from './shortcuts.ts';
import { Sidebar } from './Sidebar.tsx';

export function App() {
  const connection = usePanel((state) => state.connection);
  return connection === 'accessLost' ? (
    <>
      <LostLink />
      <Notices />
    </>
  ) : (
    <Shell />
  );
}

function Shell() {
  const { t } = useTranslation();
  const asked = parseRoute(useHash());
  const isLoaded = usePanel((state) => state.isLoaded);
  const isOffline = usePanel((state) => state.connection === 'offline');
  const home = useHome();
  const route = asked.screen === 'home' ? home : asked;
  useDropGuard();
  const [showsShortcuts, setShowsShortcuts] = useState(false);

  useShortcuts(
    useCallback((key) => {
      switch (key) {
        case 'n':
          navigate({ screen: 'newRun', runId: null });
          return true;
        case 'r':
          navigate({ screen: 'runs' });
          return true;
        case 'q':
          navigate({ screen: 'queue', runId: null });
          return true;
        case 'c':
          navigate({ screen: 'compare', choice: NOTHING_CHOSEN });
          return true;
        case 's':
          navigate({ screen: 'servers', serverId: null });
          return true;
        case 'l':
          navigate({ screen: 'log', runId: null });
          return true;
        case ',':
          navigate({ screen: 'settings' });
          return true;
        case '?':
          setShowsShortcuts(true);
          return true;
        default:
          return false;
      }
    }, []),
  );

  return (
    <div className="shell">
      <a className="button skipLink" href="#content" onClick={(event) => skipToContent(event)}>
        {t('app.skipToContent')}
      </a>
      <Sidebar route={route} onShortcuts={() => setShowsShortcuts(true)} />
      <div className="content">
        <div role="status">{isOffline && <div className="offlineBar">{t('app.offline')}</div>}</div>
        <main id="content" tabIndex={-1} className="contentMain">
          {isLoaded ? <Screen route={route} /> : <NotLoaded />}
        </main>
      </div>
      <Notices />
      <WhenDoneDialog />
      <Dialog isOpen={showsShortcuts} title={t('app.shortcuts')} onClose={() => setShowsShortcuts(false)}>
        <dl className="shortcutList">
          {SHORTCUTS.map(({ key, name }) => (
            <ShortcutLine key={key} keyText={key} text={t(`shortcuts.${name}`)} />
          ))}
        </dl>
        <div className="actions">
          <button type="button" className="button" onClick={() => setShowsShortcuts(false)}>
            {t('app.close')}
          </button>
        </div>
      </Dialog>
    </div>
  );
}

/** Before the first state: that it is on its way, or why it does not come and that it is tried again. */
function NotLoaded() {
  const { t } = useTranslation();
  const error = usePanel((state) => state.loadError);
  if (error === null) return <p className="empty">{t('app.loading')}</p>;
  return (
    <div className="loadError" role="alert">
      <ErrorNote error={error} title={t('app.loadFailed')}>
        <button type="button" className="button small" onClick={() => location.reload()}>
          {t('crash.reload')}
        </button>
      </ErrorNote>
    </div>
  );
}

function ShortcutLine({ keyText, text }: { readonly keyText: string; readonly text: string }) {
  return (
    <>
      <dt>
        <kbd>{keyText}</kbd>
      </dt>
      <dd>{text}</dd>
    </>
  );
}

function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** Where the panel opens: the run under way, the first-start screen, or the list. Decided once, so that nothing jumps later. */
function useHome(): Route {
  const isLoaded = usePanel((state) => state.isLoaded);
  return useMemo(() => {
    if (!isLoaded) return { screen: 'runs' };
    const state = usePanel.getState();
    const runId = selectCurrentRunId(state);
    if (runId !== null) return { screen: 'run', runId };
    return state.runTotal === 0 ? { screen: 'newRun', runId: null } : { screen: 'runs' };
  }, [isLoaded]);
}

function Screen({ route }: { readonly route: Route }) {
  switch (route.screen) {
    case 'newRun':
      return <NewRunScreen runId={route.runId} />;
    case 'run':
      return <RunScreen key={route.runId} runId={route.runId} />;
    case 'queue':
      return <QueueScreen runId={route.runId} />;
    case 'history':
      return <HistoryScreen />;
    case 'search':
      return <SearchScreen />;
    case 'compare':
      return <CompareScreen choice={route.choice} />;
    case 'servers':
      return <ServersScreen serverId={route.serverId} />;
    case 'log':
      return <LogScreen runId={route.runId} />;
    case 'settings':
      return <SettingsScreen />;
    case 'home':
    case 'runs':
      return <RunsScreen />;
  }
}
