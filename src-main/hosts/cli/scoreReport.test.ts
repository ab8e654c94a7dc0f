import { describe, expect, test } from 'vitest';
import { compareSystems } from '#main/core/scoring/compareSystems.ts';
import { pairsOfRows, type PairedTexts } from '#main/core/scoring/pairTexts.ts';
import { comparisonLines, comparisonObject, matchUtterances, withHolm, type NamedComparison } from './compareFilesReport.ts';
import { percent, percentInterval, pValue } from './figures.ts';
import { overallObject, pairObject, scoreLines, scoreTexts } from './scoreReport.ts';
import { oddityLines } from './transcriptInput.ts';

function paired(rows: readonly (readonly [id: string, reference: string, hypothesis: string | null])[]): PairedTexts {
  return pairsOfRows({ rows: rows.map(([id, reference, hypothesis]) => ({ id, speaker: null, reference, hypothesis })), notRun: [] });
}

const OPTIONS = { normalizer: 'simple', language: null, groupBy: null, replicates: 200, seed: 1 } as const;
const TEXTS = paired([
  ['a/1', 'One two three.', 'one too three'],
  ['a/2', 'four', null],
  ['b/1', '', 'extra'],
]);

describe('score', () => {
  test('an object for each pair', () => {
    const report = scoreTexts(TEXTS, OPTIONS);
    expect(report.pairs.map(pairObject)).toMatchObject([
      { id: 'a/1', is_answered: true, substitutions: 1, deletions: 0, insertions: 0, hits: 2, wer: 1 / 3, cer: 1 / 13 },
      { id: 'a/2', is_answered: false, substitutions: 0, deletions: 1, insertions: 0, hits: 0, wer: 1, cer: 1 },
      { id: 'b/1', is_answered: true, substitutions: 0, deletions: 0, insertions: 1, hits: 0, wer: null, cer: null },
    ]);
  });

  test('one for all, pooled, with what could not be compared', () => {
    const report = scoreTexts(TEXTS, { ...OPTIONS, groupBy: 'folder' });
    expect(overallObject(report, TEXTS, 'simple')).toMatchObject({
      overall: {
        pairs: 3,
        wer: 3 / 4,
        mean_of_pair_wers: 2 / 3,
        sentence_error_rate: 1,
        pairs_without_reference_words: 1,
        wer_interval_95: null,
        headline: 'wer',
        normalizer: 'simple',
        normalizer_version: 1,
        missing_hypotheses: ['a/2'],
        groups: { a: { pairs: 2, wer: 2 / 4 }, b: { pairs: 1, wer: null, insertions: 1 } },
      },
    });
  });

  test('lines for people', () => {
    expect(scoreLines(scoreTexts(TEXTS, OPTIONS), { normalizer: 'simple', metric: 'all', top: 1 })).toEqual([
      '3 pairs, normaliser simple 1',
      'WER 75.00 %',
      '    3 errors in 4 words: 1 substituted, 1 deleted, 1 inserted, 2 right',
      '    MER 60.00 %   WIL 75.00 %   WIP 25.00 %',
      'CER 58.82 %',
      '    10 errors in 17 characters, spaces counted',
      '    without spaces 66.67 %   graphemes 58.82 %',
      'With a word error: 3 of 3 pairs, 100.00 %',
      'Mean of the WERs of the pairs (not the WER): 66.67 %',
      '1 pair without reference words: no ratio, but insertions count',
      'Most errors:',
      '  1 error  WER 33.33 %  a/1',
    ]);
  });

  test('CER comes first for Korean, whether somebody says so or not', () => {
    const korean = paired([['a', '안녕하세요 세계', '안녕하세요 세게']]);
    const lines = scoreLines(scoreTexts(korean, OPTIONS), { normalizer: 'korean', metric: 'all', top: 1 });
    expect(lines.slice(0, 2)).toEqual(['1 pair, normaliser korean 1', 'CER 12.50 %']);
    expect(lines.at(-1)).toBe('  1 error  CER 12.50 %  a');
    expect(scoreTexts(TEXTS, { ...OPTIONS, language: 'ja-JP' }).headline).toBe('cer');
    expect(scoreLines(scoreTexts(korean, OPTIONS), { normalizer: 'korean', metric: 'wer', top: 0 })[1]).toBe('WER 50.00 %');
  });

  test('from six pairs on there is an interval, the same for the same seed', () => {
    const texts = paired(Array.from({ length: 6 }, (_, i) => [`${i}`, 'a b c d', i % 2 === 0 ? 'a b c d' : 'a b'] as const));
    const report = scoreTexts(texts, OPTIONS);
    expect(report.werInterval).toEqual(scoreTexts(texts, OPTIONS).werInterval);
    const [low = 1, high = 0] = report.werInterval ?? [];
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
    expect(scoreLines(report, { normalizer: 'simple', metric: 'wer', top: 0 })[1]).toMatch(
      /^WER 25\.00 % \(95 % interval \d+\.\d\d to \d+\.\d\d\)$/,
    );
  });
});

test('what could not be compared is counted and named', () => {
  expect(
    oddityLines({
      ...TEXTS,
      unusedHypotheses: ['1', '2', '3', '4', '5', '6', '7'],
      duplicates: ['d'],
      notRun: ['n'],
      missingReferences: ['m'],
    }),
  ).toEqual([
    '1 without a hypothesis: counted as deletions: a/2',
    '7 with a hypothesis and no reference: not scored: 1, 2, 3, 4, 5, and 2 more',
    '1 without a reference: not scored: m',
    '1 more than once (of two files the first counts, of one file every row): d',
    '1 not run: not scored: n',
  ]);
});

describe('compare', () => {
  const good = Array.from({ length: 8 }, (_, i) => [`u${i}`, 'a b c d e', 'a b c d e'] as const);
  const bad = good.map(([id, reference], i) => [id, reference, i === 0 ? 'a b c d e' : 'a b c d'.slice(0, 8 - i)] as const);

  function compared(): NamedComparison {
    const a = { name: 'bad', texts: paired([...bad, ['x', 'only here', '']]) };
    const b = { name: 'good', texts: paired([...good, ['y', 'only there', '']]) };
    const matched = matchUtterances(a, b, 'simple');
    const comparison = compareSystems(matched.utterances, { normalizer: 'simple', replicates: 1_000, seed: 1, isClustered: false });
    const [named] = withHolm([{ a: 'bad', b: 'good', matched, comparison }]);
    if (named === undefined) throw new Error('no comparison');
    return named;
  }

  test('utterances that only one has, or with another reference, are named and not compared', () => {
    const a = {
      name: 'a',
      texts: paired([
        ['1', 'x', 'x'],
        ['2', 'y', 'y'],
        ['3', 'z', 'z'],
      ]),
    };
    const b = {
      name: 'b',
      texts: paired([
        ['2', 'other', 'y'],
        ['3', 'Z.', null],
        ['4', 'w', 'w'],
      ]),
    };
    expect(matchUtterances(a, b, 'simple')).toEqual({
      utterances: [{ id: '3', speaker: '3', reference: 'z', hypothesisA: 'z', hypothesisB: null }],
      onlyInOne: ['1', '4'],
      differentReferences: ['2'],
    });
  });

  test('effect first, how sure second, then what changed most', () => {
    const lines = comparisonLines(compared(), { normalizer: 'simple', isClustered: false, top: 1, isOneOfMany: false });
    expect(lines[0]).toBe('A bad, B good: 8 utterances, normaliser simple 1');
    expect(lines[3]).toMatch(/^ {2}B is better by \d+\.\d\d points; A − B \d+\.\d\d points \(95 % interval \d+\.\d\d to \d+\.\d\d\)$/);
    expect(lines[4]).toMatch(/^ {2}MAPSSWE p .* \(7 segments\)$/);
    expect(lines[5]).toBe('  Bootstrap p 0.002 (1000 draws of utterances)');
    expect(lines[6]).toBe('  Wholly right: only A 0, only B 7, both 1; McNemar p 0.016');
    expect(lines.slice(7)).toEqual(['  Most changed of 7:', '    4 → 0 errors in 5 words  u6']);
  });

  test('who is better is not claimed where the test after Holm does not say so', () => {
    const unsure = { ...compared(), mapssweHolmP: 0.05 };
    const lines = comparisonLines(unsure, { normalizer: 'simple', isClustered: false, top: 0, isOneOfMany: true });
    expect(lines[3]).toMatch(/^ {2}B has the lower WER, by \d+\.\d\d points; A − B/);
    expect(lines.at(-1)).toBe('  Not told apart: a difference like this can be chance');
    expect(comparisonObject(unsure, { normalizer: 'simple', seed: 1, isClustered: false, top: 0 })).toMatchObject({
      comparison: { verdict: 'not_distinguishable' },
    });
  });

  test('the same for programs', () => {
    expect(comparisonObject(compared(), { normalizer: 'simple', seed: 1, isClustered: false, top: 2 })).toMatchObject({
      comparison: {
        a: { name: 'bad' },
        b: { name: 'good', wer: 0 },
        utterances: 8,
        is_enough_data: true,
        verdict: 'b_better',
        mcnemar: { only_b_correct: 7, p: 2 ** -6 },
        changed_total: 7,
        only_in_one: ['x', 'y'],
        different_references: [],
      },
    });
  });

  test('too few utterances have an effect and no p', () => {
    const a = { name: 'a', texts: paired(bad.slice(0, 3)) };
    const b = { name: 'b', texts: paired(good.slice(0, 3)) };
    const matched = matchUtterances(a, b, 'simple');
    const comparison = compareSystems(matched.utterances, { normalizer: 'simple', replicates: 1_000, seed: 1, isClustered: false });
    const [named] = withHolm([{ a: 'a', b: 'b', matched, comparison }]);
    expect(named).toMatchObject({ mapssweHolmP: null, bootstrapHolmP: null });
    if (named === undefined) return;
    expect(comparisonLines(named, { normalizer: 'simple', isClustered: false, top: 0, isOneOfMany: false }).at(-1)).toBe(
      '  Not enough data for an interval or a test: 3 utterances, at least 6 are needed',
    );
    expect(comparisonObject(named, { normalizer: 'simple', seed: 1, isClustered: false, top: 0 })).toMatchObject({
      comparison: { is_enough_data: false, bootstrap: null, mapsswe: null, wer_delta_interval_95: null },
    });
  });

  test('several comparisons are adjusted together', () => {
    const named = compared();
    const three = withHolm([named, named, named]);
    const p = named.comparison.bootstrap?.p ?? 0;
    expect(three.map(({ bootstrapHolmP }) => bootstrapHolmP)).toEqual([3 * p, 3 * p, 3 * p]);
    expect(comparisonLines(three[0] ?? named, { normalizer: 'simple', isClustered: false, top: 0, isOneOfMany: true })[5]).toContain(
      '0.006 after Holm',
    );
  });
});

test('figures', () => {
  expect([percent(0.0523), percent(null), percentInterval([0.1, 0.25]), percentInterval(null)]).toEqual([
    '5.23 %',
    '–',
    ' (95 % interval 10.00 to 25.00)',
    '',
  ]);
  expect([pValue(0.0004), pValue(0.04), pValue(null)]).toEqual(['< 0.001', '0.040', 'undefined']);
});
