import type { Sample } from '#shared/contract/resources.ts';
import type { RunOptions } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import { toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Database } from '../persistence/database.ts';
import type { Logger } from '../ports.ts';
import type { Admission } from './admission.ts';
import { needOf } from './modeServers.ts';
import type { SpeechServers } from './speechServers.ts';

interface NextServerDeps {
  readonly servers: SpeechServers;
  readonly database: Database;
  readonly logger: Logger;
}

interface RunOfModes {
  readonly runId: number;
  readonly options: RunOptions;
  readonly modelPath: string;
}

/**
 * Starts the server of the next mode while the last files of a mode are under way, so that the time between them is no longer than their pause.
 * Only a saving of time: when it fails, the mode itself finds out why.
 */
export class NextServer {
  readonly #deps: NextServerDeps;
  readonly #run: RunOfModes;
  readonly #admission: Admission;
  #sample: Sample | null = null;
  #warming = new AbortController();
  readonly #warmed = new Set<Mode>();

  constructor(deps: NextServerDeps, run: RunOfModes, admission: Admission) {
    this.#deps = deps;
    this.#run = run;
    this.#admission = admission;
  }

  takeSample(sample: Sample): void {
    this.#sample = sample;
  }

  /** @param ending whose server shows how much memory another one may need */
  warm(mode: Mode, ending: Mode): void {
    if (this.#warmed.has(mode)) return;
    this.#warmed.add(mode);
    const { signal } = this.#warming;
    void this.#warm(mode, ending, signal).catch((thrown: unknown) => {
      const { code } = toNightshiftError(thrown);
      this.#deps.logger.info('server of the next mode not started ahead', { runId: this.#run.runId, mode, code });
    });
  }

  /** Whoever paused or stopped the run wants no server to start; a mode that goes on later starts it. */
  drop(): void {
    this.#warming.abort();
    this.#warming = new AbortController();
    this.#warmed.clear();
  }

  /** For good. A server that is ready by now stays. */
  end(): void {
    this.#warming.abort();
  }

  async #warm(mode: Mode, ending: Mode, signal: AbortSignal): Promise<void> {
    const { servers, database } = this.#deps;
    const { runId } = this.#run;
    const need = needOf({ ...this.#run, mode });
    // What somebody else runs is not ours to start.
    const ours = need.profiles.filter(({ start }) => start !== null);
    if (need.ownership === 'running' || ours.length === 0 || !this.#hasRoom(ending)) return;
    if ((await database.read('nextReadyMs', { runId, mode })) === null) return;
    await servers.ensureReady({ ...need, profiles: ours }, signal);
  }

  #hasRoom(ending: Mode): boolean {
    const sample = this.#sample;
    if (sample === null) return true;
    const { profiles } = needOf({ ...this.#run, mode: ending });
    const moreBytes = this.#deps.servers.memoryBytes(profiles) ?? 0;
    const { memoryUsedBytes: used, memoryTotalBytes: total } = sample;
    const isMachineShort = used !== null && total !== null && used + moreBytes > total;
    return !isMachineShort && !this.#admission.isMemoryShort(sample, moreBytes);
  }
}
