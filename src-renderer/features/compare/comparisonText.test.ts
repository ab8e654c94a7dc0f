import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '#shared/contract/compare.ts';
import { createFormat } from '../../format/format.ts';
import { startI18n } from '../../i18n/i18n.ts';
import { buildComparison, buildPair, buildSystem } from '../../testing/compareBuilders.ts';
import { headlineText, msPair, ratioPair } from './comparisonText.ts';
import { namedSystems } from './systemNames.ts';

const format = createFormat('en', 'UTC');
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

beforeAll(async () => {
  await startI18n('en');
});

function said(comparison: Comparison): { effect: string; sure: string; rest: string; evidence: string } {
  const systems = namedSystems(comparison.systems, (mode) => mode);
  const { effect, sure, rest, evidence } = headlineText(comparison, systems, i18next.t, format);
  return { effect, sure, rest: plain(rest.join(' ')), evidence: plain(evidence.join(' ')) };
}

describe('the headline of a comparison', () => {
  it('says the effect first, then how sure it is, then the test', () => {
    expect(said(buildComparison())).toEqual({
      effect: 'original is better than streaming by 0.42 points of WER',
      sure: '(95 % sure: 0.21 to 0.63)',
      rest: '',
      evidence: '24 files, 100 words. Matched-pairs test z = 3.9, p = 0.0001.',
    });
  });

  it('names what cannot be told apart, the correction, and what failed', () => {
    const { headline } = buildComparison();
    const comparison = buildComparison({
      systems: [
        buildSystem({ failedFiles: 1, failedWords: 31 }),
        buildSystem({ mode: 'chunked', werRatio: 0.0486 }),
        buildSystem({ mode: 'original', werRatio: 0.0481 }),
      ],
      pairs: [buildPair({ b: 2 }), buildPair({ b: 1, pHolm: 0.04 }), buildPair({ a: 1, b: 2, pHolm: 0.4, verdict: 'notDistinguishable' })],
      headline: {
        ...headline,
        findings: headline.findings.map((finding) => ({ ...finding, better: 2 })),
        notDistinguishable: [[1, 2]],
        notEnoughData: [[0, 1]],
      },
    });
    expect(said(comparison)).toMatchObject({
      effect: 'original is better than streaming by 0.42 points of WER',
      rest: 'chunked and original cannot be told apart on this set. Too few files to say which of streaming and chunked is better.',
      evidence:
        '24 files, 100 words. Matched-pairs test z = 3.9, p = 0.0001 after correction for 3 comparisons. ' +
        '1 file failed in streaming and counts as 31 deleted words.',
    });
  });

  it('claims nothing where nothing was found, and gives what was measured', () => {
    const comparison = buildComparison({
      pairs: [buildPair({ difference: -0.01, interval: [-0.03, 0.01], z: -0.8, pHolm: 0.42, verdict: 'notDistinguishable' })],
      headline: { findings: [], notDistinguishable: [[0, 1]], notEnoughData: [] },
    });
    expect(said(comparison)).toEqual({
      effect: 'streaming and original cannot be told apart on this set.',
      sure: '',
      rest: 'Fewest errors here: original, 4.58 %.',
      evidence:
        '24 files, 100 words. Measured: original 1.00 points above streaming (95 % sure: -1.00 to 3.00). Matched-pairs test z = 0.8, p = 0.42.',
    });
  });

  it('says that there are too few files', () => {
    const comparison = buildComparison({
      pairs: [buildPair({ interval: null, z: null, p: null, pHolm: null, verdict: 'notEnoughData' })],
      headline: { findings: [], notDistinguishable: [], notEnoughData: [[0, 1]] },
    });
    expect(said(comparison)).toMatchObject({
      effect: 'There are too few files to say which is better.',
      evidence: '24 files, 100 words.',
    });
  });
});

it('writes percentiles side by side, and nothing where nothing was measured', () => {
  expect(plain(msPair(format, { p50: 410, p95: 1_900 }) ?? '')).toBe('410 ms / 1.9 s');
  expect([ratioPair(format, { p50: 0.14, p95: 0.22 }), ratioPair(format, { p50: 0.004, p95: 0.02 }), ratioPair(format, null)]).toEqual([
    '0.14 / 0.22',
    '0.004 / 0.020',
    null,
  ]);
});
