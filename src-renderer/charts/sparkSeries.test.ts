import { describe, expect, it } from 'vitest';
import { asSteps, sparkShape, sparkY } from './sparkSeries.ts';

const frame = { width: 100, height: 34, windowMs: 10_000, max: 100 };

describe('gauge lines', () => {
  it('is empty without readings', () => {
    expect(sparkShape([], frame)).toEqual({ line: '', area: '' });
    expect(sparkShape([{ atMs: 1, value: null }], frame)).toEqual({ line: '', area: '' });
  });

  it('puts the newest reading at the right edge and leaves out what is too old', () => {
    const points = [
      { atMs: 0, value: 50 },
      { atMs: 10_000, value: 0 },
      { atMs: 15_000, value: 100 },
      { atMs: 20_000, value: 50 },
    ];
    expect(sparkShape(points, frame)).toEqual({ line: 'M0 33 L50 1 L100 17', area: 'M0 33 L50 1 L100 17 L100 34 L0 34 Z' });
  });

  it('keeps missing readings and pauses as gaps', () => {
    const points = [
      { atMs: 0, value: 0 },
      { atMs: 1_000, value: null },
      { atMs: 2_000, value: 0 },
      { atMs: 8_000, value: 0 },
    ];
    expect(sparkShape(points, frame).line).toBe('M20 33 M40 33 M100 33');
    expect(sparkShape(points, frame).area).toBe('');
  });

  it('clamps to the frame', () => {
    expect([sparkY(-5, frame), sparkY(250, frame), sparkY(5, { ...frame, max: 0 })]).toEqual([33, 1, 33]);
  });

  it('makes steps', () => {
    const points = [1, 1, 3].map((value, index) => ({ atMs: index, value }));
    expect(asSteps(points).map(({ atMs, value }) => [atMs, value])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [2, 3],
    ]);
  });
});
