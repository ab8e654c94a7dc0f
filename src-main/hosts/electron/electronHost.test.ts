import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BrowserWindow as RealWindow, Session, WebContents } from 'electron';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { eventually } from '#shared/testing/eventually.ts';
import {
  app,
  BrowserWindow,
  dialog,
  FakeSession,
  FakeWebContents,
  Menu,
  powerSaveBlocker,
  protocol,
  shell,
  Tray,
} from '#main/testing/electronDouble.ts';
import { parseCommandLine } from './commandLine.ts';
import { createHostHandlers } from './hostHandlers.ts';
import { labelsFor, localeFor } from './labels.ts';
import { menuTemplate } from './menu.ts';
import { createElectronPowerHold } from './powerHold.ts';
import { registerPanelScheme, servePanel } from './protocol.ts';
import { installQuitFlow } from './quitFlow.ts';
import { createTray } from './tray.ts';
import { confine, createPanelWindow, denyPermissions, reloadAfterCrash } from './window.ts';
import { readWindowBounds, rememberWindowBounds } from './windowBounds.ts';

vi.mock('electron', () => import('#main/testing/electronDouble.ts'));

afterEach(() => {
  app.removeAllListeners();
  app.exits.length = 0;
  dialog.asked.length = 0;
  BrowserWindow.all.length = 0;
});

describe('createPanelWindow', () => {
  it('isolates the page', () => {
    createPanelWindow({ preloadPath: '/out/preload/preload.cjs', iconPath: '/icon.png', bounds: null });
    const [window] = BrowserWindow.all;
    expect(window?.options.webPreferences).toEqual({
      preload: '/out/preload/preload.cjs',
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
    });
    expect(window?.loaded).toEqual(['app://nightshift/']);
  });

  it('shows itself when there is something to see', () => {
    createPanelWindow({ preloadPath: '', iconPath: '', bounds: null });
    const [window] = BrowserWindow.all;
    expect([window?.options.show, window?.calls]).toEqual([false, []]);
    window?.emit('ready-to-show');
    expect(window?.calls).toEqual(['show']);
  });
});

describe('confine', () => {
  function confined(): FakeWebContents {
    const contents = new FakeWebContents();
    confine(contents as unknown as WebContents);
    return contents;
  }
  function isPrevented(contents: FakeWebContents, name: string, url: string): boolean {
    const preventDefault = vi.fn<() => void>();
    contents.emit(name, { url, preventDefault });
    return preventDefault.mock.calls.length > 0;
  }

  it.each(['will-navigate', 'will-redirect'])('keeps a page where it is (%s)', (name) => {
    const contents = confined();
    expect(isPrevented(contents, name, 'https://example.com/')).toBe(true);
    expect(isPrevented(contents, name, 'file:///etc/passwd')).toBe(true);
    expect(isPrevented(contents, name, 'app://nightshift/index.html')).toBe(false);
  });

  it('opens no windows and embeds no guests', () => {
    const contents = confined();
    expect(contents.windowOpenHandler?.()).toEqual({ action: 'deny' });
    expect(isPrevented(contents, 'will-attach-webview', '')).toBe(true);
  });
});

describe('reloadAfterCrash', () => {
  it('brings a dead page back, but not one that dies at once again', () => {
    const contents = new FakeWebContents();
    let nowMs = 0;
    reloadAfterCrash(contents as unknown as WebContents, () => nowMs);
    const die = (atMs: number, reason: string): void => {
      nowMs = atMs;
      contents.emit('render-process-gone', {}, { reason });
    };
    die(1_000, 'oom');
    expect(contents.reloads).toBe(1);
    die(2_000, 'crashed');
    die(11_000, 'crashed');
    expect(contents.reloads).toBe(1);
    die(3_600_000, 'crashed');
    expect(contents.reloads).toBe(2);
    die(7_200_000, 'clean-exit');
    expect(contents.reloads).toBe(2);
  });
});

describe('denyPermissions', () => {
  it('allows copying to our page, nothing else and nobody else', () => {
    const target = new FakeSession();
    denyPermissions(target as unknown as Session);
    const request = (permission: string, requestingUrl: string): boolean => {
      let allowed: boolean | null = null;
      target.requestHandler?.(null, permission, (isAllowed) => (allowed = isAllowed), { requestingUrl });
      if (allowed === null) throw new Error('no answer');
      return allowed;
    };
    expect(request('clipboard-sanitized-write', 'app://nightshift/')).toBe(true);
    expect(request('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
    for (const permission of ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read', 'fileSystem']) {
      expect(request(permission, 'app://nightshift/')).toBe(false);
      expect(target.checkHandler?.(null, permission, 'app://nightshift/')).toBe(false);
    }
    expect(target.checkHandler?.(null, 'clipboard-sanitized-write', 'app://nightshift/')).toBe(true);
    expect(target.checkHandler?.(null, 'clipboard-sanitized-write', 'app://evil/')).toBe(false);
    expect(target.deviceHandler?.()).toBe(false);
  });
});

describe('protocol', () => {
  it('is an origin of its own and answers from the panel folder with a fresh random nonce', async () => {
    registerPanelScheme();
    expect(protocol.privileged).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-protocol-'));
    try {
      writeFileSync(join(folder, 'index.html'), '<head></head>');
      const target = new FakeSession();
      servePanel(target as unknown as Session, folder);
      const policyOf = async (): Promise<string | null | undefined> =>
        (await target.schemes.get('app')?.(new Request('app://nightshift/')))?.headers.get('content-security-policy');
      const policies = [await policyOf(), await policyOf()];
      expect(policies[0]).toMatch(/'nonce-[A-Za-z0-9+/]{22}=='/);
      expect(policies[0]).not.toBe(policies[1]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the bounds of the window', () => {
  const screens = [
    { x: 0, y: 0, width: 1_920, height: 1_080 },
    { x: -1_280, y: 0, width: 1_280, height: 1_024 },
  ];
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nightshift-bounds-'));
    path = join(folder, 'electron', 'window.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are those of the last time', () => {
    const window = new BrowserWindow({});
    rememberWindowBounds(window as unknown as RealWindow, path);
    Object.assign(window, { bounds: { x: -900, y: 30, width: 1_100, height: 800 }, maximized: true });
    window.emit('close');
    const bounds = readWindowBounds(path, screens);
    expect(bounds).toEqual({ x: -900, y: 30, width: 1_100, height: 800, isMaximized: true });
    createPanelWindow({ preloadPath: '/p', iconPath: '/i', bounds });
    const again = BrowserWindow.all.at(-1);
    expect(again?.options).toMatchObject({ x: -900, y: 30, width: 1_100, height: 800 });
    expect(again?.maximized).toBe(true);
  });

  it('are forgotten when the screen they were on is gone, or nobody could take hold of the window', () => {
    const write = (bounds: object): void =>
      writeFileSync(path, JSON.stringify({ width: 1_100, height: 800, isMaximized: false, ...bounds }));
    mkdirSync(join(folder, 'electron'));
    write({ x: -1_150, y: 30 });
    expect(readWindowBounds(path, screens)).not.toBeNull();
    expect(readWindowBounds(path, screens.slice(0, 1))).toBeNull();
    for (const place of [
      { x: 1_850, y: 0 },
      { x: 0, y: 1_070 },
      { x: 0, y: -30 },
    ]) {
      write(place);
      expect(readWindowBounds(path, screens)).toBeNull();
    }
  });

  it.each(['', '{}', '{"x":0,"y":0,"width":-5,"height":10,"isMaximized":false}', 'null'])('mean nothing in a file with %j', (text) => {
    expect(readWindowBounds(path, screens)).toBeNull();
    mkdirSync(join(folder, 'electron'));
    writeFileSync(path, text);
    expect(readWindowBounds(path, screens)).toBeNull();
  });

  it('do not keep the window from closing where they cannot be written', () => {
    writeFileSync(join(folder, 'electron'), 'a file in the way');
    const window = new BrowserWindow({});
    rememberWindowBounds(window as unknown as RealWindow, path);
    expect(() => window.emit('close')).not.toThrow();
  });
});

describe('createHostHandlers', () => {
  const handlers = createHostHandlers(() => new BrowserWindow({}) as unknown as RealWindow, 'darwin');

  it('says what a desktop can do', async () => {
    expect(await handlers['host.info']({})).toEqual({ host: 'electron', canPickPaths: true, canOpenPath: true, canUpload: false });
  });

  it('picks folders or files, none when the user cancels', async () => {
    dialog.picked = { canceled: false, filePaths: ['/a', '/b'] };
    expect(await handlers['host.pickPaths']({ what: 'folder' })).toEqual({ paths: ['/a', '/b'] });
    expect(dialog.pickOptions.at(-1)).toEqual({ properties: ['openDirectory', 'multiSelections'] });
    dialog.picked = { canceled: true, filePaths: ['/left over'] };
    expect(await handlers['host.pickPaths']({ what: 'files' })).toEqual({ paths: [] });
    expect(dialog.pickOptions.at(-1)).toEqual({ properties: ['openFile', 'multiSelections'] });
  });

  it('opens folders, but only shows where a file or an application lies, also behind a link', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nightshift-open-')));
    try {
      writeFileSync(join(folder, 'run.sh'), '');
      mkdirSync(join(folder, 'Evil.app'));
      symlinkSync(join(folder, 'Evil.app'), join(folder, 'recordings'));
      await handlers['host.openPath']({ path: folder });
      await handlers['host.openPath']({ path: join(folder, 'run.sh') });
      await handlers['host.openPath']({ path: join(folder, 'Evil.app') });
      await handlers['host.openPath']({ path: join(folder, 'recordings') });
      expect(shell.opened).toEqual([folder]);
      expect(shell.shown).toEqual([join(folder, 'run.sh'), join(folder, 'Evil.app'), join(folder, 'Evil.app')]);
      await expect(handlers['host.openPath']({ path: join(folder, 'gone') })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      shell.problem = 'no file manager';
      await expect(handlers['host.openPath']({ path: folder })).rejects.toMatchObject({
        code: 'NOT_AVAILABLE_HERE',
        data: { detail: 'no file manager' },
      });
    } finally {
      shell.problem = '';
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('createElectronPowerHold', () => {
  it('blocks suspension, not the display, from the first hold to the last', () => {
    const power = createElectronPowerHold();
    const first = power.acquire('run 1');
    const second = power.acquire('run 2');
    expect([...powerSaveBlocker.running.values()]).toEqual(['prevent-app-suspension']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(powerSaveBlocker.running.size).toBe(1);
    second[Symbol.dispose]();
    expect(powerSaveBlocker.running.size).toBe(0);
    power.acquire('run 3')[Symbol.dispose]();
    expect(powerSaveBlocker.running.size).toBe(0);
  });
});

describe('words', () => {
  it('follow the setting, then the system', () => {
    expect([
      localeFor('auto', 'ko-KR'),
      localeFor('auto', 'kok'),
      localeFor('auto', 'de'),
      localeFor('ko', 'en-US'),
      localeFor('en', 'ko'),
    ]).toEqual(['ko', 'en', 'en', 'ko', 'en']);
  });

  it('give every menu entry a label in both languages', () => {
    for (const locale of ['en', 'ko'] as const) {
      for (const platform of ['linux', 'darwin', 'win32'] as const) {
        const entries = menuTemplate(labelsFor(locale), platform);
        expect(entries.map(({ label }) => label)).toHaveLength(4);
        const inner = entries.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
        expect(inner.filter((item) => item.type !== 'separator' && item.label === undefined)).toEqual([]);
        expect(inner.filter(({ role }) => role === 'quit')).toHaveLength(1);
      }
    }
  });

  it('reach the tray', () => {
    const show = vi.fn<() => void>();
    const tray = createTray('/tray.png', labelsFor('en'), { show, quit: () => undefined });
    tray.relabel(labelsFor('ko'));
    const [icon] = Tray.all;
    expect(icon?.menu[0]?.label).toBe('Nightshift 보기');
    icon?.emit('click');
    expect(show).toHaveBeenCalledOnce();
    tray[Symbol.dispose]();
    expect(icon?.isDestroyed).toBe(true);
    expect(Menu.installed).toEqual([]);
  });
});

describe('parseCommandLine', () => {
  it('finds our flag among others', () => {
    expect(parseCommandLine(['--no-sandbox', '/app', '--data-dir', '/x y'])).toEqual({ dataDir: '/x y' });
    expect(parseCommandLine(['--data-dir=/z', '.'])).toEqual({ dataDir: '/z' });
    expect(parseCommandLine(['--data-dir'])).toEqual({ dataDir: null });
    expect(parseCommandLine([])).toEqual({ dataDir: null });
  });
});

describe('installQuitFlow', () => {
  interface FakeRun {
    id: number;
    status: string;
  }

  /** A runtime with the given runs; `stops` are the calls of runs.stop, `change` announces a new status. */
  function scripted(runs: FakeRun[]) {
    const listeners = new Set<(event: AnyEvent) => void>();
    const stops: unknown[] = [];
    const request = async (route: string, input: { runId?: number }): Promise<unknown> => {
      if (route === 'runs.list') return { runs: runs.map((run) => ({ ...run })), total: runs.length };
      if (route === 'runs.get') return { ...runs.find((run) => run.id === input.runId) };
      if (route === 'runs.stop') stops.push(input);
      return {};
    };
    const change = (id: number, status: string): void => {
      const run = runs.find((candidate) => candidate.id === id);
      if (run !== undefined) run.status = status;
      for (const listener of listeners) listener({ name: 'run.changed', payload: { ...run } } as unknown as AnyEvent);
    };
    const client = {
      request,
      subscribe(listener: (event: AnyEvent) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onReconnect: () => () => undefined,
      close: async () => undefined,
    } as unknown as NightshiftClient;
    return { client, stops, change, listeners };
  }

  const close = vi.fn<() => Promise<void>>();
  const onError = vi.fn<(error: unknown) => void>();
  beforeEach(() => {
    close.mockReset().mockResolvedValue();
    onError.mockReset();
  });

  function install(client: NightshiftClient, isAttached = false): void {
    installQuitFlow({ client, isAttached: () => isAttached, labels: () => labelsFor('ko'), currentWindow: () => null, close, onError });
  }

  it('closes the runtime before it quits, without a question when nothing runs', async () => {
    let finishClosing = (): void => undefined;
    close.mockReturnValue(new Promise((resolve) => (finishClosing = resolve)));
    install(
      scripted([
        { id: 1, status: 'finished' },
        { id: 2, status: 'paused' },
      ]).client,
    );
    app.quit();
    await eventually(() => expect(close).toHaveBeenCalledOnce());
    app.quit();
    expect(app.exits).toEqual([]);
    finishClosing();
    await eventually(() => expect(app.exits).toEqual([0]));
    expect([dialog.asked, close.mock.calls.length]).toEqual([[], 1]);
  });

  it('asks while a batch runs, and stays when the user says so', async () => {
    const { client, stops } = scripted([{ id: 1, status: 'running' }]);
    install(client);
    dialog.response = 2;
    app.quit();
    await eventually(() => expect(dialog.asked).toHaveLength(1));
    expect(dialog.asked[0]?.message).toContain('배치가 실행 중');
    await new Promise((resolve) => setImmediate(resolve));
    expect([stops, app.exits, close.mock.calls]).toEqual([[], [], []]);
    // And asks again the next time.
    app.quit();
    await eventually(() => expect(dialog.asked).toHaveLength(2));
  });

  it('lets current files finish, keeps the rest queued, then closes and quits', async () => {
    const { client, stops, change, listeners } = scripted([
      { id: 1, status: 'running' },
      { id: 2, status: 'queued' },
      { id: 3, status: 'finished' },
    ]);
    install(client);
    dialog.response = 0;
    app.quit();
    await eventually(() => expect(listeners.size).toBe(1));
    expect(stops).toEqual([
      { runId: 1, keep: true, now: false },
      { runId: 2, keep: true, now: false },
    ]);
    change(1, 'stopping');
    change(2, 'interrupted');
    await new Promise((resolve) => setImmediate(resolve));
    expect(close).not.toHaveBeenCalled();
    change(1, 'interrupted');
    await eventually(() => expect(app.exits).toEqual([0]));
    expect([close.mock.calls.length, listeners.size]).toEqual([1, 0]);
  });

  it('stops now when told so, or when asked to quit again while files finish', async () => {
    const { client, stops, change, listeners } = scripted([{ id: 1, status: 'running' }]);
    install(client);
    dialog.response = 0;
    app.quit();
    await eventually(() => expect(listeners.size).toBe(1));
    app.quit();
    await eventually(() => expect(stops.at(-1)).toEqual({ runId: 1, keep: true, now: true }));
    expect(dialog.asked).toHaveLength(1);
    change(1, 'interrupted');
    await eventually(() => expect(app.exits).toEqual([0]));
  });

  it('does not ask for runs that belong to another process', async () => {
    install(scripted([{ id: 1, status: 'running' }]).client, true);
    app.quit();
    await eventually(() => expect(app.exits).toEqual([0]));
    expect(dialog.asked).toEqual([]);
  });

  it('quits although the runtime no longer answers', async () => {
    const { client } = scripted([]);
    install({ ...client, request: async () => Promise.reject(new Error('gone')) });
    app.quit();
    await eventually(() => expect(app.exits).toEqual([0]));
    expect(onError).toHaveBeenCalledOnce();
  });
});
