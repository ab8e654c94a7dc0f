import { assertNever } from '#shared/util/assertNever.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { PanelClient } from '../transport/panelClient.ts';
import { KEPT_SAMPLES } from './slices/resources.ts';
import type { PanelStore } from './store.ts';

/** Runs in the list when the panel opens; older ones are asked for when the list is scrolled to its end. */
export const FIRST_RUNS = 50;

/**
 * Keeps the store like the runtime: first everything once, then events; after a lost connection everything once again.
 * Subscribes before asking, so nothing between the two is missed; a run that an event named meanwhile keeps what the event said.
 * @param onError called when the state could not be read; the next reconnect tries again
 * @returns ends it
 */
export function startSync(client: PanelClient, store: PanelStore, now: () => number, onError: (error: unknown) => void): () => void {
  let changedRuns = new Set<number>();
  let removedRuns = new Set<number>();
  let isStopped = false;
  let loads = 0;

  const apply = (event: AnyEvent): void => {
    const state = store.getState();
    switch (event.name) {
      case 'run.changed':
        changedRuns.add(event.payload.id);
        return state.setRun(event.payload, now());
      case 'run.removed':
        removedRuns.add(event.payload.runId);
        return state.removeRun(event.payload.runId);
      case 'run.stepped': {
        const { step } = event.payload;
        if (step.step === 'taskRetrying' || (step.step === 'taskFinished' && step.status === 'failed')) state.setIncident(event.payload);
        return;
      }
      case 'items.changed':
        return state.changeItems(event.payload.runId, event.payload.items);
      case 'server.changed':
        return state.setServer(event.payload);
      case 'resources.sampled':
        return state.addSample(event.payload);
      case 'settings.changed':
        state.setSettings(event.payload);
        // The model, its words, the decoder and the ports of idle servers follow from the settings.
        void client.request('servers.list', {}).then(({ servers }) => {
          if (!isStopped) store.getState().setServers(servers);
        }, onError);
        void client.request('system.info', {}).then((system) => {
          if (!isStopped) store.getState().setSystem(system);
        }, onError);
        return;
      default:
        assertNever(event);
    }
  };

  const load = async (): Promise<void> => {
    loads += 1;
    const current = loads;
    changedRuns = new Set();
    removedRuns = new Set();
    const [host, system, settings, { runs, total }, { servers }, { samples }] = await Promise.all([
      client.request('host.info', {}),
      client.request('system.info', {}),
      client.request('settings.get', {}),
      client.request('runs.list', { count: FIRST_RUNS }),
      client.request('servers.list', {}),
      client.request('resources.history', { seconds: KEPT_SAMPLES }),
    ]);
    if (isStopped || current !== loads) return;
    const state = store.getState();
    state.setHost(host);
    state.setSystem(system);
    state.setSettings(settings);
    state.setNewestRuns(
      runs.filter((run) => !removedRuns.has(run.id)),
      total,
      changedRuns,
    );
    state.setServers(servers);
    state.setSamples(samples);
    state.invalidateItems();
    state.setLoaded();
  };

  let needsLoad = false;
  const tryLoad = (): void => {
    needsLoad = false;
    void load().catch((error: unknown) => {
      needsLoad = true;
      onError(error);
    });
  };
  const endings = [
    client.onConnection((connection) => {
      store.getState().setConnection(connection);
      if (connection === 'online' && needsLoad) tryLoad();
    }),
    client.subscribe(apply),
    client.onReconnect(tryLoad),
  ];
  tryLoad();
  return () => {
    isStopped = true;
    for (const end of endings) end();
  };
}
