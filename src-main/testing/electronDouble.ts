import { EventEmitter } from 'node:events';
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions } from 'electron';

/**
 * An in-memory stand-in for the `electron` module, for `vi.mock('electron', () => import('#main/testing/electronDouble.ts'))`. Messages are
 * cloned as they are between real processes, and delivered later but in order. Only what `hosts/electron` uses exists.
 */

export class FakeFrame {
  origin = 'app://nightshift';
}

export class FakeWebContents extends EventEmitter {
  mainFrame = new FakeFrame();
  isGone = false;
  reloads = 0;
  windowOpenHandler: (() => { action: string }) | null = null;
  isDestroyed(): boolean {
    return this.isGone;
  }
  destroy(): void {
    this.isGone = true;
    this.emit('destroyed');
  }
  send(channel: string, ...args: unknown[]): void {
    const copies = structuredClone(args);
    setImmediate(() => ipcRenderer.emit(channel, {}, ...copies));
  }
  reload(): void {
    this.reloads++;
  }
  readonly printed: unknown[] = [];
  async printToPDF(options: unknown): Promise<Buffer> {
    this.printed.push(options);
    return Buffer.from(`%PDF-1.7 of ${this.printed.length}`);
  }
  setWindowOpenHandler(handler: () => { action: string }): void {
    this.windowOpenHandler = handler;
  }
}

/** Who the page side of the double speaks as; a test may pretend to be somebody else. */
export const speaker: { contents: FakeWebContents; frame: FakeFrame | null } = { contents: new FakeWebContents(), frame: null };

export function speakAs(contents: FakeWebContents, frame: FakeFrame | null = contents.mainFrame): void {
  speaker.contents = contents;
  speaker.frame = frame;
}
speakAs(speaker.contents);

class FakeIpcMain extends EventEmitter {
  readonly handlers = new Map<string, (event: unknown, message: unknown) => Promise<unknown>>();
  handle(channel: string, handler: (event: unknown, message: unknown) => Promise<unknown>): void {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
}
export const ipcMain = new FakeIpcMain();

class FakeIpcRenderer extends EventEmitter {
  async invoke(channel: string, message: unknown): Promise<unknown> {
    const copy: unknown = structuredClone(message);
    const event = { sender: speaker.contents, senderFrame: speaker.frame };
    await new Promise((resolve) => setImmediate(resolve));
    const handler = ipcMain.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return structuredClone(await handler(event, copy));
  }
  send(channel: string, ...args: unknown[]): void {
    ipcMain.emit(channel, { sender: speaker.contents, senderFrame: speaker.frame }, ...structuredClone(args));
  }
}
export const ipcRenderer = new FakeIpcRenderer();
ipcRenderer.setMaxListeners(0);

export const exposed = new Map<string, unknown>();
export const contextBridge = {
  exposeInMainWorld(name: string, api: unknown): void {
    exposed.set(name, api);
  },
};

export const webUtils = { getPathForFile: (file: File): string => `/dropped/${file.name}` };

class FakeApp extends EventEmitter {
  locale = 'en-GB';
  hasLock = true;
  readonly paths = new Map<string, string>();
  /** Exit codes: 0 when a quit went through. */
  readonly exits: number[] = [];
  readonly whenReady = async (): Promise<void> => undefined;
  getLocale(): string {
    return this.locale;
  }
  setPath(name: string, path: string): void {
    this.paths.set(name, path);
  }
  requestSingleInstanceLock(): boolean {
    return this.hasLock;
  }
  quit(): void {
    const event = { isPrevented: false, preventDefault: (): void => void (event.isPrevented = true) };
    this.emit('before-quit', event);
    if (!event.isPrevented) this.exits.push(0);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
}
export const app = new FakeApp();

export const powerSaveBlocker = {
  running: new Map<number, string>(),
  next: 1,
  start(type: string): number {
    this.running.set(this.next, type);
    return this.next++;
  },
  stop(id: number): void {
    this.running.delete(id);
  },
};

export const dialog = {
  /** What the user will answer. */
  response: 0,
  picked: { canceled: true, filePaths: [] as string[] },
  asked: [] as { readonly message: string; readonly buttons: readonly string[] }[],
  errors: [] as string[],
  pickOptions: [] as unknown[],
  async showMessageBox(...args: unknown[]): Promise<{ response: number }> {
    this.asked.push(args.at(-1) as (typeof this.asked)[number]);
    return { response: this.response };
  },
  async showOpenDialog(...args: unknown[]): Promise<{ canceled: boolean; filePaths: string[] }> {
    this.pickOptions.push(args.at(-1));
    return this.picked;
  },
  showErrorBox(title: string, text: string): void {
    this.errors.push(`${title}: ${text}`);
  },
};

export const shell = {
  opened: [] as string[],
  shown: [] as string[],
  problem: '',
  async openPath(path: string): Promise<string> {
    this.opened.push(path);
    return this.problem;
  },
  showItemInFolder(path: string): void {
    this.shown.push(path);
  },
};

type PermissionAnswer = (isAllowed: boolean) => void;

export class FakeSession {
  requestHandler: ((contents: unknown, permission: string, answer: PermissionAnswer, details: { requestingUrl: string }) => void) | null =
    null;
  checkHandler: ((contents: unknown, permission: string, origin: string) => boolean) | null = null;
  deviceHandler: (() => boolean) | null = null;
  readonly schemes = new Map<string, (request: Request) => Promise<Response>>();
  readonly protocol = {
    handle: (scheme: string, handler: (request: Request) => Promise<Response>): void => void this.schemes.set(scheme, handler),
  };
  setPermissionRequestHandler(handler: typeof this.requestHandler): void {
    this.requestHandler = handler;
  }
  setPermissionCheckHandler(handler: typeof this.checkHandler): void {
    this.checkHandler = handler;
  }
  setDevicePermissionHandler(handler: typeof this.deviceHandler): void {
    this.deviceHandler = handler;
  }
}
export const screen = {
  displays: [{ workArea: { x: 0, y: 0, width: 1_920, height: 1_080 } }],
  getAllDisplays(): typeof this.displays {
    return this.displays;
  },
};

export const session = { defaultSession: new FakeSession() };

export const protocol = {
  privileged: [] as unknown[],
  registerSchemesAsPrivileged(schemes: unknown[]): void {
    this.privileged.push(...schemes);
  },
};

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  readonly options: BrowserWindowConstructorOptions;
  readonly webContents = new FakeWebContents();
  readonly loaded: string[] = [];
  readonly calls: string[] = [];
  minimized = false;
  maximized = false;
  bounds = { x: 10, y: 20, width: 1_000, height: 700 };
  constructor(options: BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  /** Set by a test that wants loading to fail, or never to end. */
  static loads: (() => Promise<void>) | null = null;
  async loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    await BrowserWindow.loads?.();
  }
  destroy(): void {
    this.calls.push('destroy');
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  maximize(): void {
    this.maximized = true;
  }
  getNormalBounds(): typeof this.bounds {
    return this.bounds;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  show(): void {
    this.calls.push('show');
  }
  focus(): void {
    this.calls.push('focus');
  }
  restore(): void {
    this.calls.push('restore');
  }
}

export const Menu = {
  installed: [] as MenuItemConstructorOptions[][],
  buildFromTemplate: (template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] => template,
  setApplicationMenu(menu: MenuItemConstructorOptions[]): void {
    this.installed.push(menu);
  },
};

export class Tray extends EventEmitter {
  static readonly all: Tray[] = [];
  readonly iconPath: string;
  menu: MenuItemConstructorOptions[] = [];
  isDestroyed = false;
  constructor(iconPath: string) {
    super();
    this.iconPath = iconPath;
    Tray.all.push(this);
  }
  setContextMenu(menu: MenuItemConstructorOptions[]): void {
    this.menu = menu;
  }
  setToolTip(): void {
    // Not looked at.
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

export class Notification extends EventEmitter {
  static readonly shown: Notification[] = [];
  static isSupported(): boolean {
    return true;
  }
  readonly options: { readonly title: string; readonly body: string };
  constructor(options: { readonly title: string; readonly body: string }) {
    super();
    this.options = options;
  }
  show(): void {
    Notification.shown.push(this);
  }
}

/** As it was before the app started, for tests that start it again: a mocked module is evaluated only once. */
export function resetElectron(): void {
  app.removeAllListeners();
  app.exits.length = 0;
  app.paths.clear();
  app.hasLock = true;
  ipcMain.removeAllListeners();
  ipcMain.handlers.clear();
  ipcRenderer.removeAllListeners();
  session.defaultSession.schemes.clear();
  protocol.privileged.length = 0;
  dialog.asked.length = 0;
  dialog.errors.length = 0;
  BrowserWindow.all.length = 0;
  Menu.installed.length = 0;
  Tray.all.length = 0;
  Notification.shown.length = 0;
}
