import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CapacityWindow, type WindowTicket } from './capacityWindow.ts';

test('a server gets what it said until it refuses, then half of that, and says why', () => {
  const window = new CapacityWindow(8);
  expect(window.state).toEqual({ places: 8, reason: null });
  window.refused(window.begin(), 0, null);
  expect(window.state).toEqual({ places: 4, reason: 'busy' });
  window.timedOut(window.begin());
  expect(window.state).toEqual({ places: 2, reason: 'timeout' });
});

test('what was under way together halves it once', () => {
  const window = new CapacityWindow(8);
  const together = Array.from({ length: 6 }, () => window.begin());
  for (const ticket of together) window.refused(ticket, 0, null);
  expect(window.state.places).toBe(4);
  window.refused(window.begin(), 0, null);
  expect(window.state.places).toBe(2);
});

test('a full server gets nothing new for as long as it says, but not at once and not for hours', () => {
  const window = new CapacityWindow(4);
  window.refused(window.begin(), 1_000, 7_000);
  expect(window.closedForMs(1_000)).toBe(7_000);
  // A file that ends says nothing against what the server said.
  window.succeeded();
  expect(window.closedForMs(4_000)).toBe(4_000);
  expect(window.closedForMs(8_000)).toBe(0);
  window.refused(window.begin(), 10_000, 0);
  expect(window.closedForMs(10_000)).toBe(1_000);
  window.refused(window.begin(), 20_000, 86_400_000);
  expect(window.closedForMs(20_000)).toBe(300_000);
});

test('one that does not say how long waits longer each time, until a file ends there', () => {
  const window = new CapacityWindow(4);
  const pauses = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
  for (const pauseMs of pauses) {
    window.refused(window.begin(), 0, null);
    expect(window.closedForMs(0)).toBe(pauseMs);
  }
  window.succeeded();
  expect(window.closedForMs(0)).toBe(0);
  window.refused(window.begin(), 0, null);
  expect(window.closedForMs(0)).toBe(1_000);
});

test('a server that says something else is believed again', () => {
  const window = new CapacityWindow(8);
  const before = window.begin();
  window.refused(before, 0, null);
  window.setCapacity(8);
  expect(window.state.places).toBe(4);
  window.setCapacity(2);
  expect(window.state).toEqual({ places: 2, reason: null });
  window.timedOut(before);
  expect(window.state.places).toBe(2);
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('ok' as const) }),
  fc.record({
    kind: fc.constant('busy' as const),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e9 })),
    isOld: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('timeout' as const), isOld: fc.boolean() }),
);

test('whatever happens, it lies between one and what the server said, grows by one, and shrinks to no less than half', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
      const window = new CapacityWindow(capacity);
      let old: WindowTicket = window.begin();
      let nowMs = 0;
      for (const entry of steps) {
        nowMs += 100;
        const before = window.state.places;
        const fresh = window.begin();
        if (entry.kind === 'ok') window.succeeded();
        else if (entry.kind === 'busy') window.refused(entry.isOld ? old : fresh, nowMs, entry.retryAfterMs);
        else window.timedOut(entry.isOld ? old : fresh);
        old = fresh;
        const { places, reason } = window.state;
        expect(places).toBeGreaterThanOrEqual(1);
        expect(places).toBeLessThanOrEqual(capacity);
        expect(reason === null).toBe(places === capacity);
        if (entry.kind === 'ok') expect(places - before === 0 || places - before === 1).toBe(true);
        else expect(places === before || places === Math.max(1, Math.floor(before / 2))).toBe(true);
        expect(window.closedForMs(nowMs)).toBeLessThanOrEqual(300_000);
      }
    }),
  );
});

test('a server that is well again gets all it said in the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 20 }), (capacity, refusals) => {
      const window = new CapacityWindow(capacity);
      for (let count = 0; count < refusals; count += 1) window.refused(window.begin(), 0, null);
      // At most a full window of files for each place, with all patience.
      for (let files = 0; files < capacity * capacity * 64; files += 1) window.succeeded();
      expect(window.state).toEqual({ places: capacity, reason: null });
    }),
  );
});

interface Night {
  readonly files: number;
  readonly refusals: number;
  readonly useRatio: number;
}

/** Files of one length against a server that says `said` and has `real` places; a refused file goes back to the front. */
function work({ said, real, files, retryAfterMs }: { said: number; real: number; files: number; retryAfterMs: number | null }): Night {
  const serviceMs = 1_000;
  const window = new CapacityWindow(said);
  let endsMs: number[] = [];
  let nowMs = 0;
  let left = files;
  let refusals = 0;
  while (left > 0 || endsMs.length > 0) {
    const room = window.closedForMs(nowMs) > 0 ? 0 : Math.min(left, window.state.places - endsMs.length);
    const tickets = Array.from({ length: Math.max(0, room) }, () => window.begin());
    for (const ticket of tickets) {
      if (endsMs.length < real) {
        endsMs.push(nowMs + serviceMs);
        left -= 1;
      } else {
        refusals += 1;
        window.refused(ticket, nowMs, retryAfterMs);
      }
    }
    const wakeMs = left > 0 && window.closedForMs(nowMs) > 0 ? nowMs + window.closedForMs(nowMs) : Number.POSITIVE_INFINITY;
    nowMs = Math.min(wakeMs, ...endsMs);
    for (const endMs of endsMs) if (endMs <= nowMs) window.succeeded();
    endsMs = endsMs.filter((endMs) => endMs > nowMs);
  }
  return { files, refusals, useRatio: (files * serviceMs) / (real * nowMs) };
}

test.each([
  ['says nothing about when', null],
  ['wants two seconds', 2_000],
])('a server that says it has 8 places, has 2 and %s is used nearly fully', (_, retryAfterMs) => {
  const night = work({ said: 8, real: 2, files: 200, retryAfterMs });
  expect(night.useRatio).toBeGreaterThan(0.85);
  expect(night.refusals).toBeLessThan(30);
});

test('however many places a server has, it is used nearly fully and rarely asked in vain', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 32 }), (real, said) => {
      const night = work({ said: Math.max(real, said), real, files: 1_000, retryAfterMs: null });
      expect(night.useRatio).toBeGreaterThan(0.85);
      expect(night.refusals).toBeLessThan(night.files / 5);
    }),
  );
});
