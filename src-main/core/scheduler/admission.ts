import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';

export interface AdmissionLimits {
  readonly cpuLimitPercent: number;
  readonly memoryLimitMb: number;
}

const BYTES_PER_MB = 1024 * 1024;

/**
 * How many tasks of a run may be under way, all of its modes together: one fewer for each reading above a limit, one more for each other one, never
 * above the capacity and never under one, so that a batch goes on. Fewer means that less is started, never that something is ended
 * (S1.12, S1.13).
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #capacities = new Map<Mode, number>();
  #allowed = 0;
  #running = 0;
  #reason: RunSummary['workersReason'] = null;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** 0 while no mode is ready. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Why fewer are allowed than the servers would take; null when nothing holds them back. */
  get reason(): RunSummary['workersReason'] {
    return this.#reason;
  }

  get mayStart(): boolean {
    return this.#running < this.#allowed;
  }

  started(): void {
    this.#running += 1;
  }

  ended(): void {
    this.#running -= 1;
  }

  /** The mode is ready, or its servers take more or less than before. */
  join(mode: Mode, capacity: number): void {
    this.#capacities.set(mode, capacity);
    this.#fit();
  }

  leave(mode: Mode): void {
    this.#capacities.delete(mode);
    this.#fit();
  }

  takeSample(sample: Sample): void {
    const capacity = this.#capacity;
    if (capacity === 0) return;
    const overMemory = this.isMemoryShort(sample, 0);
    const overCpu = sample.cpuPercent !== null && sample.cpuPercent > this.#limits.cpuLimitPercent;
    if (overMemory || overCpu) {
      this.#allowed = Math.max(1, this.#allowed - 1);
      this.#reason = overMemory ? 'memoryLimit' : 'cpuLimit';
    } else this.#allowed = Math.min(capacity, this.#allowed + 1);
    if (this.#allowed === capacity) this.#reason = null;
  }

  /** @param moreBytes what something that is not there yet is expected to need */
  isMemoryShort({ ownRssBytes }: Sample, moreBytes: number): boolean {
    return ownRssBytes + moreBytes > this.#limits.memoryLimitMb * BYTES_PER_MB;
  }

  get #capacity(): number {
    return [...this.#capacities.values()].reduce((sum, capacity) => sum + capacity, 0);
  }

  #fit(): void {
    const capacity = this.#capacity;
    // While a limit holds tasks back, more room is no reason to start more.
    this.#allowed = this.#reason === null ? capacity : Math.min(capacity, Math.max(1, this.#allowed));
    if (this.#allowed === capacity) this.#reason = null;
  }
}
