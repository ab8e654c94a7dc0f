import { compareHistoryValues } from '#shared/domain/historyOrder.ts';
import type { HistoryFigures, HistoryGroup } from '#shared/contract/history.ts';

/** Figures of the table that it can be sorted by; the chart shows the same. */
export const HISTORY_FIGURES = [
  'runs',
  'done',
  'reused',
  'failed',
  'successRatio',
  'audioSec',
  'werRatio',
  'rtf',
  'meanProcessingSec',
] as const;
export type HistoryFigure = (typeof HISTORY_FIGURES)[number];

/** A column: a figure, or the place of a parameter in the key. */
export type SortColumn = HistoryFigure | 0 | 1;

export interface HistorySort {
  readonly column: SortColumn;
  readonly isDescending: boolean;
}

/** The order in which groups arrive: time forward, names as people count. */
export const FIRST_SORT: HistorySort = { column: 0, isDescending: false };

/** Of a chart that is to be read at a glance. */
export const MAX_BARS = 12;

/** A click on a heading: the same one turns the order round, another begins with the largest figure or the first name. */
export function nextSort(sort: HistorySort, column: SortColumn): HistorySort {
  if (sort.column === column) return { column, isDescending: !sort.isDescending };
  return { column, isDescending: typeof column !== 'number' };
}

/** Groups without a value stay at the end whichever way it is sorted; ties keep the order of the keys. @param by the parameters of the keys */
export function sortGroups(groups: readonly HistoryGroup[], by: readonly string[], { column, isDescending }: HistorySort): HistoryGroup[] {
  const direction = isDescending ? -1 : 1;
  if (typeof column === 'number') {
    const valueOf = ({ key }: HistoryGroup): string | null => key[column] ?? null;
    return groups.toSorted((left, right) => {
      const order = compareHistoryValues(by[column], valueOf(left), valueOf(right));
      return valueOf(left) === null || valueOf(right) === null ? order : direction * order;
    });
  }
  return groups.toSorted((left, right) => {
    const one = left[column];
    const other = right[column];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    return direction * (one - other);
  });
}

export interface HistoryBar {
  readonly key: readonly (string | null)[];
  readonly value: number;
  /** 0 to 1 of the largest. */
  readonly share: number;
}

/** The first groups of the table that have the figure, in its order. */
export function barsOf(groups: readonly HistoryGroup[], figure: HistoryFigure): HistoryBar[] {
  const known = groups.flatMap((group) => {
    const value = group[figure];
    return value === null ? [] : [{ key: group.key, value }];
  });
  const shown = known.slice(0, MAX_BARS);
  const most = Math.max(0, ...shown.map(({ value }) => value));
  return shown.map(({ key, value }) => ({ key, value, share: most === 0 ? 0 : value / most }));
}

/** Why a figure of a group is not there although there are results; null where there is nothing to say. */
export function mixedReason({ normalizers, pacings }: HistoryFigures, figure: HistoryFigure): 'normalizers' | 'pacings' | null {
  if (figure === 'werRatio' && normalizers.length > 1) return 'normalizers';
  if ((figure === 'rtf' || figure === 'meanProcessingSec') && pacings.length > 1) return 'pacings';
  return null;
}

/** Periods that can be chosen, in hours; null: everything. */
export const HISTORY_PERIODS = { day: 24, week: 168, month: 720, all: null } as const;
export type HistoryPeriod = keyof typeof HISTORY_PERIODS;

/** The beginning of a period that ends now; null: from the first. */
export function periodStart(period: HistoryPeriod, nowMs: number): number | null {
  const hours = HISTORY_PERIODS[period];
  return hours === null ? null : Math.max(0, nowMs - hours * 3_600_000);
}
