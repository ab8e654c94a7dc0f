import type { Clock } from '../ports.ts';

/** The wall clock may be set meanwhile, and a machine that slept wakes up late. */
const LOOK_INTERVAL_MS = 30_000;

/** Runs that are to pause at a time; one timer looks at the wall clock at least twice a minute. */
export class PlannedPauses {
  readonly #clock: Clock;
  readonly #onDue: (runId: number) => void;
  readonly #plannedMs = new Map<number, number>();
  #timer: Disposable | null = null;

  constructor(clock: Clock, onDue: (runId: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** @param atMs null takes it back */
  plan(runId: number, atMs: number | null): void {
    if (atMs === null) this.#plannedMs.delete(runId);
    else this.#plannedMs.set(runId, atMs);
    this.#schedule();
  }

  close(): void {
    this.#plannedMs.clear();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    if (this.#plannedMs.size === 0) return;
    const leftMs = Math.min(...this.#plannedMs.values()) - this.#clock.nowMs();
    this.#timer = this.#clock.setTimer(Math.min(LOOK_INTERVAL_MS, Math.max(1, Math.ceil(leftMs))), () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    const due = [...this.#plannedMs].flatMap(([runId, atMs]) => (atMs <= nowMs ? [runId] : []));
    for (const runId of due) this.#plannedMs.delete(runId);
    this.#schedule();
    for (const runId of due) this.#onDue(runId);
  }
}
