import { describe, expect, it, vi } from 'vitest';
import { SettingsSchema } from '#shared/contract/settings.ts';
import { buildRow, buildRun, buildSample, buildServer, buildSystem, buildTask } from '../testing/builders.ts';
import { createScriptedClient, type Answers } from '../testing/scriptedClient.ts';
import { createPanelStore } from './store.ts';
import { startSync } from './sync.ts';

const answers: Answers = {
  'host.info': () => ({ host: 'serve', canPickPaths: false, canOpenPath: false, canUpload: true }),
  'system.info': () => buildSystem(),
  'settings.get': () => SettingsSchema.parse({}),
  'runs.list': () => ({ runs: [buildRun({ id: 1 })], total: 1 }),
  'servers.list': () => ({ servers: [buildServer({ mode: 'chunked', port: 8002 }), buildServer()] }),
  'resources.history': () => ({ samples: [buildSample()] }),
};

function start(given: Answers = answers) {
  const client = createScriptedClient(given);
  const store = createPanelStore();
  const onError = vi.fn();
  const stop = startSync(client, store, () => 5_000, onError);
  return { client, store, onError, stop };
}

const loaded = (store: ReturnType<typeof createPanelStore>) => vi.waitFor(() => expect(store.getState().isLoaded).toBe(true));

describe('state of the panel', () => {
  it('reads everything once at the start', async () => {
    const { store, onError } = start();
    await loaded(store);
    const state = store.getState();
    expect(state.runIds).toEqual([1]);
    expect(state.serverByMode.chunked?.port).toBe(8002);
    expect(state.samples).toHaveLength(1);
    expect(state.connection).toBe('online');
    expect(onError).not.toHaveBeenCalled();
  });

  it('keeps what an event said over an older list', async () => {
    const list = Promise.withResolvers<{ runs: ReturnType<typeof buildRun>[]; total: number }>();
    const { client, store } = start({ ...answers, 'runs.list': () => list.promise });
    client.emit({ name: 'run.changed', payload: buildRun({ id: 1, status: 'finished' }) });
    client.emit({ name: 'run.removed', payload: { runId: 2 } });
    list.resolve({ runs: [buildRun({ id: 3 }), buildRun({ id: 2 }), buildRun({ id: 1, status: 'running' })], total: 3 });
    await loaded(store);
    expect(store.getState().runIds).toEqual([3, 1]);
    expect(store.getState().runById[1]?.status).toBe('finished');
  });

  it('asks again after the connection came back and drops what is gone', async () => {
    let runs = [buildRun({ id: 2 }), buildRun({ id: 1 })];
    const { client, store } = start({ ...answers, 'runs.list': () => ({ runs, total: runs.length }) });
    await loaded(store);
    runs = [buildRun({ id: 2, status: 'finished' })];
    const before = store.getState().itemsVersion;
    client.reconnect();
    await vi.waitFor(() => expect(store.getState().runIds).toEqual([2]));
    expect(store.getState().runById[2]?.status).toBe('finished');
    expect(store.getState().itemsVersion).toBeGreaterThan(before);
  });

  it('follows rows, servers, readings and removals', async () => {
    const { client, store } = start();
    await loaded(store);
    const query = { runId: 1, filter: 'all', search: '' } as const;
    store.getState().openItems(query);
    store.getState().setItemPage(query, 0, [buildRow({ id: 4 })], 1, { all: 1 });
    const changed = buildRow({ id: 4, tasks: [buildTask({ status: 'done', werRatio: 0 })] });
    client.emit({ name: 'items.changed', payload: { runId: 1, items: [changed], more: false } });
    expect(store.getState().itemPages.pages.get(0)).toEqual([changed]);
    client.emit({ name: 'items.changed', payload: { runId: 9, items: [buildRow({ id: 4 })], more: false } });
    expect(store.getState().itemPages.pages.get(0)).toEqual([changed]);
    client.emit({ name: 'server.changed', payload: buildServer({ status: 'ready' }) });
    expect(store.getState().serverByMode.streaming?.status).toBe('ready');
    client.emit({ name: 'resources.sampled', payload: buildSample({ atMs: 2_000 }) });
    expect(store.getState().samples).toHaveLength(2);
    client.emit({ name: 'run.removed', payload: { runId: 1 } });
    expect(store.getState().runIds).toEqual([]);
  });

  it('reports what it could not read', async () => {
    const { 'servers.list': _left, ...rest } = answers;
    const { onError, store } = start(rest);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'ROUTE_NOT_FOUND' })));
    expect(store.getState().isLoaded).toBe(false);
  });

  it('ignores a page of a list that is no longer shown', async () => {
    const { store } = start();
    await loaded(store);
    const first = { runId: 1, filter: 'all', search: '' } as const;
    store.getState().openItems(first);
    store.getState().openItems({ runId: 1, filter: 'failed', search: '' });
    store.getState().setItemPage(first, 0, [buildRow()], 1, {});
    expect(store.getState().itemPages.total).toBe(0);
  });
});
