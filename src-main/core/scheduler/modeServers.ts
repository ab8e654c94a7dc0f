import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock } from '../ports.ts';
import { profilesOf, usesRunningServer } from '../servers/runProfiles.ts';
import type { ServerNeed, ServerPlace, ServerRoom } from '../servers/serverNeed.ts';
import type { SpeechServers } from './speechServers.ts';

/** A server that somebody else runs is given this often, this long, to come back. */
const ADOPT_TRIES = 5;
const ADOPT_PAUSE_MS = 2_000;

interface ModeOfRun {
  readonly mode: Mode;
  readonly options: RunOptions;
  readonly modelPath: string;
}

export function needOf({ mode, options, modelPath }: ModeOfRun): ServerNeed {
  return {
    mode,
    profiles: profilesOf(options, mode),
    ownership: usesRunningServer(options, mode) ? 'running' : 'own',
    modelPath,
    windowSec: options.windowSec,
  };
}

/** Whether somebody else runs a server of the mode, who may start it again. */
function isSomebodyElses({ ownership, profiles }: ServerNeed): boolean {
  return ownership === 'running' || profiles.some(({ start }) => start === null);
}

/** The servers of one mode of a run. */
export class ModeServers {
  readonly #servers: SpeechServers;
  readonly #clock: Clock;
  readonly #need: ServerNeed;
  readonly #workers: number | null;
  /** Every file would end there in the same way. */
  readonly #leftOut = new Set<string>();

  constructor(servers: SpeechServers, clock: Clock, job: ModeOfRun) {
    this.#servers = servers;
    this.#clock = clock;
    this.#need = needOf(job);
    this.#workers = job.options.workers;
  }

  /** Files at once, of the servers that are ready now and as the user allows; 1 at least. */
  get capacity(): number {
    const profiles = this.#profiles;
    // Counted for each server, as what a server says is.
    const most = this.#workers === null ? Number.POSITIVE_INFINITY : this.#workers * profiles.length;
    return Math.max(1, Math.min(this.#servers.capacity(profiles), most));
  }

  get room(): ServerRoom {
    return this.#servers.room(this.#profiles);
  }

  nextPlace(): ServerPlace {
    return this.#servers.nextPlace(this.#profiles);
  }

  /** It gets no more files of this mode. @returns false when there is no other: it stays */
  leaveOut(serverId: string): boolean {
    if (this.#profiles.every(({ id }) => id === serverId)) return false;
    this.#leftOut.add(serverId);
    return true;
  }

  /** @throws as `SpeechServers.ensureReady` */
  async ensureReady(signal: AbortSignal): Promise<void> {
    await this.#servers.ensureReady({ ...this.#need, profiles: this.#profiles }, signal);
  }

  /** As `ensureReady`, with time for somebody else to bring a server back. */
  async recover(signal: AbortSignal): Promise<void> {
    for (let left = isSomebodyElses(this.#need) ? ADOPT_TRIES : 1; ; left -= 1) {
      try {
        return await this.ensureReady(signal);
      } catch (error) {
        if (left === 1 || signal.aborted) throw toNightshiftError(error);
        await this.#clock.sleep(ADOPT_PAUSE_MS, signal);
      }
    }
  }
  get #profiles(): ServerNeed['profiles'] {
    return this.#need.profiles.filter(({ id }) => !this.#leftOut.has(id));
  }
}
