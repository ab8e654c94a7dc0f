import type { HostInfo } from '#shared/contract/host.ts';
import type { WireError } from '#shared/errors/nightshiftError.ts';
import type { SystemInfo } from '#shared/contract/system.ts';
import type { ConnectionState } from '../../transport/panelClient.ts';
import type { Change } from '../store.ts';

export interface ConnectionSlice {
  readonly connection: ConnectionState;
  /** False until the first full state was received. */
  readonly isLoaded: boolean;
  /** How often the full state was received; whoever keeps answers of its own asks again when it grows. */
  readonly loadCount: number;
  /** Why the full state cannot be read although the connection is there; null otherwise. */
  readonly loadError: WireError | null;
  readonly host: HostInfo | null;
  readonly system: SystemInfo | null;
  setConnection(connection: ConnectionState): void;
  setHost(host: HostInfo): void;
  setSystem(system: SystemInfo): void;
  setLoaded(): void;
  setLoadError(error: WireError): void;
}

export function createConnectionSlice(change: Change): ConnectionSlice {
  return {
    connection: 'connecting',
    isLoaded: false,
    loadCount: 0,
    loadError: null,
    host: null,
    system: null,
    setConnection: (connection) => change(() => ({ connection })),
    setHost: (host) => change(() => ({ host })),
    setSystem: (system) => change(() => ({ system })),
    setLoaded: () => change((state) => ({ isLoaded: true, loadCount: state.loadCount + 1, loadError: null })),
    setLoadError: (loadError) => change(() => ({ loadError })),
  };
}
