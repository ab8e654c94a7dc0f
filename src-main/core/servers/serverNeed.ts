import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { AsrSession } from './adapters/asrAdapter.ts';

/** What a mode of a run asks of its servers. */
export interface ServerNeed {
  readonly mode: Mode;
  /** What serves the mode, at least one; secrets may be masked. */
  readonly profiles: readonly ServerProfile[];
  /** `running`: use what listens on the port of our own server, whoever started it, and never end it. */
  readonly ownership: 'own' | 'running';
  /** Folder of the model; empty when no server needs one. */
  readonly modelPath: string;
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
}

/** A free place on one server, for one task. */
export interface ServerPlace {
  /** Id of its profile. */
  readonly serverId: string;
  /** For the record of an attempt: the token of the running process, of a server that is not ours the id of its profile. */
  readonly instance: string;
  /**
   * Takes the place at once; closing the session gives it back.
   * @throws SERVER_BUSY when every place is taken, SERVER_REFUSED when no server is ready, or as the adapter's `connect`
   */
  open(signal: AbortSignal): Promise<AsrSession>;
  /** Whether its server is gone, so that what it was working on is lost and not failed. */
  isGone(): boolean;
}

/**
 * Whether a file can be started on the servers of a mode now. full: as soon as one ends · waiting: they said busy, and get nothing new for so long
 * (sooner when a file ends) · gone: none is ready
 */
export type ServerRoom = { readonly kind: 'free' | 'full' | 'gone' } | { readonly kind: 'waiting'; readonly forMs: number };
