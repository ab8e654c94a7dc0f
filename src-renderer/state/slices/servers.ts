import { MODES, type Mode } from '#shared/domain/mode.ts';
import type { KnownServer } from '#shared/contract/servers.ts';
import type { Change, PanelState } from '../store.ts';

export interface ServersSlice {
  readonly serverById: Readonly<Record<string, KnownServer>>;
  setServers(servers: readonly KnownServer[]): void;
  setServer(server: KnownServer): void;
}

export function createServersSlice(change: Change): ServersSlice {
  return {
    serverById: {},
    setServers: (servers) => change(() => ({ serverById: Object.fromEntries(servers.map((server) => [server.id, server])) })),
    setServer: (server) => change((state) => ({ serverById: { ...state.serverById, [server.id]: server } })),
  };
}

/** By mode; of a mode Nightshift's own first, then the user's by name. Builds an array: use with `useShallow`. */
export function selectServers({ serverById }: PanelState): KnownServer[] {
  return MODES.flatMap((mode) =>
    Object.values(serverById)
      .filter((server) => server.mode === mode)
      .toSorted((a, b) => Number(b.id === mode) - Number(a.id === mode) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id)),
  );
}

/** What is wrong with a server that serves the mode; null when nothing is. */
export function selectServerError(state: PanelState, mode: Mode): KnownServer['error'] {
  return selectServers(state).find((server) => server.mode === mode && server.isServing && server.error !== null)?.error ?? null;
}
