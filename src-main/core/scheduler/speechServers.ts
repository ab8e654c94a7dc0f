import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerNeed, ServerPlace } from '../servers/serverNeed.ts';

/** What a run needs from the servers; the supervisors stand behind it. */
export interface SpeechServers {
  /**
   * Starts or restarts what is needed and resolves when at least one server answers; the others join when they do.
   * @throws what keeps every one of them from answering: the mode cannot run then.
   */
  ensureReady(need: ServerNeed, signal: AbortSignal): Promise<void>;
  /** Sessions that the ready ones of these servers take at once. */
  capacity(profiles: readonly ServerProfile[]): number;
  /** Where the next task should go: the fastest server that has a free place. Open it in the same turn. */
  nextPlace(profiles: readonly ServerProfile[]): ServerPlace;
  /** The user asked for the servers: earlier crashes count no more. */
  forgive(profiles: readonly ServerProfile[]): void;
}
