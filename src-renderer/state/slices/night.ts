import type { Alert } from '#shared/contract/alerts.ts';
import type { NightState } from '#shared/contract/night.ts';
import type { Change } from '../store.ts';

export interface NightSlice {
  /** Active ones, the oldest first. */
  readonly alerts: readonly Alert[];
  readonly night: NightState;
  setAlerts(alerts: readonly Alert[]): void;
  setNight(night: NightState): void;
}

export function createNightSlice(change: Change): NightSlice {
  return {
    alerts: [],
    night: { pending: null, isActing: false },
    setAlerts: (alerts) => change(() => ({ alerts })),
    setNight: (night) => change(() => ({ night })),
  };
}
