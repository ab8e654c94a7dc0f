import type { Sample } from '#shared/contract/resources.ts';
import type { EventBus } from '../events.ts';
import type { Database } from '../persistence/database.ts';
import type { Clock, Logger, ResourceProbe, WatchedServer } from '../ports.ts';

const INTERVAL_MS = 1_000;
/** Fifteen minutes at one reading a second. */
const HISTORY_LENGTH = 900;
/** Readings that share a commit; at most this many are missing after a power cut. */
const SAMPLES_PER_WRITE = 10;
const BYTES_PER_MB = 1024 * 1024;

export interface ResourceMonitorDeps {
  readonly probe: ResourceProbe;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly database: Database;
  /** The run that the readings belong to; null while none is under way. */
  currentRunId(): number | null;
  /** Whose trees are read, too. */
  servers(): readonly WatchedServer[];
  onSample(sample: Sample): void;
}

/** Reads the machine once a second, announces it, and keeps the readings and peaks with the run that was under way. */
export class ResourceMonitor {
  readonly #deps: ResourceMonitorDeps;
  readonly #history: Sample[] = [];
  #unsaved: { runId: number; sample: Sample }[] = [];
  #timer: Disposable | null = null;
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deps: ResourceMonitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = this.#deps.clock.setTimer(INTERVAL_MS, () => {
      this.#reading = this.#read().finally(() => {
        if (!this.#isClosed) this.start();
      });
    });
  }

  /** Oldest first. */
  history(seconds: number): Sample[] {
    const sinceMs = this.#deps.clock.nowMs() - seconds * 1_000;
    return this.#history.filter((sample) => sample.atMs >= sinceMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#reading;
    await this.#save();
    await this.#deps.probe.close();
  }

  async #read(): Promise<void> {
    const { probe, events, logger } = this.#deps;
    try {
      const sample = await probe.sample(this.#deps.servers());
      this.#history.push(sample);
      if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
      const runId = this.#deps.currentRunId();
      if (runId !== null) await this.#keep(runId, sample);
      events.emit('resources.sampled', sample);
      this.#deps.onSample(sample);
      if (this.#unsaved.length >= SAMPLES_PER_WRITE || runId === null) await this.#save();
    } catch (error) {
      logger.warn('could not read the machine', { error: String(error) });
    }
  }

  /** Peaks are part of the summary and must be there when the run ends; the readings themselves can wait. */
  async #keep(runId: number, sample: Sample): Promise<void> {
    this.#unsaved.push({ runId, sample });
    const memoryMb = sample.ownRssBytes / BYTES_PER_MB;
    await this.#deps.database.write('recordPeaks', { runId, memoryMb, cpuPercent: sample.cpuPercent ?? 0 });
  }

  async #save(): Promise<void> {
    const taken = this.#unsaved;
    this.#unsaved = [];
    for (const [runId, entries] of Map.groupBy(taken, (entry) => entry.runId)) {
      await this.#deps.database.write('recordSamples', { runId, samples: entries.map((entry) => entry.sample) });
    }
  }
}
