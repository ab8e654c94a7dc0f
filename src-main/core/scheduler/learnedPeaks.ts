import type { Mode } from '#shared/domain/mode.ts';
import type { TaskType } from '#shared/domain/run.ts';
import type { StoredPeaks } from '../persistence/operations/learnedLoads.ts';

/** Tasks that are expected to need the same. */
export interface TaskClass {
  readonly type: TaskType;
  readonly mode: Mode;
}

/** Before anything is learnt, MB: what a recording that is decoded and sent needs (requirements, "Workers"). */
const START_PEAK_MB: Readonly<Record<TaskType, number>> = { transcribe: 256 };

/** Machines, models and recordings change: what is older than these says nothing (runtime.md, simulator). */
const KEPT_PEAKS = 200;
/** Fewer say less than the start value. */
const MIN_PEAKS = 5;
const NEWCOMER_PERCENTILE = 0.9;
/**
 * A task that follows another reuses its memory, so that a long warm run measures nothing: less than this share of the start value is never expected,
 * because the next run begins cold.
 */
const MIN_START_SHARE = 1 / 16;

interface ExpectedPeak {
  readonly meanMb: number;
  readonly newcomerMb: number;
}

/** The last peaks of each class, and what they say about the next one. */
export class LearnedPeaks {
  readonly #memory: StoredPeaks['memory'];
  readonly #startMb: Readonly<Record<TaskType, number>>;
  readonly #peaks = new Map<string, number[]>();
  readonly #expected = new Map<string, ExpectedPeak>();
  readonly #changed = new Map<string, TaskClass>();

  constructor(memory: StoredPeaks['memory'], startMb: Readonly<Record<TaskType, number>> = START_PEAK_MB) {
    this.#memory = memory;
    this.#startMb = startMb;
  }

  restore(stored: readonly StoredPeaks[]): void {
    for (const { memory, peaksMb, ...kind } of stored) {
      if (memory !== this.#memory) continue;
      this.#peaks.set(keyOf(kind), peaksMb.slice(-KEPT_PEAKS));
      this.#expected.delete(keyOf(kind));
    }
  }

  add(kind: TaskClass, peakMb: number): void {
    const key = keyOf(kind);
    const known = this.#peaks.get(key) ?? [];
    known.push(peakMb);
    if (known.length > KEPT_PEAKS) known.shift();
    this.#peaks.set(key, known);
    this.#expected.delete(key);
    this.#changed.set(key, kind);
  }

  /** What the class has changed to since this was asked last; for the store. */
  takeChanged(): StoredPeaks[] {
    const changed = [...this.#changed].map(([key, kind]) => ({
      memory: this.#memory,
      ...kind,
      peaksMb: (this.#peaks.get(key) ?? []).map((peakMb) => Math.round(peakMb)),
    }));
    this.#changed.clear();
    return changed;
  }

  expected(kind: TaskClass): ExpectedPeak {
    const key = keyOf(kind);
    const known = this.#expected.get(key);
    if (known !== undefined) return known;
    const made = expectedOf(this.#peaks.get(key) ?? [], this.#startMb[kind.type]);
    this.#expected.set(key, made);
    return made;
  }
}

function expectedOf(peaksMb: readonly number[], startMb: number): ExpectedPeak {
  if (peaksMb.length < MIN_PEAKS) return { meanMb: startMb, newcomerMb: startMb };
  const sorted = peaksMb.toSorted((a, b) => a - b);
  const leastMb = startMb * MIN_START_SHARE;
  const meanMb = sorted.reduce((sum, peakMb) => sum + peakMb, 0) / sorted.length;
  const newcomerMb = sorted[Math.ceil(sorted.length * NEWCOMER_PERCENTILE) - 1] ?? startMb;
  return { meanMb: Math.max(leastMb, meanMb), newcomerMb: Math.max(leastMb, newcomerMb) };
}

function keyOf({ type, mode }: TaskClass): string {
  return `${type}:${mode}`;
}
