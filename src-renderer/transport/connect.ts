import { createBatchedClient } from './batchedClient.ts';
import { createElectronClient, type NightshiftBridge } from './electronClient.ts';
import { createHttpClient } from './httpClient.ts';
import type { PanelClient } from './panelClient.ts';

declare global {
  interface Window {
    readonly nightshift?: NightshiftBridge;
  }
}

/** The transport of the host this page was opened in. */
export function connect(): PanelClient {
  return createBatchedClient(window.nightshift === undefined ? createHttpClient() : createElectronClient(window.nightshift));
}
