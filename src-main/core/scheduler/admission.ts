import type { Sample } from '#shared/contract/resources.ts';
import type { RunSummary, WorkersFacts } from '#shared/contract/runs.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { TaskType } from '#shared/domain/run.ts';
import type { LearnedPeaks, TaskClass } from './learnedPeaks.ts';
import { MemoryLedger } from './memoryLedger.ts';

export interface AdmissionLimits {
  /** Of all cores; 100: no limit. */
  readonly cpuLimitPercent: number;
  /** For Nightshift and its own workers, without the servers. */
  readonly memoryLimitMb: number;
}

/** Of Nightshift and its workers, and with the servers that it started. */
export interface MemoryPeaks {
  readonly own: LearnedPeaks;
  readonly machine: LearnedPeaks;
}

type WorkersReason = RunSummary['workersReason'];

interface Obstacle {
  readonly reason: Exclude<WorkersReason, null>;
  readonly forecastMb: number | null;
  readonly limitMb: number | null;
}

const BYTES_PER_MB = 1024 * 1024;
/** Share of the machine's memory, whoever uses it, above which nothing is started (runtime.md, section 4). */
const MACHINE_MEMORY_RATIO = 0.85;
/** Weight of what was before, at one reading a second (runtime.md, simulator). */
const KEPT_WEIGHT = 0.7;

/**
 * How many tasks of a run may be under way, all of its modes together. A task is started when the memory in use, the growth still expected of young
 * tasks and what a newcomer needs lie within the limits, and the smoothed CPU use with its share does. Fewer means that less is started, never that
 * something is ended; one task may always run, so that a batch goes on. After less, it is one more a second (S1.12, S1.13, S1.15).
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #running = new Set<number>();
  readonly #own: MemoryLedger;
  readonly #machine: MemoryLedger;
  /** A worker is expected to keep one core busy at most (S3.14). */
  readonly #coreSharePercent: number;
  readonly #capacities = new Map<Mode, number>();
  #allowed = 0;
  #obstacle: Obstacle | null = null;
  #ownMb: number | null = null;
  #serversMb: ReadonlyMap<string, number> = new Map();
  #usedMb: number | null = null;
  #usableMb: number | null = null;
  #cpuPercent: number | null = null;
  /** Smoothed like the CPU use, so that the two belong together. */
  #meanRunning = 0;

  constructor(limits: AdmissionLimits, peaks: MemoryPeaks, coreSharePercent: number) {
    this.#limits = limits;
    this.#own = new MemoryLedger(peaks.own);
    this.#machine = new MemoryLedger(peaks.machine);
    this.#coreSharePercent = coreSharePercent;
  }

  /** 0 while no mode is ready. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Why fewer are allowed than the servers would take; null when nothing holds them back. */
  get reason(): WorkersReason {
    return this.#obstacle?.reason ?? null;
  }

  /** The figures of the reason. */
  get facts(): WorkersFacts | null {
    if (this.#obstacle === null) return null;
    const { forecastMb, limitMb } = this.#obstacle;
    const { cpuLimitPercent } = this.#limits;
    return { possible: this.#capacity, forecastMb, limitMb, cpuPercent: this.#cpuPercent, cpuLimitPercent };
  }

  mayStart(mode: Mode): boolean {
    const running = this.#running.size;
    if (running >= this.#allowed) return false;
    return running === 0 || this.#obstacleTo(running + 1, [mode]) === null;
  }

  started(taskId: number, mode: Mode, type: TaskType = 'transcribe'): void {
    this.#running.add(taskId);
    this.#own.started(taskId, { type, mode });
    this.#machine.started(taskId, { type, mode });
  }

  ended(taskId: number): void {
    this.#running.delete(taskId);
    this.#own.ended(taskId);
    this.#machine.ended(taskId);
  }

  /** The mode is ready, or its servers take more or less than before. */
  join(mode: Mode, capacity: number): void {
    if (this.#capacities.get(mode) === capacity) return;
    this.#capacities.set(mode, capacity);
    this.#fit();
  }

  leave(mode: Mode): void {
    this.#capacities.delete(mode);
    this.#fit();
  }

  /** To be called once a second. */
  takeSample(sample: Sample): void {
    this.#read(sample);
    const capacity = this.#capacity;
    if (capacity === 0) return;
    const { count, obstacle } = this.#room(capacity);
    this.#allowed = count > this.#allowed ? this.#allowed + 1 : count;
    // On the way back up the last reason holds until all are back.
    this.#obstacle = this.#allowed === capacity ? null : (obstacle ?? this.#obstacle);
  }

  /** @param moreBytes what something that is not there yet is expected to need */
  isMemoryShort({ ownRssBytes }: Sample, moreBytes: number): boolean {
    return ownRssBytes + moreBytes > this.#limits.memoryLimitMb * BYTES_PER_MB;
  }

  #read(sample: Sample): void {
    const { memoryUsedBytes, memoryTotalBytes, cpuPercent } = sample;
    const ownMb = sample.ownRssBytes / BYTES_PER_MB;
    const serversMb = new Map(sample.servers.map(({ id, rssBytes }) => [id, (rssBytes ?? 0) / BYTES_PER_MB] as const));
    const ownChangeMb = this.#ownMb === null ? 0 : ownMb - this.#ownMb;
    let serversChangeMb = 0;
    // A server that comes or goes is the work of no task.
    for (const [id, nowMb] of serversMb) serversChangeMb += nowMb - (this.#serversMb.get(id) ?? nowMb);
    this.#ownMb = ownMb;
    this.#serversMb = serversMb;
    this.#own.takeReading(ownChangeMb);
    this.#machine.takeReading(ownChangeMb + serversChangeMb);
    this.#usedMb = memoryUsedBytes === null ? null : memoryUsedBytes / BYTES_PER_MB;
    this.#usableMb = memoryTotalBytes === null ? null : (memoryTotalBytes / BYTES_PER_MB) * MACHINE_MEMORY_RATIO;
    const running = this.#running.size;
    if (cpuPercent === null || this.#cpuPercent === null) {
      this.#cpuPercent = cpuPercent;
      this.#meanRunning = running;
    } else {
      this.#cpuPercent = smoothed(this.#cpuPercent, cpuPercent);
      this.#meanRunning = smoothed(this.#meanRunning, running);
    }
  }

  /** While nothing is held back, what is expected to fit may start at once; else more room is no reason to start more. */
  #fit(): void {
    const capacity = this.#capacity;
    if (capacity === 0) {
      this.#allowed = 0;
      this.#obstacle = null;
      return;
    }
    if (this.#obstacle === null) {
      const { count, obstacle } = this.#room(capacity);
      this.#allowed = count;
      this.#obstacle = obstacle;
    } else this.#allowed = Math.min(capacity, Math.max(1, this.#allowed));
    if (this.#allowed === capacity) this.#obstacle = null;
  }

  /** How many may be under way, 1 to the capacity, and what forbids one more. */
  #room(capacity: number): { count: number; obstacle: Obstacle | null } {
    const modes = [...this.#capacities.keys()];
    let obstacle: Obstacle | null = null;
    let count = capacity;
    for (; count >= 1; count -= 1) {
      const found = this.#obstacleTo(count, modes);
      if (found === null) break;
      obstacle = found;
    }
    return { count: Math.max(1, count), obstacle };
  }

  /** What forbids that so many are under way, when the others are of these modes; null when nothing does. */
  #obstacleTo(count: number, modes: readonly Mode[]): Obstacle | null {
    const more = count - this.#running.size;
    const ownMb = (this.#ownMb ?? 0) + this.#own.expectedGrowthMb(more, modes.map(classOf));
    const { memoryLimitMb, cpuLimitPercent } = this.#limits;
    if (ownMb > memoryLimitMb) return { reason: 'memoryLimit', forecastMb: ownMb, limitMb: memoryLimitMb };
    if (this.#usedMb !== null && this.#usableMb !== null) {
      const machineMb = this.#usedMb + this.#machine.expectedGrowthMb(more, modes.map(classOf));
      if (machineMb > this.#usableMb) return { reason: 'machineMemory', forecastMb: machineMb, limitMb: this.#usableMb };
    }
    return this.#cpuWith(count) > cpuLimitPercent ? { reason: 'cpuLimit', forecastMb: null, limitMb: null } : null;
  }

  #cpuWith(count: number): number {
    if (this.#cpuPercent === null || this.#limits.cpuLimitPercent >= 100) return 0;
    const sharePercent = Math.min(this.#coreSharePercent, this.#cpuPercent / Math.max(1, this.#meanRunning));
    return this.#cpuPercent + (count - this.#meanRunning) * sharePercent;
  }

  get #capacity(): number {
    return [...this.#capacities.values()].reduce((sum, capacity) => sum + capacity, 0);
  }
}

function classOf(mode: Mode): TaskClass {
  return { type: 'transcribe', mode };
}

function smoothed(before: number, now: number): number {
  return KEPT_WEIGHT * before + (1 - KEPT_WEIGHT) * now;
}
