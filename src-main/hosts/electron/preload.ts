import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import type { Result } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { EVENT_CHANNEL, REQUEST_CHANNEL, SUBSCRIBE_CHANNEL } from './channels.ts';

/** All that the page can reach outside itself. Whatever else it needs is a route of the contract. */
contextBridge.exposeInMainWorld('nightshift', {
  request(route: string, input: unknown): Promise<Result<unknown>> {
    return ipcRenderer.invoke(REQUEST_CHANNEL, { route, input });
  },
  subscribe(listener: (event: AnyEvent) => void): () => void {
    const deliver = (_: IpcRendererEvent, event: AnyEvent): void => listener(event);
    ipcRenderer.on(EVENT_CHANNEL, deliver);
    ipcRenderer.send(SUBSCRIBE_CHANNEL);
    return () => {
      ipcRenderer.off(EVENT_CHANNEL, deliver);
    };
  },
  /** A dropped file has no path without this: `File.path` no longer exists. */
  pathForFile(file: File): string {
    return webUtils.getPathForFile(file);
  },
});
