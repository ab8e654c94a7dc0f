/** A waiting run or task moves up by one class of priority in this time (S1.7). */
export const AGEING_MS = 600_000;
/** Far enough to come before every other class, and small enough that a rank keeps 1/1,024 ms. */
const IMMEDIATE_OFFSET_MS = -(2 ** 42);
/** Between neighbours planned together, milliseconds: room for others between them, and half a minute for a million. */
export const RANK_STEP_MS = 2 ** -5;

/** What a priority adds to the time of queueing, milliseconds. */
export function rankOffsetMs(priority: number): number {
  return priority <= 0 ? IMMEDIATE_OFFSET_MS : priority * AGEING_MS;
}

/** The same in SQL, of an expression. */
export const rankOffsetSql = (priority: string): string =>
  `(CASE WHEN ${priority} <= 0 THEN ${IMMEDIATE_OFFSET_MS}.0 ELSE ${priority} * ${AGEING_MS}.0 END)`;

/**
 * Sort key of what waits, lowest first. All that waits ages alike, one class in ten minutes, so that who is before whom never changes by waiting: the time
 * of queueing plus ten minutes for each class is the whole of it, and no key has to be written again. Priority 0 comes before everything else.
 */
export function rankOf(queuedAtMs: number, priority: number): number {
  return queuedAtMs + rankOffsetMs(priority);
}
