import { beforeAll, beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import { RUNTIME_LOST_MESSAGE } from '#shared/contract/host.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { exposed, FakeFrame, FakeWebContents, ipcMain, ipcRenderer, speakAs } from '#main/testing/electronDouble.ts';
import { createTransportBackend, describeTransport, type TransportBackend } from '../transport.suite.ts';
import { createConnection } from '../connection.ts';
import { EVENT_CHANNEL, REQUEST_CHANNEL, SUBSCRIBE_CHANNEL } from './channels.ts';
import { attachIpc } from './ipcTransport.ts';

vi.mock('electron', () => import('#main/testing/electronDouble.ts'));

interface Bridge {
  request(route: string, input: unknown): Promise<unknown>;
  subscribe(listener: (event: unknown) => void): () => void;
  pathForFile(file: File): string;
}

interface PanelClient extends NightshiftClient {
  onConnection(listener: (state: string) => void): () => void;
}

let ourWindow: FakeWebContents;
let bridge: Bridge;
let createElectronClient: (bridge: Bridge) => NightshiftClient;

beforeAll(async () => {
  await import('./preload.ts');
  bridge = exposed.get('nightshift') as Bridge;
  // The panel's own end of the wire. By address, because its types belong to the page's project and not to Node's.
  const panelClient = new URL('../../../src-renderer/transport/electronClient.ts', import.meta.url).href;
  ({ createElectronClient } = (await import(panelClient)) as { createElectronClient: typeof createElectronClient });
});
beforeEach(() => {
  ourWindow = new FakeWebContents();
  speakAs(ourWindow);
  // A page has it, Node has not: where the panel's client reports what a listener threw.
  vi.stubGlobal('reportError', () => undefined);
});

function attach(backend: TransportBackend): Disposable {
  return attachIpc(backend.client, (contents) => (contents as unknown) === ourWindow);
}

describeTransport('Electron IPC', async (backend) => {
  const ipc = attach(backend);
  return { client: createElectronClient(bridge), dispose: async () => ipc[Symbol.dispose]() };
});

describe('preload', () => {
  it('exposes three functions and nothing else', () => {
    expect(Object.keys(bridge).sort()).toEqual(['pathForFile', 'request', 'subscribe']);
    expect([...exposed.keys()]).toEqual(['nightshift']);
  });

  it('tells the path of a dropped file', () => {
    expect(bridge.pathForFile(new File([], '회의.wav'))).toBe('/dropped/회의.wav');
  });
});

describe('attachIpc', () => {
  let backend: TransportBackend;
  let ipc: Disposable;
  beforeEach(() => {
    backend = createTransportBackend();
    ipc = attach(backend);
  });
  afterEach(() => ipc[Symbol.dispose]());

  const strangers: [who: string, speak: () => void][] = [
    ['another window', () => speakAs(new FakeWebContents())],
    ['a frame inside our page', () => speakAs(ourWindow, new FakeFrame())],
    ['a frame that is gone', () => speakAs(ourWindow, null)],
    [
      'our window on a foreign page',
      () => {
        ourWindow.mainFrame.origin = 'https://example.com';
        speakAs(ourWindow);
      },
    ],
  ];

  it.each(strangers)('refuses a request of %s before reading it', async (_, speak) => {
    speak();
    const message = { route: 'items.list', input: { runId: 7 } };
    expect(await ipcRenderer.invoke(REQUEST_CHANNEL, message)).toEqual({ ok: false, error: { code: 'ACCESS_DENIED', data: {} } });
    expect(await ipcRenderer.invoke(REQUEST_CHANNEL, 'not even a message')).toMatchObject({ error: { code: 'ACCESS_DENIED' } });
    expect(backend.received).toEqual([]);
  });

  it.each(strangers)('sends no events to %s', async (_, speak) => {
    const seen = vi.fn<(event: unknown) => void>();
    speak();
    const stop = bridge.subscribe(seen);
    backend.events.emit('run.removed', { runId: 1 });
    // A request that is answered has overtaken any event that was on its way.
    await ipcRenderer.invoke(REQUEST_CHANNEL, {});
    stop();
    expect(seen).not.toHaveBeenCalled();
  });

  it.each([null, 7, 'runs.list', {}, { route: 5 }, []])('refuses the message %j with INPUT_INVALID', async (message) => {
    expect(await ipcRenderer.invoke(REQUEST_CHANNEL, message)).toMatchObject({ ok: false, error: { code: 'INPUT_INVALID' } });
  });

  it('sends an event once to a page that subscribed twice', async () => {
    const send = vi.spyOn(ourWindow, 'send');
    const stops = [bridge.subscribe(() => undefined), bridge.subscribe(() => undefined)];
    backend.events.emit('run.removed', { runId: 1 });
    expect(send.mock.calls).toEqual([[EVENT_CHANNEL, { name: 'run.removed', payload: { runId: 1 } }]]);
    for (const stop of stops) stop();
  });

  it('tells the page when the owner of the runs is away and when there is one again', async () => {
    ipc[Symbol.dispose]();
    const connection = createConnection();
    ipc = attachIpc(backend.client, (contents) => (contents as unknown) === ourWindow, connection);
    const client = createElectronClient(bridge) as PanelClient;
    const states: string[] = [];
    client.onConnection((state) => states.push(state));
    const reconnected = vi.fn<() => void>();
    client.onReconnect(reconnected);
    connection.set(true);
    await eventually(() => expect(states).toEqual(['online', 'offline']));
    expect(reconnected).not.toHaveBeenCalled();

    // A page that is loaded now does not take the silence for a quiet night.
    const late: unknown[] = [];
    const stop = bridge.subscribe((message) => late.push(message));
    await eventually(() => expect(late).toEqual([{ name: RUNTIME_LOST_MESSAGE, payload: true }]));
    stop();

    connection.set(false);
    await eventually(() => expect(reconnected).toHaveBeenCalledOnce());
    expect(states).toEqual(['online', 'offline', 'online']);
    await client.close();
  });

  it('forgets a window that is gone', () => {
    const send = vi.spyOn(ourWindow, 'send');
    bridge.subscribe(() => undefined)();
    ourWindow.destroy();
    backend.events.emit('run.removed', { runId: 1 });
    expect(send).not.toHaveBeenCalled();
  });

  it('leaves nothing behind', () => {
    ipc[Symbol.dispose]();
    expect(ipcMain.handlers.size).toBe(0);
    expect(ipcMain.listenerCount(SUBSCRIBE_CHANNEL)).toBe(0);
  });
});
