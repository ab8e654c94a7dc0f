import type { Mode } from '#shared/domain/mode.ts';
import type { AsrSession, ServerHello } from '../servers/adapters/asrAdapter.ts';

export interface ServerNeed {
  readonly mode: Mode;
  readonly port: number;
  readonly ownership: 'own' | 'running';
  /** Folder of the model; not used for a running server. */
  readonly modelPath: string;
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
}

/** What a run needs from the servers; the supervisors stand behind it. */
export interface SpeechServers {
  /** Starts or restarts what is needed and resolves when it answers. @throws what keeps it from answering: the mode cannot run then. */
  ensureReady(need: ServerNeed, signal: AbortSignal): Promise<ServerHello>;
  /** A session for one task; closing it gives its place back. @throws SERVER_BUSY when every place is taken, or as the adapter's `connect` */
  openSession(mode: Mode, signal: AbortSignal): Promise<AsrSession>;
  /** Whether the server of the mode is gone, so that what it was working on is lost and not failed. */
  isGone(mode: Mode): boolean;
  /** The user asked for the server: earlier crashes count no more. */
  forgive(mode: Mode): void;
  /** Identity of the running process for the record of an attempt. */
  instanceOf(mode: Mode): string | null;
}
