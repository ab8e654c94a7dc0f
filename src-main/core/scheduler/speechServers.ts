import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerNeed, ServerPlace, ServerRoom } from '../servers/serverNeed.ts';

/** What a run needs from the servers; the supervisors stand behind it. */
export interface SpeechServers {
  /**
   * Starts or restarts what is needed and resolves when at least one server answers; the others join when they do.
   * @throws what keeps every one of them from answering: the mode cannot run then.
   */
  ensureReady(need: ServerNeed, signal: AbortSignal): Promise<void>;
  /** Files that the ready ones of these servers get at once, as far as it is known what they take; 1 at least. */
  capacity(profiles: readonly ServerProfile[]): number;
  room(profiles: readonly ServerProfile[]): ServerRoom;
  /** Where the next task should go: the fastest server that has a free place. Open it in the same turn. */
  nextPlace(profiles: readonly ServerProfile[]): ServerPlace;
  /** Resident memory of those that are ours and run, bytes; null when none is known. */
  memoryBytes(profiles: readonly ServerProfile[]): number | null;
  /** The user asked for the servers: earlier crashes count no more. */
  forgive(profiles: readonly ServerProfile[]): void;
}
