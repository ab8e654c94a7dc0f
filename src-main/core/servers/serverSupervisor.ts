import type { Clock, FileStore, HttpClient, Logger, PortProbe, Random, ResourceProbe, Spawner } from '#main/core/ports.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerState } from '#shared/contract/servers.ts';
import type { AdapterProfile, AsrAdapter, AsrSession, ServerHello } from './adapters/asrAdapter.ts';
import type { ServerLines } from './outputLog.ts';
import type { ServerLedger } from './serverProcess.ts';
import { SupervisedServer } from './supervisedServer.ts';

export interface ServerTarget {
  /** With its secrets. */
  readonly profile: ServerProfile;
  /** `running` uses what listens on the port, whoever started it, and never ends it. Always so for a profile without a start. */
  readonly ownership: 'own' | 'running';
  /** Folder of the model; not used for a running server. */
  readonly modelPath: string;
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
}

export interface ReadyServer {
  readonly url: string;
  readonly hello: ServerHello;
}

export interface SupervisorOptions {
  /** Shown until the first target is known; its id names the log. */
  readonly profile: ServerProfile;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly portProbe: PortProbe;
  /** Asks whether a server is ready, where its profile says how. */
  readonly http: HttpClient;
  /** What talks to the server of a profile. */
  readonly adapterFor: (profile: AdapterProfile) => AsrAdapter;
  /** Asked for the memory of the GPUs when a server hangs. */
  readonly resources: Pick<ResourceProbe, 'sample'>;
  readonly ledger: ServerLedger;
  /** Logs go to `logs/server-<id>.log` below it. */
  readonly dataDir: string;
  readonly onChange: (state: ServerState) => void;
}

/** The server of one profile: started on demand, watched, restarted, recycled, stopped with its whole tree. */
export interface ServerSupervisor {
  /**
   * Starts, restarts (when the target changed) or adopts the server and resolves when it has answered the handshake. Waits through a
   * back-off, and through failed starts of a server that worked before. An abort ends a start that is under way.
   * @throws PORT_IN_USE with `occupant` (nightshift, s0 or foreign), `pid` and `program`; MODEL_MISSING, MODEL_INVALID, SERVER_COMMAND_MISSING,
   * SERVER_MODULE_MISSING; SERVER_EXITED, SERVER_OUT_OF_MEMORY with the last log lines as `logTail` when it ended before it was ready;
   * SERVER_START_TIMEOUT; SERVER_BROKEN until `forgive`; SERVER_REFUSED when nothing runs to be adopted; CANCELLED
   */
  ensureReady(target: ServerTarget, signal: AbortSignal): Promise<ReadyServer>;
  /**
   * Waits while the server is recycled. A file that the server does not get on with ends with SERVER_UNRESPONSIVE.
   * @throws SERVER_REFUSED when it is not ready, SERVER_BUSY when all places are in use, or as the adapter's `connect`
   */
  openSession(signal: AbortSignal): Promise<AsrSession>;
  /** Ends it politely, then by force; an adopted one is only let go. Also ends a start or a wait for a restart. */
  stop(): Promise<void>;
  /** The user acted: a broken server may be tried again and earlier crashes no longer count. */
  forgive(): void;
  state(): ServerState;
  /** Whether it cannot be working on anything now. */
  isGone(): boolean;
  /** Token of the running process; null when there is none or it is not ours. */
  instance(): string | null;
  /** Its last 2,000 lines over all of its processes, without colours and secrets. */
  readonly lines: ServerLines;
  readonly logPath: string;
}

export function createServerSupervisor(options: SupervisorOptions): ServerSupervisor {
  return new SupervisedServer(options);
}
