import { describe, expect, it } from 'vitest';
import type { HistoryGroup } from '#shared/contract/history.ts';
import { barsOf, FIRST_SORT, mixedReason, nextSort, periodStart, sortGroups, type HistorySort } from './historyView.ts';

function group(key: (string | null)[], changes: Partial<HistoryGroup> = {}): HistoryGroup {
  return {
    key,
    runs: 1,
    done: 1,
    failed: 0,
    cancelled: 0,
    reused: 0,
    successRatio: 1,
    audioSec: 10,
    scored: 1,
    counts: null,
    werRatio: null,
    normalizers: ['simple'],
    processingSec: 1,
    rtf: 0.1,
    meanProcessingSec: 1,
    pacings: ['asFast'],
    ...changes,
  };
}

describe('sorting', () => {
  const groups = [group(['run 10'], { werRatio: 0.1 }), group([null], { werRatio: null }), group(['run 2'], { werRatio: 0.3 })];
  const order = (sort: HistorySort): (string | null | undefined)[] => sortGroups(groups, ['run'], sort).map(({ key }) => key[0]);

  it('counts as people do and keeps what has no value at the end, both ways', () => {
    expect(order({ column: 0, isDescending: false })).toEqual(['run 2', 'run 10', null]);
    expect(order({ column: 0, isDescending: true })).toEqual(['run 10', 'run 2', null]);
    expect(order({ column: 'werRatio', isDescending: true })).toEqual(['run 2', 'run 10', null]);
    expect(order({ column: 'werRatio', isDescending: false })).toEqual(['run 10', 'run 2', null]);
  });

  it('puts modes in the order in which they run', () => {
    const modes = ['chunked', 'original', 'streaming'].map((mode) => group([mode]));
    expect(sortGroups(modes, ['mode'], FIRST_SORT).map(({ key }) => key[0])).toEqual(['streaming', 'chunked', 'original']);
  });

  it('begins with the largest figure and the first name, and turns round on the second click', () => {
    const byWer = nextSort(FIRST_SORT, 'werRatio');
    expect(byWer).toEqual({ column: 'werRatio', isDescending: true });
    expect(nextSort(byWer, 'werRatio')).toEqual({ column: 'werRatio', isDescending: false });
    expect(nextSort(byWer, 1)).toEqual({ column: 1, isDescending: false });
  });
});

describe('chart', () => {
  it('has a bar for each group that has the figure, as a share of the largest', () => {
    const groups = [group(['a'], { werRatio: 0.2 }), group(['b']), group(['c'], { werRatio: 0.1 })];
    expect(barsOf(groups, 'werRatio')).toEqual([
      { key: ['a'], value: 0.2, share: 1 },
      { key: ['c'], value: 0.1, share: 0.5 },
    ]);
  });

  it('divides nothing by nothing', () => {
    expect(barsOf([group(['a'], { failed: 0 })], 'failed')).toEqual([{ key: ['a'], value: 0, share: 0 }]);
    expect(barsOf([], 'failed')).toEqual([]);
  });
});

it('says why a figure is missing only where something was mixed', () => {
  const mixed = group(['a'], { normalizers: ['none', 'simple'], pacings: ['asFast', 'realTime'] });
  expect([mixedReason(mixed, 'werRatio'), mixedReason(mixed, 'rtf'), mixedReason(mixed, 'done')]).toEqual(['normalizers', 'pacings', null]);
  expect(mixedReason(group(['a']), 'werRatio')).toBeNull();
});

it('begins a period before now, and everything nowhere', () => {
  expect(periodStart('day', 100_000_000)).toBe(13_600_000);
  expect(periodStart('month', 1)).toBe(0);
  expect(periodStart('all', 1)).toBeNull();
});
