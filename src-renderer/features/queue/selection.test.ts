import { describe, expect, it } from 'vitest';
import { MAX_SELECTED, NOTHING_SELECTED, select, selectAll, selectKind, stepTarget, stillThere } from './selection.ts';

const order = [10, 20, 30, 40, 50];
const ids = ({ ids: chosen }: { readonly ids: ReadonlySet<number> }) => [...chosen].toSorted((a, b) => a - b);

describe('choosing rows', () => {
  it('takes one, adds and takes away others, and goes from the anchor to a row in either direction', () => {
    const one = select(NOTHING_SELECTED, order, 30, 'only');
    expect(ids(one)).toEqual([30]);
    const two = select(one, order, 50, 'toggle');
    expect(ids(two)).toEqual([30, 50]);
    expect(ids(select(two, order, 30, 'toggle'))).toEqual([50]);
    expect(ids(select(one, order, 50, 'range'))).toEqual([30, 40, 50]);
    expect(ids(select(one, order, 10, 'range'))).toEqual([10, 20, 30]);
  });

  it('begins anew where the anchor has left, and keeps only what is there', () => {
    const gone = stillThere(select(select(NOTHING_SELECTED, order, 30, 'only'), order, 50, 'range'), [10, 20, 50]);
    expect(gone).toEqual({ ids: new Set([50]), anchorId: null, activeId: 50 });
    expect(ids(select(gone, [10, 20, 50], 20, 'range'))).toEqual([20]);
    const kept = select(NOTHING_SELECTED, order, 30, 'only');
    expect(stillThere(kept, order)).toBe(kept);
  });

  it('never takes more than one change may concern', () => {
    const many = Array.from({ length: MAX_SELECTED + 5 }, (_, index) => index + 1);
    expect(selectAll(NOTHING_SELECTED, many).ids.size).toBe(MAX_SELECTED);
    const last = select(NOTHING_SELECTED, many, MAX_SELECTED + 5, 'only');
    const range = select(last, many, 1, 'range');
    expect(range.ids.size).toBe(MAX_SELECTED);
    expect(range.ids.has(MAX_SELECTED + 5)).toBe(true);
  });

  it.each([
    [{ shiftKey: true }, 'range'],
    [{ ctrlKey: true }, 'toggle'],
    [{ metaKey: true }, 'toggle'],
    [{}, 'only'],
  ] as const)('%j chooses by %s', (keys, kind) => {
    expect(selectKind({ shiftKey: false, ctrlKey: false, metaKey: false, ...keys })).toBe(kind);
  });
});

describe('one step', () => {
  it.each([
    [[30], 'up', 20],
    [[30], 'down', 50],
    [[40], 'down', 'last'],
    [[50], 'down', null],
    [[10], 'up', null],
    [[10, 30], 'up', null],
    [[20, 40], 'up', 10],
    [[10, 30], 'down', 50],
    [[20, 30], 'down', 50],
    [[], 'up', null],
  ] as const)('of %j %s stands before %s', (chosen, direction, target) => {
    expect(stepTarget(order, new Set(chosen), direction)).toBe(target);
  });
});
