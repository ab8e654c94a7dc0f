import { dirname } from 'node:path';
import type { Sample } from '#shared/contract/resources.ts';
import type { Clock, DiskSpace } from '../ports.ts';
import type { DiskReading } from './machineReadings.ts';

const INTERVAL_MS = 5_000;

export interface DiskWatchDeps {
  readonly disks: DiskSpace;
  readonly clock: Clock;
  readonly dataDir: string;
  /** Where the run under way keeps its results outside the data folder; null: nowhere else. */
  outputPath(): string | null;
}

/** The disks that a run writes to: that of the data folder from each sample, that of the results asked for now and then. */
export class DiskWatch {
  readonly #deps: DiskWatchDeps;
  #output: { readonly path: string; readonly reading: DiskReading | null } | null = null;
  #nextMs = 0;
  #asking: Promise<void> | null = null;

  constructor(deps: DiskWatchDeps) {
    this.#deps = deps;
  }

  readings({ diskFreeBytes, diskTotalBytes }: Sample): DiskReading[] {
    const found: DiskReading[] = [];
    if (diskFreeBytes !== null && diskTotalBytes !== null && diskTotalBytes > 0)
      found.push({ subject: 'data', freeBytes: diskFreeBytes, totalBytes: diskTotalBytes });
    const path = this.#deps.outputPath();
    if (path === null) return found;
    if (this.#output?.path === path && this.#output.reading !== null) found.push(this.#output.reading);
    this.#ask(path);
    return found;
  }

  async close(): Promise<void> {
    await this.#asking;
  }

  #ask(path: string): void {
    const { disks, clock, dataDir } = this.#deps;
    if (this.#asking !== null || (this.#output?.path === path && clock.monotonicMs() < this.#nextMs)) return;
    this.#nextMs = clock.monotonicMs() + INTERVAL_MS;
    this.#asking = Promise.all([disks.space(dirname(path)), disks.space(dataDir)])
      .then(([there, data]) => {
        const isOther = there !== null && there.totalBytes > 0 && there.volume !== data?.volume;
        const reading = isOther ? { subject: 'output' as const, freeBytes: there.freeBytes, totalBytes: there.totalBytes } : null;
        this.#output = { path, reading };
      })
      .finally(() => (this.#asking = null));
  }
}
