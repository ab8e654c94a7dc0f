import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyEvent } from '#shared/contract/events.ts';
import type { ItemRow } from '#shared/contract/items.ts';
import { EventFeed, type FrameSink } from './eventFeed.ts';

interface Frame {
  readonly seq: number;
  readonly name: string;
  readonly payload: { readonly runId: number; readonly items?: readonly ItemRow[]; readonly more?: boolean };
}

/** A consumer that takes frames only when told to. */
class SlowSink implements FrameSink {
  readonly frames: Frame[] = [];
  hasGivenUp = false;
  #untaken: { readonly bytes: number; readonly onFlushed: () => void }[] = [];

  send(frame: string, onFlushed: () => void): void {
    this.frames.push(JSON.parse(frame) as Frame);
    this.#untaken.push({ bytes: frame.length, onFlushed });
  }
  bufferedBytes(): number {
    return this.#untaken.reduce((sum, one) => sum + one.bytes, 0);
  }
  giveUp(): void {
    this.hasGivenUp = true;
  }
  /** Takes the oldest frame; @returns false when there is none. */
  take(): boolean {
    const oldest = this.#untaken.shift();
    oldest?.onFlushed();
    return oldest !== undefined;
  }
  takeAll(): void {
    while (this.take());
  }
}

const SLOW = { highWaterBytes: 0, maxWaiting: 50 };

function removed(runId: number): AnyEvent {
  return { name: 'run.removed', payload: { runId } };
}

function row(id: number, sizeBytes: number): ItemRow {
  return { id, runId: 1, fileId: `${id}`, sizeBytes, audioSec: null, hasReference: false, problem: null, tasks: [] };
}

function items(rows: readonly ItemRow[], more = false): AnyEvent {
  return { name: 'items.changed', payload: { runId: 1, items: [...rows], more } };
}

function step(runId: number): AnyEvent {
  return {
    name: 'run.stepped',
    payload: {
      runId,
      atMs: 0,
      step: {
        step: 'taskRetrying',
        mode: 'streaming',
        itemId: 1,
        fileId: 'a',
        attempt: 1,
        delayMs: 1,
        error: { code: 'SERVER_BUSY', data: {} },
      },
    },
  };
}

describe('EventFeed', () => {
  it('sends everything at once to a consumer that keeps up', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink);
    for (let runId = 1; runId <= 100; runId += 1) feed.push(removed(1));
    expect(sink.frames.map((frame) => frame.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(feed.waitingCount).toBe(0);
  });

  it('keeps one waiting value per thing for a slow one, however many come', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    for (let round = 0; round < 10_000; round += 1) {
      feed.push(removed(round % 7));
      expect(feed.waitingCount).toBeLessThanOrEqual(7);
    }
    sink.takeAll();
    expect(feed.waitingCount).toBe(0);
    expect(sink.frames).toHaveLength(8);
    expect(sink.frames.map((frame) => frame.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('puts the newest value behind what happened before it', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    for (const event of [removed(9), removed(1), step(1), removed(1)]) feed.push(event);
    sink.takeAll();
    expect(sink.frames.map((frame) => frame.name)).toEqual(['run.removed', 'run.stepped', 'run.removed']);
  });

  it('never drops a step', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    for (let runId = 1; runId <= 40; runId += 1) feed.push(step(runId));
    sink.takeAll();
    expect(sink.frames.map((frame) => frame.payload.runId)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('adds up the rows of waiting item events; the last state of a row wins', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    feed.push(removed(1));
    feed.push(items([row(1, 10), row(2, 10)]));
    feed.push(items([row(2, 20), row(3, 20)]));
    sink.takeAll();
    expect(sink.frames.at(-1)?.payload).toEqual({ runId: 1, items: [row(1, 10), row(2, 20), row(3, 20)], more: false });
  });

  it('says that there is more when too many rows wait', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    feed.push(removed(1));
    for (let id = 1; id <= 201; id += 1) feed.push(items([row(id, 1)]));
    feed.push(items([row(1, 2)]));
    sink.takeAll();
    const last = sink.frames.at(-1)?.payload;
    expect({ rows: last?.items?.length, more: last?.more }).toEqual({ rows: 200, more: true });
  });

  it('gives up a consumer that is hopelessly behind and holds nothing for it', () => {
    const sink = new SlowSink();
    const feed = new EventFeed(sink, SLOW);
    for (let runId = 0; runId < 1_000; runId += 1) feed.push(step(runId));
    expect({ hasGivenUp: sink.hasGivenUp, waiting: feed.waitingCount, sent: sink.frames.length }).toEqual({
      hasGivenUp: true,
      waiting: 0,
      sent: 1,
    });
  });

  it('ends with the last value of every thing, whatever the pace', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 99 })), { nil: 'take' as const })),
        (moves) => {
          const sink = new SlowSink();
          const feed = new EventFeed(sink, { highWaterBytes: 300, maxWaiting: 50 });
          const expected = new Map<number, number>();
          for (const move of moves) {
            if (move === 'take') {
              sink.take();
            } else {
              expected.set(move[0], move[1]);
              feed.push(items([row(move[0], move[1])]));
            }
          }
          sink.takeAll();
          const seen = new Map<number, number>();
          for (const frame of sink.frames) for (const one of frame.payload.items ?? []) seen.set(one.id, one.sizeBytes);
          expect(seen).toEqual(expected);
          expect(sink.frames.map((frame) => frame.seq)).toEqual(sink.frames.map((_, index) => index + 1));
        },
      ),
    );
  });
});
