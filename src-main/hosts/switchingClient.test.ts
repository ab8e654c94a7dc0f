import { expect, it, vi } from 'vitest';
import type { NightshiftClient } from '#shared/contract/client.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { createSwitchingClient } from './switchingClient.ts';
import { createTransportBackend, describeTransport, type TransportBackend } from './transport.suite.ts';

describeTransport('switching client', async (backend) => ({
  client: createSwitchingClient(backend.client),
  dispose: async () => undefined,
}));

describeTransport('switching client after a switch', async (backend) => {
  const client = createSwitchingClient(createTransportBackend().client);
  await client.switchTo(backend.client);
  return { client, dispose: async () => undefined };
});

interface Remote {
  readonly client: NightshiftClient;
  /** Questions that were asked and not answered. */
  readonly waiting: string[];
  reconnect(): void;
  /** Ends a close under way. */
  readonly letClose: () => void;
}

/** A client of another process: its questions stay open until it is closed, and closing takes until `letClose`. */
function createRemote(backend: TransportBackend = createTransportBackend()): Remote {
  const waiting: string[] = [];
  const reconnectListeners = new Set<() => void>();
  const closing = Promise.withResolvers<never>();
  const closed = Promise.withResolvers<void>();
  closing.promise.catch(() => undefined);
  return {
    waiting,
    reconnect: () => {
      for (const listener of reconnectListeners) listener();
    },
    letClose: closed.resolve,
    client: {
      ...backend.client,
      request: (route) => {
        waiting.push(route);
        return closing.promise;
      },
      onReconnect(listener) {
        reconnectListeners.add(listener);
        return () => reconnectListeners.delete(listener);
      },
      async close() {
        closing.reject(new NightshiftError('SHUTTING_DOWN'));
        await closed.promise;
      },
    },
  };
}

function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

it('keeps subscriptions over a switch, in both directions: the old side is not heard any more', async () => {
  const [before, after] = [createTransportBackend(), createTransportBackend()];
  const client = createSwitchingClient(before.client);
  const seen: AnyEvent[] = [];
  client.subscribe((event) => seen.push(event));
  const stop = client.subscribe(() => expect.fail('this subscription has ended'));
  stop();
  before.events.emit('run.removed', { runId: 1 });
  await client.switchTo(after.client);
  before.events.emit('run.removed', { runId: 2 });
  after.events.emit('run.removed', { runId: 3 });
  expect(seen.map((event) => event.payload)).toEqual([{ runId: 1 }, { runId: 3 }]);
  expect((await client.request('settings.get', {})).language).toBe('ko');
  await expect(before.client.request('settings.get', {})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});

it('ends what the old side had still to answer as CONNECTION_LOST', async () => {
  const remote = createRemote();
  const client = createSwitchingClient(remote.client);
  const code = codeOf(client.request('runs.list', {}));
  expect(remote.waiting).toEqual(['runs.list']);
  remote.letClose();
  await client.switchTo(createTransportBackend().client);
  expect(await code).toBe('CONNECTION_LOST');
});

it('ends what is still to be answered at a close as SHUTTING_DOWN', async () => {
  const remote = createRemote();
  const client = createSwitchingClient(remote.client);
  const code = codeOf(client.request('runs.list', {}));
  remote.letClose();
  await client.close();
  expect(await code).toBe('SHUTTING_DOWN');
});

it('tells each listener once about a switch, also when one of them fails, and no more about the old side', async () => {
  const remote = createRemote();
  const client = createSwitchingClient(remote.client);
  const told = vi.fn<() => void>();
  client.onReconnect(() => {
    throw new Error('a careless listener');
  });
  client.onReconnect(told);
  const stopped = vi.fn<() => void>();
  client.onReconnect(stopped)();
  remote.reconnect();
  expect(told).toHaveBeenCalledTimes(1);
  remote.letClose();
  await client.switchTo(createTransportBackend().client);
  remote.reconnect();
  expect(told).toHaveBeenCalledTimes(2);
  expect(stopped).not.toHaveBeenCalled();
});

it('closes both sides when it is closed during a switch, and does not switch after that', async () => {
  const remote = createRemote();
  const client = createSwitchingClient(remote.client);
  const told = vi.fn<() => void>();
  const [next, third] = [createTransportBackend(), createTransportBackend()];
  client.onReconnect(told);
  const switching = client.switchTo(next.client);
  expect(told).toHaveBeenCalledOnce();
  await client.close();
  await expect(next.client.request('settings.get', {})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  remote.letClose();
  await switching;
  await client.switchTo(third.client);
  expect(told).toHaveBeenCalledOnce();
  expect(await codeOf(client.request('settings.get', {}))).toBe('SHUTTING_DOWN');
  expect((await third.client.request('settings.get', {})).language).toBe('ko');
});
