import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog, screen, session, type BrowserWindow } from 'electron';
import { errorLine } from '#shared/errors/messages.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { resolveDataDir } from '#main/platform/paths.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { composeClient } from '../composeClient.ts';
import { openNightshift } from '../openOwner.ts';
import { parseCommandLine } from './commandLine.ts';
import { createHostHandlers } from './hostHandlers.ts';
import { attachIpc } from './ipcTransport.ts';
import { labelsFor, localeFor } from './labels.ts';
import { installMenu } from './menu.ts';
import { createElectronPrinter } from './pagePrinter.ts';
import { createElectronPowerHold } from './powerHold.ts';
import { registerPanelScheme, servePanel } from './protocol.ts';
import { installQuitFlow } from './quitFlow.ts';
import { notifyOfBrokenServers } from './notices.ts';
import { createTray } from './tray.ts';
import { confine, createPanelWindow, denyPermissions } from './window.ts';
import { readWindowBounds, rememberWindowBounds } from './windowBounds.ts';

const OUT_FOLDER = join(import.meta.dirname, '..');
const icon = (name: string): string => join(assetsFolder(), 'icons', name);

const { dataDir: chosenDataDir } = parseCommandLine(process.argv.slice(1));
const dataDir = resolveDataDir(chosenDataDir ?? undefined);

let window: BrowserWindow | null = null;
const currentWindow = (): BrowserWindow | null => window;

function showWindow(): void {
  if (window === null) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

async function start(): Promise<void> {
  const owner = await openNightshift({ dataDir, host: 'electron', power: createElectronPowerHold(), printer: createElectronPrinter() });
  const { logger } = owner;
  const client = composeClient(owner.client, createHostHandlers(currentWindow), { logger });

  const { language } = await client.request('settings.get', {});
  let locale = localeFor(language, app.getLocale());
  let labels = labelsFor(locale);
  installMenu(labels);
  const tray = createTray(icon('tray.png'), labels, { show: showWindow, quit: () => app.quit() });
  client.subscribe((event) => {
    if (event.name !== 'settings.changed') return;
    locale = localeFor(event.payload.language, app.getLocale());
    labels = labelsFor(locale);
    installMenu(labels);
    tray.relabel(labels);
  });
  notifyOfBrokenServers(client, () => locale, showWindow);

  denyPermissions(session.defaultSession);
  servePanel(session.defaultSession, join(OUT_FOLDER, 'renderer'));
  attachIpc(client, (contents) => contents === window?.webContents, owner.connection);
  let isClosed = false;
  installQuitFlow({
    client,
    isAttached: () => owner.role === 'attached',
    labels: () => labels,
    currentWindow,
    async close() {
      isClosed = true;
      tray[Symbol.dispose]();
      await owner.close();
    },
    onError(error) {
      logger.error('quitting failed', { error });
      process.stderr.write(`nightshift: ${errorLine(toNightshiftError(error), 'en')}\n`);
    },
  });

  const boundsPath = join(dataDir, 'electron', 'window.json');
  const panel = createPanelWindow({
    preloadPath: join(OUT_FOLDER, 'preload', 'preload.cjs'),
    iconPath: icon('icon-512.png'),
    bounds: readWindowBounds(
      boundsPath,
      screen.getAllDisplays().map((display) => display.workArea),
    ),
  });
  rememberWindowBounds(panel, boundsPath);
  window = panel;
  // Closing the only window is quitting, and quitting may ask first: the window stays until that is decided.
  panel.on('close', (event) => {
    if (isClosed) return;
    event.preventDefault();
    app.quit();
  });
  panel.once('ready-to-show', () => {
    // Tells `npm start` that the window is there; before that it would serve to a browser instead.
    const readyFile = process.env['NIGHTSHIFT_READY_FILE'];
    if (readyFile !== undefined) writeFileSync(readyFile, '');
  });
}

function fail(thrown: unknown): void {
  const error = toNightshiftError(thrown);
  const locale = localeFor('auto', app.getLocale());
  const line = errorLine(error, locale);
  process.stderr.write(`nightshift: ${line}\n`);
  dialog.showErrorBox(labelsFor(locale).cannotStart, line);
  app.exit(error.kind === 'bug' ? 70 : error.kind === 'usage' ? 2 : 3);
}

registerPanelScheme();
// One instance per data folder: the lock and Chromium's own files belong to it.
app.setPath('userData', join(dataDir, 'electron'));
app.on('web-contents-created', (_, contents) => confine(contents));
if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => app.quit());
  void app.whenReady().then(start).catch(fail);
} else {
  app.quit();
}
