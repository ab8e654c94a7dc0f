import type { Speed } from './forecast.ts';

/** What was done longer ago than this, at work, counts for little, s: a machine that gets slower shows, one slow file does not. */
const MEMORY_SEC = 600;
/** What earlier runs say weighs as much as so much work, s. */
const EARLIER_WEIGHT_SEC = 120;
/** A pause or a machine asleep is no work: no longer stretch between two looks counts, s. */
const MAX_STRETCH_SEC = 10;
/** However long it has gone on, the rest may go otherwise. */
const LEAST_SPREAD = 0.06;
/** Between files: their speeds differ by about so much. */
const FILE_SPREAD = 0.6;

/** How fast a mode goes: audio seconds with an outcome in a second at work, looked at now and then. */
export class PaceMeter {
  readonly #earlier: Speed | null;
  #atMs: number | null = null;
  #settledSec: number | null = null;
  #settledCount = 0;
  /** Fading sums up to the last outcome. */
  #audioSec = 0;
  #workedSec = 0;
  #files = 0;
  /** At work since the last outcome. */
  #openSec = 0;
  /** Not fading. */
  #allAudioSec = 0;
  #allWorkedSec = 0;

  constructor(earlier: Speed | null) {
    this.#earlier = earlier;
  }

  /**
   * @param settledSec audio with an outcome so far
   * @param isWorking whether the mode is at work now
   */
  look(nowMs: number, settledSec: number, settledCount: number, isWorking: boolean): void {
    const beforeMs = this.#atMs;
    const beforeSec = this.#settledSec ?? settledSec;
    this.#atMs = isWorking ? nowMs : null;
    this.#settledSec = settledSec;
    const files = Math.max(0, settledCount - this.#settledCount);
    const isFirst = this.#settledCount === 0 && this.#allWorkedSec === 0;
    this.#settledCount = settledCount;
    if (beforeMs === null || !isWorking) return;
    this.#openSec += Math.min(MAX_STRETCH_SEC, Math.max(0, nowMs - beforeMs) / 1_000);
    const doneSec = settledSec - beforeSec;
    if (doneSec <= 0 || (isFirst && files === 0)) return;
    const kept = Math.exp(-this.#openSec / MEMORY_SEC);
    this.#audioSec = this.#audioSec * kept + doneSec;
    this.#workedSec = this.#workedSec * kept + this.#openSec;
    this.#files = this.#files * kept + files;
    this.#allAudioSec += doneSec;
    this.#allWorkedSec += this.#openSec;
    this.#openSec = 0;
  }

  /** null: nothing is known yet. */
  get speed(): Speed | null {
    const earlier = this.#earlier;
    if (this.#files === 0 || this.#workedSec === 0) return earlier;
    const weightSec = earlier === null ? 0 : EARLIER_WEIGHT_SEC;
    const audioSec = this.#audioSec + weightSec * (earlier?.audioSecPerSec ?? 0);
    const audioSecPerSec = audioSec / (this.#workedSec + weightSec);
    const measured = FILE_SPREAD / Math.sqrt(this.#files);
    const spread = Math.max(LEAST_SPREAD, earlier === null ? measured : Math.min(measured, earlier.spread));
    return { audioSecPerSec, spread };
  }

  /** Audio that is expected to be done in the files under way since the last outcome: what is left goes down between two outcomes, too. */
  get underWaySec(): number {
    return this.#openSec * (this.speed?.audioSecPerSec ?? 0);
  }

  /** Of the last minutes; null before anything is done. */
  get audioMinPerMin(): number | null {
    return this.#workedSec === 0 ? null : this.#audioSec / this.#workedSec;
  }

  /** All that was seen, for later runs. */
  get whole(): { readonly audioSec: number; readonly workedSec: number } {
    return { audioSec: this.#allAudioSec, workedSec: this.#allWorkedSec };
  }
}
