import type { WindowReason } from '#shared/domain/server.ts';

/** How long a server that is full gets no new work when it does not say (`retryAfterMs`); doubled while it stays full. */
const BUSY_PAUSE_MS = 1_000;
const LONGEST_BUSY_PAUSE_MS = 30_000;
/** A server may say how long, but not "at once" and not "tomorrow". */
const LONGEST_SAID_PAUSE_MS = 300_000;
/** A place that was refused is tried again after so many rounds at most. */
const MAX_PATIENCE = 64;

export interface WindowState {
  /** Files it gets at once now, at least 1. */
  readonly places: number;
  /** null: it gets all it said. */
  readonly reason: WindowReason | null;
}

/** One request, to be handed back with what became of it. */
export interface WindowTicket {
  readonly round: number;
}

/**
 * How many files one server gets at once, between 1 and what it said it takes (additive increase, multiplicative decrease; `runtime.md` section 4). What it refuses, or
 * is silent about, halves the window, once for everything that was under way together. Success opens it by one place: at once up to where it was
 * before, beyond that after a full window of files, and after more of them each time that the next place was refused.
 * Pure: the time is handed in, monotonic milliseconds.
 */
export class CapacityWindow {
  #capacity: number;
  #places: number;
  /** Known to work, as far as it is known. */
  #ceiling: number;
  #credit = 0;
  /** Full windows of files before a place beyond the ceiling is tried. */
  #patience = 1;
  /** The last place is one that was refused before and has not yet held for a full window. */
  #isNew = false;
  #round = 0;
  #reason: WindowReason | null = null;
  #closedUntilMs = Number.NEGATIVE_INFINITY;
  /** Whether the server itself said until when. */
  #isPauseSaid = false;
  #pauses = 0;

  /** @param capacity what the server said, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#places = capacity;
    this.#ceiling = capacity;
  }

  /** The server says something else now, after a restart for example: what was learned of it no longer holds. */
  setCapacity(capacity: number): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#places = capacity;
    this.#ceiling = capacity;
    this.#credit = 0;
    this.#patience = 1;
    this.#isNew = false;
    this.#reason = null;
    this.#closedUntilMs = Number.NEGATIVE_INFINITY;
    this.#pauses = 0;
    this.#round += 1;
  }

  get state(): WindowState {
    return { places: this.#places, reason: this.#places < this.#capacity ? this.#reason : null };
  }

  /** Milliseconds for which it gets no new work. */
  closedForMs(nowMs: number): number {
    return Math.max(0, this.#closedUntilMs - nowMs);
  }

  begin(): WindowTicket {
    return { round: this.#round };
  }

  succeeded(): void {
    this.#pauses = 0;
    // What it has just done is a place that is free again, sooner than our guess.
    if (!this.#isPauseSaid) this.#closedUntilMs = Number.NEGATIVE_INFINITY;
    if (this.#places === this.#capacity) return;
    this.#credit += 1;
    if (this.#isNew && this.#credit >= this.#places) {
      this.#isNew = false;
      this.#patience = Math.max(1, Math.floor(this.#patience / 2));
    }
    const isBeyond = this.#places >= this.#ceiling;
    if (isBeyond && this.#credit < this.#places * this.#patience) return;
    this.#isNew = isBeyond;
    this.#credit = 0;
    this.#places += 1;
    this.#ceiling = Math.max(this.#ceiling, this.#places);
  }

  /** It took no more. @param retryAfterMs as it said; null when it did not */
  refused(ticket: WindowTicket, nowMs: number, retryAfterMs: number | null): void {
    if (retryAfterMs !== null) {
      const saidMs = Math.min(LONGEST_SAID_PAUSE_MS, Math.max(BUSY_PAUSE_MS, retryAfterMs));
      this.#closedUntilMs = Math.max(this.#closedUntilMs, nowMs + saidMs);
      this.#isPauseSaid = true;
    }
    if (!this.#shrink(ticket, 'busy') || retryAfterMs !== null) return;
    if (this.#isPauseSaid && this.closedForMs(nowMs) > 0) return;
    this.#isPauseSaid = false;
    this.#closedUntilMs = nowMs + Math.min(LONGEST_BUSY_PAUSE_MS, BUSY_PAUSE_MS * 2 ** this.#pauses);
    this.#pauses += 1;
  }

  /** It took a file and was silent about it for too long. */
  timedOut(ticket: WindowTicket): void {
    this.#shrink(ticket, 'timeout');
  }

  /** @returns false when what was under way with this one has shrunk it already */
  #shrink({ round }: WindowTicket, reason: WindowReason): boolean {
    if (round !== this.#round) return false;
    this.#round += 1;
    this.#reason = reason;
    this.#ceiling = Math.max(1, this.#places - 1);
    this.#places = Math.max(1, Math.floor(this.#places / 2));
    this.#patience = Math.min(MAX_PATIENCE, this.#patience * 2);
    this.#isNew = false;
    this.#credit = 0;
    return true;
  }
}
