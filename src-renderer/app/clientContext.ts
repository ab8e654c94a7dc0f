import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import { usePanel } from '../state/store.ts';
import type { PanelClient } from '../transport/panelClient.ts';
import { needsNotice } from './reportable.ts';

const ClientContext = createContext<PanelClient | null>(null);
export const ClientProvider = ClientContext.Provider;

export function useClient(): PanelClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('useClient needs a ClientProvider above it');
  return client;
}

export interface Command {
  readonly isBusy: boolean;
  /** Does the work once at a time; what goes wrong becomes a message. */
  run(work: () => Promise<unknown>): void;
}

/** Shows a message about an error of something the user asked for, unless it needs none. */
export function tellError(thrown: unknown): void {
  const error = toWireError(thrown);
  const { connection, addNotice } = usePanel.getState();
  if (needsNotice(error, connection)) addNotice({ kind: 'error', error });
}

/** For buttons: busy while the work is under way, an error is shown as a message with what to do. */
export function useCommand(): Command {
  const [isBusy, setBusy] = useState(false);
  const busy = useRef(false);
  const run = useCallback((work: () => Promise<unknown>) => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    void work()
      .catch((error: unknown) => {
        tellError(error);
      })
      .finally(() => {
        busy.current = false;
        setBusy(false);
      });
  }, []);
  return { isBusy, run };
}

/** The present time, renewed every `everyMs` while the component is there. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
