import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SampleQueue } from './sampleQueue.ts';

test('what comes out is what went in, however it was cut on either side', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.array(fc.integer({ min: 1, max: 12 })), (pushes, takes) => {
      const queue = new SampleQueue();
      let next = 0;
      for (const length of pushes) queue.push(Float32Array.from({ length }, () => next++));
      const out: number[] = [];
      for (const count of takes) {
        const taken = queue.take(count);
        // Half of it goes back, as after a cut.
        const kept = Math.ceil(taken.length / 2);
        queue.unshift(taken.slice(kept));
        out.push(...taken.slice(0, kept));
        expect(queue.length).toBe(next - out.length);
      }
      out.push(...queue.take(1_000));
      expect(out).toEqual(Array.from({ length: next }, (_, i) => i));
      expect(queue.length).toBe(0);
    }),
  );
});
