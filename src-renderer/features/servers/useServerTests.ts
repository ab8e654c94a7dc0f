import { useEffect, useState } from 'react';
import type { RouteInput } from '#shared/contract/routes.ts';
import type { TestStep } from '#shared/contract/servers.ts';
import { toWireError, type WireError } from '#shared/errors/nightshiftError.ts';
import { useClient } from '../../app/clientContext.ts';

export interface TestRun {
  readonly testId: string;
  readonly isRunning: boolean;
  readonly steps: readonly TestStep[];
  /** null until it is over. */
  readonly passed: boolean | null;
  /** Why the test itself could not be made; a server that fails it is in the steps. */
  readonly error: WireError | null;
}

export interface ServerTests {
  readonly byKey: Readonly<Record<string, TestRun>>;
  start(key: string, server: RouteInput<'servers.test'>['server']): void;
}

/** Tests of servers with their steps as they happen; the last of each key stays while the screen is there. */
export function useServerTests(): ServerTests {
  const client = useClient();
  const [byKey, setByKey] = useState<Readonly<Record<string, TestRun>>>({});
  useEffect(
    () =>
      client.subscribe((event) => {
        if (event.name !== 'server.tested') return;
        const { testId, step } = event.payload;
        setByKey((before) => {
          const [key, run] = Object.entries(before).find(([, { testId: known, isRunning }]) => known === testId && isRunning) ?? [];
          return key === undefined || run === undefined ? before : { ...before, [key]: { ...run, steps: [...run.steps, step] } };
        });
      }),
    [client],
  );
  return {
    byKey,
    start: (key, server) => {
      const testId = crypto.getRandomValues(new Uint32Array(2)).join('-');
      const set = (run: Omit<TestRun, 'testId'>): void => setByKey((before) => ({ ...before, [key]: { testId, ...run } }));
      set({ isRunning: true, steps: [], passed: null, error: null });
      client.request('servers.test', { testId, server }).then(
        ({ passed, steps }) => set({ isRunning: false, steps, passed, error: null }),
        (thrown: unknown) => set({ isRunning: false, steps: [], passed: null, error: toWireError(thrown) }),
      );
    },
  };
}
