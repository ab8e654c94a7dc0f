import { describe, expect, it } from 'vitest';
import type { EventPayload } from '#shared/contract/events.ts';
import { buildRun } from '../../testing/builders.ts';
import { createPanelStore, type PanelStore } from '../store.ts';
import { selectCurrentRunId } from './runs.ts';

const runs = (...ids: number[]) => ids.map((id) => buildRun({ id, status: 'finished' }));
const NONE: ReadonlySet<number> = new Set();

/** Runs 10 and 9 are listed, of ten in all. */
function listed(): PanelStore {
  const store = createPanelStore();
  store.getState().setNewestRuns(runs(10, 9), 10, NONE);
  return store;
}
const list = (store: PanelStore) => ({ ids: store.getState().runIds, total: store.getState().runTotal });

describe('the list of runs', () => {
  it('counts a new run once and puts it first', () => {
    const store = listed();
    store.getState().setRun(buildRun({ id: 11 }), 0);
    store.getState().setRun(buildRun({ id: 11, status: 'finished' }), 1);
    expect(list(store)).toEqual({ ids: [11, 10, 9], total: 11 });
  });

  it('knows an older run that was opened or that an event named without listing or counting it', () => {
    const store = listed();
    store.getState().setRun(buildRun({ id: 3, status: 'running' }), 0);
    expect(list(store)).toEqual({ ids: [10, 9], total: 10 });
    expect(store.getState().runById[3]?.status).toBe('running');
    expect(selectCurrentRunId(store.getState())).toBe(3);
    store.getState().addOlderRuns(runs(8, 7), 10);
    expect(list(store)).toEqual({ ids: [10, 9, 8, 7], total: 10 });
    store.getState().addOlderRuns(runs(6, 5, 4, 3, 2, 1), 10);
    expect(list(store).ids).toHaveLength(10);
    expect(store.getState().runById[3]?.status).toBe('running');
  });

  it('takes the total of the runtime and adds what was created since', () => {
    const store = listed();
    store.getState().setRun(buildRun({ id: 12 }), 0);
    store.getState().setRun(buildRun({ id: 2 }), 0);
    store.getState().setNewestRuns(runs(11, 10), 11, new Set([12, 2]));
    expect(list(store)).toEqual({ ids: [12, 11, 10], total: 12 });
    store.getState().setNewestRuns(runs(2), 1, NONE);
    expect(list(store)).toEqual({ ids: [2], total: 1 });
    expect(Object.keys(store.getState().runById)).toEqual(['2']);
  });

  it('forgets everything about a removed run, and no late reply brings it back', () => {
    const store = listed();
    const incident: EventPayload<'run.stepped'> = {
      runId: 9,
      atMs: 0,
      step: { step: 'taskFinished', mode: 'streaming', itemId: 1, fileId: 'a', status: 'failed', werRatio: null, error: null },
    };
    store.getState().setRun(buildRun({ id: 9 }), 0);
    store.getState().setIncident(incident);
    store.getState().removeRun(9);
    store.getState().removeRun(9);
    store.getState().setRun(buildRun({ id: 9 }), 1);
    store.getState().setIncident(incident);
    store.getState().addOlderRuns(runs(9), 10);
    expect(list(store)).toEqual({ ids: [10], total: 9 });
    expect(store.getState().runById[9]).toBeUndefined();
    expect(store.getState().pointsByRun[9]).toBeUndefined();
    expect(store.getState().incidentByRun[9]).toBeUndefined();
    store.getState().setNewestRuns(runs(10, 9), 10, NONE);
    expect(list(store)).toEqual({ ids: [10], total: 9 });
  });
});
