import type { HostInfo } from '#shared/contract/host.ts';
import type { SystemInfo } from '#shared/contract/system.ts';
import type { ConnectionState } from '../../transport/panelClient.ts';
import type { Change } from '../store.ts';

export interface ConnectionSlice {
  readonly connection: ConnectionState;
  /** False until the first full state was received. */
  readonly isLoaded: boolean;
  readonly host: HostInfo | null;
  readonly system: SystemInfo | null;
  setConnection(connection: ConnectionState): void;
  setHost(host: HostInfo): void;
  setSystem(system: SystemInfo): void;
  setLoaded(): void;
}

export function createConnectionSlice(change: Change): ConnectionSlice {
  return {
    connection: 'offline',
    isLoaded: false,
    host: null,
    system: null,
    setConnection: (connection) => change(() => ({ connection })),
    setHost: (host) => change(() => ({ host })),
    setSystem: (system) => change(() => ({ system })),
    setLoaded: () => change(() => ({ isLoaded: true })),
  };
}
