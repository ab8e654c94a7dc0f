import './boot/zodConfig.ts';
import './boot/styleNonce.ts';
// Before the screens, whose style sheets refine these.
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import i18next from 'i18next';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { App } from './app/App.tsx';
import { ClientProvider } from './app/clientContext.ts';
import { ErrorBoundary } from './app/ErrorBoundary.tsx';
import { needsNoticeInBackground } from './app/reportable.ts';
import { applyTheme, rememberedTheme } from './app/theme.ts';
import { resolveLocale } from './format/format.ts';
import { startI18n } from './i18n/i18n.ts';
import { startSync } from './state/sync.ts';
import { usePanel } from './state/store.ts';
import { connect } from './transport/connect.ts';

applyTheme(rememberedTheme());
const setLanguage = (locale: 'en' | 'ko'): void => {
  document.documentElement.lang = locale;
  if (i18next.language !== locale) void i18next.changeLanguage(locale);
};
const firstLocale = resolveLocale('auto', navigator.languages);
await startI18n(firstLocale);
setLanguage(firstLocale);

const client = connect();
usePanel.subscribe((state, before) => {
  if (state.settings === null || state.settings === before.settings) return;
  setLanguage(resolveLocale(state.settings.language, navigator.languages));
  applyTheme(state.settings.theme);
});
startSync(
  client,
  usePanel,
  () => Date.now(),
  (error) => {
    const wire = toWireError(error);
    const { connection, isLoaded, addNotice } = usePanel.getState();
    // Before the first state the page itself says why there is none.
    if (isLoaded && needsNoticeInBackground(wire, connection)) addNotice({ kind: 'error', error: wire });
  },
);

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <ClientProvider value={client}>
        <App />
      </ClientProvider>
    </ErrorBoundary>
  </StrictMode>,
);
