import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { Change, PanelState } from '../store.ts';

export interface ServersSlice {
  readonly serverByMode: Readonly<Partial<Record<Mode, ServerState>>>;
  setServers(servers: readonly ServerState[]): void;
  setServer(server: ServerState): void;
}

export function createServersSlice(change: Change): ServersSlice {
  return {
    serverByMode: {},
    setServers: (servers) => change(() => ({ serverByMode: Object.fromEntries(servers.map((server) => [server.mode, server])) })),
    setServer: (server) => change((state) => ({ serverByMode: { ...state.serverByMode, [server.mode]: server } })),
  };
}

/** Builds an array: use with `useShallow`. */
export function selectServers(state: PanelState): ServerState[] {
  return MODES.flatMap((mode) => state.serverByMode[mode] ?? []);
}
