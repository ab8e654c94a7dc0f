import { afterEach, describe, expect, it, vi } from 'vitest';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { buildQueue, buildRow, buildRun, buildSample, buildServer, buildSystem, buildTask } from '../testing/builders.ts';
import { createScriptedClient, type Answers } from '../testing/scriptedClient.ts';
import { selectServers } from './slices/servers.ts';
import { createPanelStore } from './store.ts';
import type { ConnectionState } from '../transport/panelClient.ts';
import { FIRST_RETRY_MS, startSync } from './sync.ts';

const answers: Answers = {
  'host.info': () => ({ host: 'serve', canPickPaths: false, canOpenPath: false, canUpload: true }),
  'system.info': () => buildSystem(),
  'settings.get': () => SettingsSchema.parse({}),
  'runs.list': () => ({ runs: [buildRun({ id: 1 })], total: 1 }),
  'servers.list': () => ({ servers: [buildServer({ mode: 'chunked', port: 8002 }), buildServer()] }),
  'resources.history': () => ({ samples: [buildSample()] }),
  'queue.get': () => buildQueue({ runIds: [1] }),
};

function start(given: Answers = answers, connection: ConnectionState = 'online') {
  const client = createScriptedClient(given, connection);
  const store = createPanelStore();
  const onError = vi.fn();
  const stop = startSync(client, store, () => 5_000, onError);
  stops.push(stop);
  return { client, store, onError, stop };
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.useRealTimers();
});

const loaded = (store: ReturnType<typeof createPanelStore>) => eventually(() => expect(store.getState().isLoaded).toBe(true));

describe('state of the panel', () => {
  it('reads everything once at the start', async () => {
    const { store, onError } = start();
    await loaded(store);
    const state = store.getState();
    expect(state.runIds).toEqual([1]);
    expect(state.serverById['chunked']?.port).toBe(8002);
    expect(state.samples).toHaveLength(1);
    expect(state.queue?.runIds).toEqual([1]);
    expect(state.connection).toBe('online');
    expect(onError).not.toHaveBeenCalled();
  });

  it('waits for the connection, so that no event falls between the state and the first event', async () => {
    const { client, store } = start(answers, 'connecting');
    await Promise.resolve();
    expect(client.asked).toEqual([]);
    client.setConnection('online');
    client.reconnect();
    await loaded(store);
    expect(client.asked.filter(({ route }) => route === 'runs.list')).toHaveLength(1);
    client.setConnection('offline');
    client.setConnection('online');
    await eventually(() => expect(store.getState().loadCount).toBe(2));
  });

  it('says why the state cannot be read and asks again by itself', async () => {
    vi.useFakeTimers();
    let isBroken = true;
    const { client, store, onError } = start({
      ...answers,
      'servers.list': () => {
        if (isBroken) throw new NightshiftError('INTERNAL', { detail: 'broken' });
        return { servers: [] };
      },
    });
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    expect(store.getState().loadError?.code).toBe('INTERNAL');
    expect(client.asked.filter(({ route }) => route === 'servers.list')).toHaveLength(2);
    expect(onError).toHaveBeenCalledTimes(1);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS * 2);
    expect(store.getState().isLoaded).toBe(true);
    expect(store.getState().loadError).toBeNull();
  });

  it('asks for the list of files again when more of them were found', async () => {
    const { client, store } = start();
    await loaded(store);
    store.getState().openItems({ runId: 1, filter: 'all', search: '' });
    const before = store.getState().itemsVersion;
    client.emit({ name: 'run.changed', payload: buildRun({ id: 1, itemCount: 30, status: 'running' }) });
    expect(store.getState().itemsVersion).toBe(before + 1);
    client.emit({ name: 'run.changed', payload: buildRun({ id: 1, itemCount: 30, status: 'finished' }) });
    expect(store.getState().itemsVersion).toBe(before + 1);
  });

  it('keeps what an event said over an older list', async () => {
    const list = Promise.withResolvers<{ runs: ReturnType<typeof buildRun>[]; total: number }>();
    const { client, store } = start({ ...answers, 'runs.list': () => list.promise });
    await eventually(() => expect(client.asked).not.toEqual([]));
    client.emit({ name: 'run.changed', payload: buildRun({ id: 1, status: 'finished' }) });
    client.emit({ name: 'run.removed', payload: { runId: 2 } });
    list.resolve({ runs: [buildRun({ id: 3 }), buildRun({ id: 2 }), buildRun({ id: 1, status: 'running' })], total: 3 });
    await loaded(store);
    expect(store.getState().runIds).toEqual([3, 1]);
    expect(store.getState().runById[1]?.status).toBe('finished');
  });

  it('keeps settings, servers and the queue that changed while the state was on its way', async () => {
    const list = Promise.withResolvers<{ runs: ReturnType<typeof buildRun>[]; total: number }>();
    const { client, store } = start({ ...answers, 'runs.list': () => list.promise });
    await eventually(() => expect(client.asked).not.toEqual([]));
    client.emit({ name: 'server.changed', payload: buildServer({ mode: 'chunked', status: 'ready' }) });
    client.emit({ name: 'settings.changed', payload: SettingsSchema.parse({ theme: 'dark' }) });
    client.emit({ name: 'queue.changed', payload: buildQueue({ isPaused: true }) });
    list.resolve({ runs: [], total: 0 });
    await loaded(store);
    expect(store.getState().queue?.isPaused).toBe(true);
    expect(store.getState().settings?.theme).toBe('dark');
    expect(store.getState().serverById['streaming']?.status).toBe('stopped');
  });

  it('shows the ports of the settings that changed while the state was on its way', async () => {
    const list = Promise.withResolvers<{ runs: ReturnType<typeof buildRun>[]; total: number }>();
    let port = 8001;
    const { client, store } = start({
      ...answers,
      'runs.list': () => list.promise,
      'servers.list': () => ({ servers: [buildServer({ port })] }),
    });
    await eventually(() => expect(client.asked.some(({ route }) => route === 'servers.list')).toBe(true));
    port = 18_001;
    client.emit({ name: 'settings.changed', payload: SettingsSchema.parse({}) });
    await eventually(() => expect(store.getState().serverById['streaming']?.port).toBe(18_001));
    list.resolve({ runs: [], total: 0 });
    await loaded(store);
    await eventually(() => expect(store.getState().serverById['streaming']?.port).toBe(18_001));
  });

  it('asks again after the connection came back and drops what is gone', async () => {
    let runs = [buildRun({ id: 2 }), buildRun({ id: 1 })];
    const { client, store } = start({ ...answers, 'runs.list': () => ({ runs, total: runs.length }) });
    await loaded(store);
    runs = [buildRun({ id: 2, status: 'finished' })];
    const before = store.getState().itemsVersion;
    client.reconnect();
    await eventually(() => expect(store.getState().runIds).toEqual([2]));
    expect(store.getState().runById[2]?.status).toBe('finished');
    expect(store.getState().itemsVersion).toBeGreaterThan(before);
  });

  it('follows rows, servers, readings and removals', async () => {
    const { client, store } = start();
    await loaded(store);
    const query = { runId: 1, filter: 'all', search: '' } as const;
    store.getState().openItems(query);
    store.getState().setItemPage(query, { page: 0, rows: [buildRow({ id: 4 })], total: 1, counts: { all: 1 }, askedIn: 0 });
    const changed = buildRow({ id: 4, tasks: [buildTask({ status: 'done', werRatio: 0 })] });
    client.emit({ name: 'items.changed', payload: { runId: 1, items: [changed], more: false } });
    expect(store.getState().itemPages.pages.get(0)).toEqual([changed]);
    client.emit({ name: 'items.changed', payload: { runId: 9, items: [buildRow({ id: 4 })], more: false } });
    expect(store.getState().itemPages.pages.get(0)).toEqual([changed]);
    client.emit({ name: 'server.changed', payload: buildServer({ status: 'ready' }) });
    expect(store.getState().serverById['streaming']?.status).toBe('ready');
    client.emit({ name: 'resources.sampled', payload: buildSample({ atMs: 2_000 }) });
    expect(store.getState().samples).toHaveLength(2);
    client.emit({ name: 'run.removed', payload: { runId: 1 } });
    expect(store.getState().runIds).toEqual([]);
  });

  it('keeps servers of one mode apart, and reads them anew when profiles were saved or removed', async () => {
    let servers = [buildServer(), buildServer({ id: 'my-vosk', name: 'My vosk', status: 'ready' })];
    const { client, store } = start({ ...answers, 'servers.list': () => ({ servers }) });
    await loaded(store);
    client.emit({ name: 'server.changed', payload: buildServer({ status: 'starting' }) });
    expect(selectServers(store.getState()).map(({ id, status }) => `${id} ${status}`)).toEqual(['streaming starting', 'my-vosk ready']);
    servers = [buildServer()];
    client.emit({ name: 'profiles.changed', payload: {} });
    client.emit({ name: 'server.changed', payload: buildServer({ id: 'test-7', status: 'starting' }) });
    await eventually(() => expect(selectServers(store.getState()).map(({ id }) => id)).toEqual(['streaming']));
  });

  it('reports what it could not read', async () => {
    const { 'servers.list': _left, ...rest } = answers;
    const { onError, store } = start(rest);
    await eventually(() => expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'ROUTE_NOT_FOUND' })));
    expect(store.getState().isLoaded).toBe(false);
  });

  it('ignores a page of a list that is no longer shown', async () => {
    const { store } = start();
    await loaded(store);
    const first = { runId: 1, filter: 'all', search: '' } as const;
    store.getState().openItems(first);
    store.getState().openItems({ runId: 1, filter: 'failed', search: '' });
    store.getState().setItemPage(first, { page: 0, rows: [buildRow()], total: 1, counts: {}, askedIn: 0 });
    expect(store.getState().itemPages.total).toBe(0);
  });
});
