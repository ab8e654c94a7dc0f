import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SettingsSchema, type Settings } from '#shared/contract/settings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createConnection } from '../connection.ts';
import type { OpenedNightshift, OpenOptions } from '../openOwner.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import type * as Double from '#main/testing/electronDouble.ts';

vi.mock('electron', () => import('#main/testing/electronDouble.ts'));

const openNightshift = vi.hoisted(() => vi.fn<(options: OpenOptions) => Promise<OpenedNightshift>>());
vi.mock('../openOwner.ts', () => ({ openNightshift }));

let electron: typeof Double;
let folder: string;
let emit: (name: string, payload: unknown) => void;
const close = vi.fn<() => Promise<void>>();

function opened(settings: Partial<Settings>): OpenedNightshift {
  const listeners = new Set<(event: never) => void>();
  emit = (name, payload) => {
    for (const listener of listeners) listener({ name, payload } as never);
  };
  const answers: Readonly<Record<string, unknown>> = {
    'settings.get': SettingsSchema.parse(settings),
    'runs.list': { runs: [], total: 0 },
  };
  const client = {
    request: async (route: string) => answers[route],
    subscribe: (listener: (event: never) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onReconnect: () => () => undefined,
    close: async () => undefined,
  };
  return {
    client: client as unknown as OpenedNightshift['client'],
    role: 'owner',
    dataDir: folder,
    ownerPid: process.pid,
    connection: createConnection(),
    logger: silentLogger,
    close,
  };
}

/** Evaluates main.ts as Electron would at start. */
async function launch(args: readonly string[]): Promise<void> {
  vi.resetModules();
  electron = (await import('electron')) as unknown as typeof Double;
  electron.resetElectron();
  process.argv = ['electron', '/app', ...args];
  await import('./main.ts');
}

const argv = process.argv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-electron-'));
  openNightshift.mockReset().mockImplementation(async () => opened({ language: 'ko' }));
  close.mockReset().mockResolvedValue();
});
afterEach(() => {
  process.argv = argv;
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('the Electron app', () => {
  it('opens the chosen data folder as its own and shows the panel in the language of the user', async () => {
    const readyFile = join(folder, 'ready');
    vi.stubEnv('NIGHTSHIFT_READY_FILE', readyFile);
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(1));
    const [window] = electron.BrowserWindow.all;

    expect(openNightshift.mock.calls[0]?.[0]).toMatchObject({ dataDir: folder, host: 'electron' });
    expect(electron.app.paths.get('userData')).toBe(join(folder, 'electron'));
    expect(electron.Menu.installed.at(-1)?.[0]?.label).toBe('파일');
    emit('settings.changed', SettingsSchema.parse({ language: 'en' }));
    expect(electron.Menu.installed.at(-1)?.[0]?.label).toBe('File');

    expect(existsSync(readyFile)).toBe(false);
    window?.emit('ready-to-show');
    expect(existsSync(readyFile)).toBe(true);
    expect(existsSync(electron.Tray.all[0]?.iconPath ?? '')).toBe(true);
    expect(existsSync(String(window?.options.icon))).toBe(true);

    // The page of this window may speak, another one may not.
    electron.speakAs(window?.webContents ?? new electron.FakeWebContents());
    const ask = (): Promise<unknown> => electron.ipcRenderer.invoke('nightshift:request', { route: 'host.info', input: {} });
    expect(await ask()).toMatchObject({ ok: true, data: { host: 'electron' } });
    electron.speakAs(new electron.FakeWebContents());
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'ACCESS_DENIED' } });
  });

  it('tells once when a server is given up, in the language of the user, and opens the panel on a click', async () => {
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(1));
    const broken = { id: 'chunked', name: 'Nightshift chunked', status: 'broken', error: { code: 'SERVER_EXITED', data: { port: 8002 } } };
    emit('server.changed', { ...broken, status: 'backingOff' });
    expect(electron.Notification.shown).toEqual([]);
    emit('server.changed', broken);
    emit('server.changed', broken);
    expect(electron.Notification.shown.map(({ options }) => options)).toEqual([
      { title: 'Nightshift · Nightshift chunked', body: '음성 서버가 예기치 않게 종료되었습니다 (포트 8002).' },
    ]);
    const [window] = electron.BrowserWindow.all;
    electron.Notification.shown[0]?.emit('click');
    expect(window?.calls).toEqual(['show', 'focus']);
    emit('server.changed', { ...broken, status: 'stopped', error: null });
    emit('server.changed', broken);
    expect(electron.Notification.shown).toHaveLength(2);
  });

  it('closes the runtime before the window goes', async () => {
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(1));
    const [window] = electron.BrowserWindow.all;
    const preventDefault = vi.fn<() => void>();
    window?.emit('close', { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
    await eventually(() => expect(electron.app.exits).toEqual([0]));
    expect(close).toHaveBeenCalledOnce();
    window?.emit('close', { preventDefault });
    // Where it was is where the next one opens.
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(1));
    expect(electron.BrowserWindow.all[0]?.options).toMatchObject({ x: 10, y: 20, width: 1_000, height: 700 });
    expect(preventDefault).toHaveBeenCalledOnce();
  });

  it('brings the window forward when it is started a second time', async () => {
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.BrowserWindow.all).toHaveLength(1));
    const window = electron.BrowserWindow.all[0];
    if (window !== undefined) window.minimized = true;
    electron.app.emit('second-instance');
    expect(window?.calls).toEqual(['restore', 'show', 'focus']);
  });

  it('says why it cannot start, and ends with the exit code of the reason', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    openNightshift.mockRejectedValue(new NightshiftError('DATA_FOLDER_IN_USE', { path: folder, pid: 4_711 }));
    await launch(['--data-dir', folder]);
    await eventually(() => expect(electron.app.exits).toEqual([3]));
    expect(electron.dialog.errors[0]).toContain('4711');
    expect(stderr.mock.calls[0]?.[0]).toContain('4711');
  });
});
