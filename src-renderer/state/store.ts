import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { createConnectionSlice, type ConnectionSlice } from './slices/connection.ts';
import { createItemsSlice, type ItemsSlice } from './slices/items.ts';
import { createNightSlice, type NightSlice } from './slices/night.ts';
import { createNoticesSlice, type NoticesSlice } from './slices/notices.ts';
import { createQueueSlice, type QueueSlice } from './slices/queue.ts';
import { createResourcesSlice, type ResourcesSlice } from './slices/resources.ts';
import { createRunsSlice, type RunsSlice } from './slices/runs.ts';
import { createServersSlice, type ServersSlice } from './slices/servers.ts';
import { createSettingsSlice, type SettingsSlice } from './slices/settings.ts';

export type PanelState = ConnectionSlice &
  ItemsSlice &
  NightSlice &
  NoticesSlice &
  QueueSlice &
  ResourcesSlice &
  RunsSlice &
  ServersSlice &
  SettingsSlice;

/** Changes part of the state; slices get no more of the store than this. */
export type Change = (change: (state: PanelState) => Partial<PanelState>) => void;

export type PanelStore = UseBoundStore<StoreApi<PanelState>>;

/** A store of its own, for tests; the panel uses `usePanel`. */
export function createPanelStore(): PanelStore {
  return create<PanelState>()((set) => {
    const change: Change = (update) => set((state) => update(state));
    return {
      ...createConnectionSlice(change),
      ...createItemsSlice(change),
      ...createNightSlice(change),
      ...createNoticesSlice(change),
      ...createQueueSlice(change),
      ...createResourcesSlice(change),
      ...createRunsSlice(change),
      ...createServersSlice(change),
      ...createSettingsSlice(change),
    };
  });
}

/** The one store of the page; always called with a selector. */
export const usePanel = createPanelStore();
