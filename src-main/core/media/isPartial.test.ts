import { describe, expect, it } from 'vitest';
import { isPartial } from './isPartial.ts';
import type { DecodeSummary } from './mediaDecoder.ts';

const summary = (facts: Partial<DecodeSummary>): DecodeSummary => ({
  decodedSec: 10,
  announcedSec: 10,
  badPackets: 0,
  nonFiniteSamples: 0,
  ...facts,
});

describe('isPartial', () => {
  it.each([
    ['all that was announced', { decodedSec: 10 }, false],
    ['more than announced', { decodedSec: 11 }, false],
    ['nothing announced', { announcedSec: null }, false],
    ['a frame less in a short file', { decodedSec: 1.8, announcedSec: 2 }, false],
    ['exactly the tolerated quarter second', { decodedSec: 1.75, announcedSec: 2 }, false],
    ['more than a quarter second less', { decodedSec: 1.7, announcedSec: 2 }, true],
    ['under two per cent less in a long file', { decodedSec: 985, announcedSec: 1000 }, false],
    ['over two per cent less in a long file', { decodedSec: 975, announcedSec: 1000 }, true],
    ['a packet left out although the length fits', { badPackets: 1 }, true],
    ['a packet left out of an unknown length', { badPackets: 1, announcedSec: null }, true],
    ['samples that were no numbers, all there', { nonFiniteSamples: 5 }, false],
  ])('%s', (_name, facts, expected) => {
    expect(isPartial(summary(facts))).toBe(expected);
  });
});
