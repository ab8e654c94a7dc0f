import { describe, expect, it } from 'vitest';
import type { ModeComparison } from '#shared/contract/reports.ts';
import { findingOf } from './significanceView.ts';

const comparison = (part: Partial<ModeComparison>): ModeComparison => ({
  a: 'streaming',
  b: 'original',
  pairs: 120,
  referenceWords: 2_000,
  werA: 0.0468,
  werB: 0.0426,
  difference: 0.0042,
  interval: [0.0021, 0.0063],
  segments: 400,
  z: 3.9,
  p: 0.0001,
  pHolm: 0.0002,
  mcnemarP: 0.001,
  verdict: 'bBetter',
  ...part,
});

describe('what is said of two modes', () => {
  it('is the gain of the better one, with the interval turned with it and the corrected p', () => {
    expect(findingOf(comparison({}))).toEqual({
      kind: 'better',
      better: 'original',
      worse: 'streaming',
      difference: 0.0042,
      interval: [0.0021, 0.0063],
      p: 0.0002,
      files: 120,
    });
    expect(findingOf(comparison({ verdict: 'aBetter', difference: -0.0042, interval: [-0.0063, -0.0021], pHolm: null }))).toMatchObject({
      better: 'streaming',
      worse: 'original',
      difference: 0.0042,
      interval: [0.0021, 0.0063],
      p: 0.0001,
    });
  });

  it('has its interval on both sides of nothing where nobody is better', () => {
    expect(findingOf(comparison({ verdict: 'notDistinguishable', difference: -0.0001, interval: [-0.002, 0.0018], pHolm: 0.9 }))).toEqual({
      kind: 'alike',
      better: 'streaming',
      worse: 'original',
      difference: 0.0001,
      interval: [-0.0018, 0.002],
      p: 0.9,
      files: 120,
    });
  });

  it.each([{ verdict: 'notEnoughData' }, { p: null, pHolm: null }, { interval: null }] as const)(
    'says when there is not enough data %#',
    (part) => {
      expect(findingOf(comparison(part))).toEqual({ kind: 'notEnoughData', a: 'streaming', b: 'original', files: 120 });
    },
  );
});
