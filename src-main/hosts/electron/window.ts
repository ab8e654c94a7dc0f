import { BrowserWindow, type Session, type WebContents } from 'electron';
import type { WindowBounds } from './windowBounds.ts';
import { isPanelUrl, PANEL_ORIGIN, PANEL_URL } from './panelOrigin.ts';

/** What a page may ask for: writing text to the clipboard after a click, and nothing else. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Denies every permission to everybody, but copying to our own page. */
export function denyPermissions(target: Session): void {
  target.setPermissionRequestHandler((_, permission, answer, details) => {
    answer(permission === ALLOWED_PERMISSION && isPanelUrl(details.requestingUrl));
  });
  target.setPermissionCheckHandler(
    (_, permission, origin) => permission === ALLOWED_PERMISSION && origin.replace(/\/$/, '') === PANEL_ORIGIN,
  );
  target.setDevicePermissionHandler(() => false);
}

/** Keeps a page where it is: no other address, no further window, no embedded guest. */
export function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isPanelUrl(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    if (!isPanelUrl(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

export interface WindowOptions {
  readonly preloadPath: string;
  readonly iconPath: string;
  /** Null at the first start. */
  readonly bounds: WindowBounds | null;
}

/** A page that dies again within this time is left dead, so that it cannot die for ever. */
const CRASH_LOOP_MS = 10_000;

/** Loads the page again when its process dies: a run goes on without it, and the morning needs something to look at. */
export function reloadAfterCrash(contents: WebContents, monotonicMs: () => number): void {
  let lastCrashMs = -Infinity;
  contents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit') return;
    const nowMs = monotonicMs();
    if (nowMs - lastCrashMs >= CRASH_LOOP_MS) contents.reload();
    lastCrashMs = nowMs;
  });
}

/** The panel's window, shown when its first frame is painted. Like every page of the app it is confined as soon as it is created. */
export function createPanelWindow({ preloadPath, iconPath, bounds }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Nightshift',
    width: bounds?.width ?? 1_360,
    height: bounds?.height ?? 880,
    ...(bounds === null ? {} : { x: bounds.x, y: bounds.y }),
    minWidth: 900,
    minHeight: 600,
    show: false,
    backgroundColor: '#0e1116',
    icon: iconPath,
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  if (bounds?.isMaximized === true) window.maximize();
  reloadAfterCrash(window.webContents, () => performance.now());
  window.once('ready-to-show', () => window.show());
  void window.loadURL(PANEL_URL); // A failed load shows Chromium's own error page; there is nothing to add to it.
  return window;
}
