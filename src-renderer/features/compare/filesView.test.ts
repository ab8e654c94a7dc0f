import { describe, expect, it } from 'vitest';
import { BY_DIFFERENCE, chipsOf, filesView, firstChip, resorted, sortDirection } from './filesView.ts';
import { buildComparison } from '../../testing/compareBuilders.ts';

describe('chips', () => {
  it('begin with the disagreement, leave out what no file has, and end with all files', () => {
    const comparison = buildComparison({
      chips: { all: 24, disagreement: 7, worse: [5, 0], deletions: 3, insertions: 0, substitutions: 6, failed: 1 },
    });
    expect(chipsOf(comparison).map(({ filter, system, count }) => [filter, system, count])).toEqual([
      ['disagreement', null, 7],
      ['worse', 0, 5],
      ['deletions', null, 3],
      ['substitutions', null, 6],
      ['failed', null, 1],
      ['all', null, 24],
    ]);
    expect(firstChip(comparison)).toEqual({ filter: 'disagreement', system: null });
  });

  it('show all files first where the systems agree in every file', () => {
    const comparison = buildComparison({
      chips: { all: 24, disagreement: 0, worse: [0, 0], deletions: 0, insertions: 0, substitutions: 0, failed: 0 },
    });
    expect(chipsOf(comparison).map(({ filter }) => filter)).toEqual(['disagreement', 'all']);
    expect(firstChip(comparison).filter).toBe('all');
  });
});

describe('the order of the files', () => {
  it('is turned round by a second click on the same column only', () => {
    const byFirst = resorted(BY_DIFFERENCE, 'wer', 0);
    expect(byFirst).toEqual({ sort: 'wer', sortSystem: 0, isReversed: false });
    expect(resorted(byFirst, 'wer', 0).isReversed).toBe(true);
    expect(resorted(byFirst, 'wer', 1)).toEqual({ sort: 'wer', sortSystem: 1, isReversed: false });
    expect(resorted(resorted(byFirst, 'wer', 0), 'wer', 0).isReversed).toBe(false);
  });

  it('is told by the column that makes it', () => {
    expect(sortDirection(BY_DIFFERENCE, 'difference')).toBe('descending');
    expect(sortDirection(resorted(BY_DIFFERENCE, 'difference'), 'difference')).toBe('ascending');
    expect(sortDirection(resorted(BY_DIFFERENCE, 'path'), 'path')).toBe('ascending');
    expect(sortDirection(resorted(BY_DIFFERENCE, 'wer', 1), 'wer', 0)).toBeUndefined();
  });
});

it('narrows the list to one error or one speaker', () => {
  const chip = { filter: 'all', system: null } as const;
  const error = { reference: 'bus', hypothesis: null };
  expect(filesView(chip, { kind: 'error', ...error }, ' a ', BY_DIFFERENCE)).toMatchObject({ error, speaker: null, search: 'a' });
  expect(filesView(chip, { kind: 'speaker', name: '61' }, '', BY_DIFFERENCE)).toMatchObject({ error: null, speaker: '61', folder: null });
});
