import { MODES } from './mode.ts';

const NAMES = new Intl.Collator('en', { numeric: true });

/**
 * Order of two values of a parameter as people expect it: modes as they run, numbers in names by their value (`2 test` before `10 test`), everything else by
 * name, and what has no value last.
 */
export function compareHistoryValues(parameter: string | undefined, left: string | null, right: string | null): number {
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? 1 : -1;
  if (parameter === 'mode') {
    const order: readonly string[] = MODES;
    return order.indexOf(left) - order.indexOf(right);
  }
  return NAMES.compare(left, right);
}
