import type { AnyEvent } from '#shared/contract/events.ts';

/** Where frames go; one connection. */
export interface FrameSink {
  /** @param onFlushed called once when the frame has left this process or never will */
  send(frame: string, onFlushed: () => void): void;
  /** Bytes handed over and not yet taken by the other side. */
  bufferedBytes(): number;
  /** The consumer is hopelessly behind: end the connection, so that it comes back and asks for the state. */
  giveUp(): void;
}

export interface EventFeedLimits {
  /** Above this the consumer is slow and only the latest value of each thing waits. */
  readonly highWaterBytes: number;
  /** Above this many waiting values the consumer is given up. */
  readonly maxWaiting: number;
}

export const DEFAULT_FEED_LIMITS: EventFeedLimits = { highWaterBytes: 1024 * 1024, maxWaiting: 5_000 };

/** Rows of one waiting `items.changed`; with more, `more` tells to read them again (see the contract). */
const MAX_MERGED_ROWS = 200;

/** What a later event of the same key replaces; null for steps, each of which is sent once. */
function replaceKey(event: AnyEvent): string | null {
  switch (event.name) {
    case 'run.changed':
      return `run.changed ${event.payload.id}`;
    case 'run.removed':
      return `run.removed ${event.payload.runId}`;
    case 'items.changed':
      return `items.changed ${event.payload.runId}`;
    case 'rescorings.changed':
      return `rescorings.changed ${event.payload.runId}`;
    case 'server.changed':
      return `server.changed ${event.payload.id}`;
    case 'resources.sampled':
    case 'settings.changed':
    case 'alerts.changed':
    case 'night.changed':
    case 'profiles.changed':
    case 'queue.changed':
      return event.name;
    case 'run.stepped':
    case 'server.tested':
      return null;
  }
}

/** Rows add up, the last state of each wins; everything else is a whole value that replaces the one before. */
function merge(earlier: AnyEvent, later: AnyEvent): AnyEvent {
  if (earlier.name !== 'items.changed' || later.name !== 'items.changed') return later;
  const rows = new Map(earlier.payload.items.map((row) => [row.id, row]));
  for (const row of later.payload.items) rows.set(row.id, row);
  const more = earlier.payload.more || later.payload.more || rows.size > MAX_MERGED_ROWS;
  const items = [...rows.values()].slice(0, MAX_MERGED_ROWS);
  return { name: 'items.changed', payload: { runId: later.payload.runId, items, more } };
}

/**
 * Events of one consumer as numbered frames. A consumer that keeps up gets every event at once and in order. For a slow one the
 * latest value per thing waits in the place of the newest, so memory is bounded by the number of things and not by time.
 */
export class EventFeed {
  readonly #sink: FrameSink;
  readonly #limits: EventFeedLimits;
  readonly #waiting = new Map<string, AnyEvent>();
  #seq = 0;
  #stepKey = 0;
  #hasGivenUp = false;

  constructor(sink: FrameSink, limits: EventFeedLimits = DEFAULT_FEED_LIMITS) {
    this.#sink = sink;
    this.#limits = limits;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  push(event: AnyEvent): void {
    if (this.#hasGivenUp) return;
    if (this.#waiting.size === 0 && this.#sink.bufferedBytes() <= this.#limits.highWaterBytes) {
      this.#send(event);
      return;
    }
    const key = replaceKey(event) ?? `step ${(this.#stepKey += 1)}`;
    const earlier = this.#waiting.get(key);
    // Deleted first, so that the newer value stands behind what happened before it.
    this.#waiting.delete(key);
    this.#waiting.set(key, earlier === undefined ? event : merge(earlier, event));
    if (this.#waiting.size > this.#limits.maxWaiting) {
      this.#hasGivenUp = true;
      this.#waiting.clear();
      this.#sink.giveUp();
    }
  }

  #send(event: AnyEvent): void {
    this.#seq += 1;
    this.#sink.send(JSON.stringify({ seq: this.#seq, name: event.name, payload: event.payload }), () => this.#flush());
  }

  #flush(): void {
    for (const [key, event] of this.#waiting) {
      if (this.#sink.bufferedBytes() > this.#limits.highWaterBytes) return;
      this.#waiting.delete(key);
      this.#send(event);
    }
  }
}
