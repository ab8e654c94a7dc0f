import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import type { Change, PanelState } from '../store.ts';

export interface ServersSlice {
  readonly serverByMode: Readonly<Partial<Record<Mode, KnownServer>>>;
  setServers(servers: readonly KnownServer[]): void;
  setServer(server: KnownServer): void;
}

export function createServersSlice(change: Change): ServersSlice {
  return {
    serverByMode: {},
    setServers: (servers) =>
      change(() => ({ serverByMode: Object.fromEntries(servers.filter(isOurs).map((server) => [server.mode, server])) })),
    setServer: (server) => change((state) => (isOurs(server) ? { serverByMode: { ...state.serverByMode, [server.mode]: server } } : state)),
  };
}

/** Builds an array: use with `useShallow`. */
export function selectServers(state: PanelState): KnownServer[] {
  return MODES.flatMap((mode) => state.serverByMode[mode] ?? []);
}

/** Our own servers are called by their mode. */
function isOurs({ id, mode }: KnownServer): boolean {
  return id === mode;
}
