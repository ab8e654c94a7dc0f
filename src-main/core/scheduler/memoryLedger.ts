import type { LearnedPeaks, TaskClass } from './learnedPeaks.ts';

interface Entry {
  readonly kind: TaskClass;
  currentMb: number;
  peakMb: number;
  readings: number;
}

/** Readings, one a second, after which a task has come to what it needs: three times the slowest ramp of runtime.md, section 4. */
const YOUNG_READINGS = 90;

/**
 * Which memory is whose. Tasks share one process and its servers, so only the growth of all is measured: what was added between two readings is
 * divided over the tasks that were under way then, the young ones first. What stays when a task ends is nobody's: it is in use, and the next task
 * may use it again. The shares are therefore no truth about one task; their sum is the growth of all, which is what a forecast needs.
 */
export class MemoryLedger {
  readonly #peaks: LearnedPeaks;
  readonly #running = new Map<number, Entry>();
  #ended: Entry[] = [];
  #endedMb = 0;

  constructor(peaks: LearnedPeaks) {
    this.#peaks = peaks;
  }

  started(id: number, kind: TaskClass): void {
    this.#running.set(id, { kind, currentMb: 0, peakMb: 0, readings: 0 });
  }

  ended(id: number): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    this.#running.delete(id);
    this.#ended.push(entry);
    this.#endedMb += entry.currentMb;
  }

  /** @param changeMb of everything that tasks may make grow, since the reading before */
  takeReading(changeMb: number): void {
    // What an ended task gives back is no shrinking of the others.
    this.#divide(changeMb < 0 ? Math.min(0, changeMb + this.#endedMb) : changeMb);
    for (const { kind, peakMb } of this.#ended) this.#peaks.add(kind, peakMb);
    this.#ended = [];
    this.#endedMb = 0;
    for (const entry of this.#running.values()) entry.readings += 1;
  }

  /**
   * What is still to come above the last reading, MB: the growth of young tasks, and that of `more` of these classes, the largest of them; less what ended
   * tasks leave for others to use.
   * @param more negative: as many fewer
   */
  expectedGrowthMb(more: number, kinds: readonly TaskClass[]): number {
    let growthMb = 0;
    for (const { kind, currentMb, readings } of this.#running.values()) {
      if (readings <= YOUNG_READINGS) growthMb += Math.max(0, this.#peaks.expected(kind).meanMb - currentMb);
    }
    const expected = kinds.map((kind) => this.#peaks.expected(kind));
    const eachMb = Math.max(0, ...expected.map(({ newcomerMb, meanMb }) => (more > 0 ? newcomerMb : meanMb)));
    return growthMb + more * eachMb;
  }

  #divide(grownMb: number): void {
    // What ended before it was ever measured is measured now or never.
    const all = [...this.#running.values(), ...this.#ended.filter(({ readings }) => readings === 0)];
    if (all.length === 0 || grownMb === 0) return;
    if (grownMb < 0) {
      const heldMb = all.reduce((sum, { currentMb }) => sum + currentMb, 0);
      const keptShare = heldMb === 0 ? 0 : Math.max(0, 1 + grownMb / heldMb);
      for (const entry of all) entry.currentMb *= keptShare;
      return;
    }
    const young = all.filter(({ readings }) => readings <= YOUNG_READINGS);
    const growing = young.length > 0 ? young : all;
    for (const entry of growing) {
      entry.currentMb += grownMb / growing.length;
      entry.peakMb = Math.max(entry.peakMb, entry.currentMb);
    }
  }
}
