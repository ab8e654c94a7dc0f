import { assertNever } from '#shared/util/assertNever.ts';
import { toWireError } from '#shared/errors/nightshiftError.ts';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { PanelClient } from '../transport/panelClient.ts';
import { KEPT_SAMPLES } from './slices/resources.ts';
import type { PanelStore } from './store.ts';

/** Runs in the list when the panel opens; older ones are asked for when the list is scrolled to its end. */
export const FIRST_RUNS = 50;

/** What events told since the state was last asked for. */
interface Changed {
  readonly runs: Set<number>;
  readonly servers: Set<string>;
  settings: boolean;
  queue: boolean;
  alerts: boolean;
  night: boolean;
}

function nothingChanged(): Changed {
  return { runs: new Set(), servers: new Set(), settings: false, queue: false, alerts: false, night: false };
}

/** First and longest wait before a state that could not be read is asked for again, ms; doubled each time. */
export const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Keeps the store like the runtime: everything once as soon as events arrive, then events; after a lost connection everything once again.
 * Subscribes before asking, so nothing between the two is missed; what an event named meanwhile keeps what the event said.
 * @param onError called when the state could not be read, once for each row of failures; it is tried again while the connection is there
 * @returns ends it
 */
export function startSync(client: PanelClient, store: PanelStore, now: () => number, onError: (error: unknown) => void): () => void {
  let changed = nothingChanged();
  let isStopped = false;
  let loads = 0;
  let retryMs = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const readServers = (): void => {
    void client.request('servers.list', {}).then(({ servers }) => {
      if (!isStopped) store.getState().setServers(servers);
    }, onError);
  };

  /** The model, its words, the decoder, the ports of idle servers and who serves a mode follow from the settings. */
  const readWhatFollows = (): void => {
    readServers();
    void client.request('system.info', {}).then((system) => {
      if (!isStopped) store.getState().setSystem(system);
    }, onError);
  };

  const apply = (event: AnyEvent): void => {
    const state = store.getState();
    switch (event.name) {
      case 'run.changed':
        changed.runs.add(event.payload.id);
        // Files that were found after the list was asked for are in no event of their own.
        if (state.itemQuery?.runId === event.payload.id && state.runById[event.payload.id]?.itemCount !== event.payload.itemCount) {
          state.invalidateItems();
        }
        return state.setRun(event.payload, now());
      case 'run.removed':
        return state.removeRun(event.payload.runId);
      case 'run.stepped': {
        const { step } = event.payload;
        if (step.step === 'taskRetrying' || (step.step === 'taskFinished' && step.status === 'failed')) state.setIncident(event.payload);
        return;
      }
      case 'items.changed':
        return state.changeItems(event.payload.runId, event.payload.items, event.payload.more);
      case 'queue.changed':
        changed.queue = true;
        return state.setQueue(event.payload);
      case 'alerts.changed':
        changed.alerts = true;
        return state.setAlerts(event.payload.active);
      case 'night.changed':
        changed.night = true;
        return state.setNight(event.payload);
      case 'rescorings.changed':
        // Whoever shows them listens for itself: they are asked for only there.
        return;
      case 'server.changed':
        changed.servers.add(event.payload.id);
        // One that is only being tried (`servers.test` of what is not saved) is in no list.
        if (state.isLoaded && state.serverById[event.payload.id] === undefined) return readServers();
        return state.setServer(event.payload);
      case 'profiles.changed':
        return readServers();
      case 'server.tested':
        // Whoever shows them listens for itself.
        return;
      case 'resources.sampled':
        return state.addSample(event.payload);
      case 'settings.changed':
        changed.settings = true;
        state.setSettings(event.payload);
        return readWhatFollows();
      default:
        assertNever(event);
    }
  };

  const load = async (current: number): Promise<void> => {
    changed = nothingChanged();
    const [host, system, settings, { runs, total }, { servers }, { samples }, queue] = await Promise.all([
      client.request('host.info', {}),
      client.request('system.info', {}),
      client.request('settings.get', {}),
      client.request('runs.list', { count: FIRST_RUNS }),
      client.request('servers.list', {}),
      client.request('resources.history', { seconds: KEPT_SAMPLES }),
      client.request('queue.get', {}),
    ]);
    if (isStopped || current !== loads) return;
    const state = store.getState();
    state.setHost(host);
    state.setSystem(system);
    // What was read here may be from before the change.
    if (changed.settings) readWhatFollows();
    else state.setSettings(settings);
    state.setNewestRuns(runs, total, changed.runs);
    const { serverById } = state;
    state.setServers(servers.map((server) => (changed.servers.has(server.id) ? (serverById[server.id] ?? server) : server)));
    state.setSamples(samples);
    if (!changed.queue) state.setQueue(queue);
    // The panel is usable before these are known.
    void client.request('alerts.list', { count: 0 }).then(
      ({ active }) => !changed.alerts && store.getState().setAlerts(active),
      () => undefined,
    );
    void client.request('night.get', {}).then(
      (night) => !changed.night && store.getState().setNight(night),
      () => undefined,
    );
    state.invalidateItems();
    state.setLoaded();
  };

  const isOnline = (): boolean => store.getState().connection === 'online';

  const tryLoad = async (): Promise<void> => {
    loads += 1;
    const current = loads;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    try {
      await load(current);
      if (current === loads) retryMs = FIRST_RETRY_MS;
    } catch (error) {
      // Without a connection the next one loads; a later attempt than this one has its own outcome.
      if (isStopped || current !== loads || !isOnline()) return;
      if (retryMs === FIRST_RETRY_MS) onError(error);
      store.getState().setLoadError(toWireError(error));
      timer = setTimeout(() => isOnline() && void tryLoad(), retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  };

  let isPlanned = false;
  /** A connection that came back says so twice, as a state and as an event: one load for both. */
  const planLoad = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(() => {
      isPlanned = false;
      if (!isStopped && isOnline()) void tryLoad();
    });
  };
  const endings = [
    client.subscribe(apply),
    client.onReconnect(planLoad),
    client.onConnection((connection) => {
      const wasOnline = isOnline();
      store.getState().setConnection(connection);
      if (connection === 'online' && !wasOnline) planLoad();
    }),
  ];
  return () => {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
    for (const end of endings) end();
  };
}
