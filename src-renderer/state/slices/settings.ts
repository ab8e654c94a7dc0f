import type { Settings } from '#shared/contract/settings.ts';
import type { Change } from '../store.ts';

export interface SettingsSlice {
  readonly settings: Settings | null;
  setSettings(settings: Settings): void;
}

export function createSettingsSlice(change: Change): SettingsSlice {
  return { settings: null, setSettings: (settings) => change(() => ({ settings })) };
}
