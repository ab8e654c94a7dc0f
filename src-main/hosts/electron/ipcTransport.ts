import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron';
import type { NightshiftClient, Result } from '#shared/contract/client.ts';
import { RUNTIME_LOST_MESSAGE } from '#shared/contract/host.ts';
import { isRouteName } from '#shared/contract/routes.ts';
import { NightshiftError, toWireError } from '#shared/errors/nightshiftError.ts';
import type { Connection } from '../connection.ts';
import { EVENT_CHANNEL, REQUEST_CHANNEL, SUBSCRIBE_CHANNEL } from './channels.ts';
import { PANEL_ORIGIN } from './panelOrigin.ts';

/** Only the top frame of one of our own windows, showing our own page, may speak. */
function isTrusted(event: IpcMainEvent | IpcMainInvokeEvent, isOurWindow: (contents: WebContents) => boolean): boolean {
  const frame = event.senderFrame;
  return isOurWindow(event.sender) && frame !== null && frame === event.sender.mainFrame && frame.origin === PANEL_ORIGIN;
}

function readMessage(message: unknown): { route: string; input: unknown } {
  if (typeof message === 'object' && message !== null && 'route' in message && typeof message.route === 'string') {
    return { route: message.route, input: 'input' in message ? message.input : undefined };
  }
  throw new NightshiftError('INPUT_INVALID', { detail: 'expected {route, input}' });
}

/**
 * Serves any client to our windows: requests over one `invoke` channel, events to those who asked for them. The sender is checked before
 * anything of the message is read. Disposing ends both; the client lives on.
 * @param connection whether the runtime answers, where it is in another process
 */
export function attachIpc(
  client: NightshiftClient,
  isOurWindow: (contents: WebContents) => boolean,
  connection: Connection | null = null,
): Disposable {
  const subscribers = new Set<WebContents>();

  const onRequest = async (event: IpcMainInvokeEvent, message: unknown): Promise<Result<unknown>> => {
    try {
      if (!isTrusted(event, isOurWindow)) throw new NightshiftError('ACCESS_DENIED');
      const { route, input } = readMessage(message);
      if (!isRouteName(route)) throw new NightshiftError('ROUTE_NOT_FOUND', { route });
      // The client's router parses the input; here it is only carried.
      return { ok: true, data: await client.request(route, input as never) };
    } catch (error) {
      return { ok: false, error: toWireError(error) };
    }
  };

  const onSubscribe = (event: IpcMainEvent): void => {
    const contents = event.sender;
    if (!isTrusted(event, isOurWindow)) return;
    // Also to a page that subscribed before: it may have been loaded again since.
    if (connection?.isLost === true) contents.send(EVENT_CHANNEL, { name: RUNTIME_LOST_MESSAGE, payload: true });
    if (subscribers.has(contents)) return;
    subscribers.add(contents);
    contents.once('destroyed', () => subscribers.delete(contents));
  };

  ipcMain.handle(REQUEST_CHANNEL, onRequest);
  ipcMain.on(SUBSCRIBE_CHANNEL, onSubscribe);
  const tellAll = (message: unknown): void => {
    for (const contents of subscribers) if (!contents.isDestroyed()) contents.send(EVENT_CHANNEL, message);
  };
  const unsubscribe = client.subscribe(tellAll);
  const endConnection = connection?.onChange((isLost) => tellAll({ name: RUNTIME_LOST_MESSAGE, payload: isLost }));

  return {
    [Symbol.dispose]() {
      unsubscribe();
      endConnection?.();
      ipcMain.removeHandler(REQUEST_CHANNEL);
      ipcMain.off(SUBSCRIBE_CHANNEL, onSubscribe);
      subscribers.clear();
    },
  };
}
