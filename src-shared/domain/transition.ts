import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** From each status to the statuses that may follow it; an empty list is terminal. */
export type TransitionTable<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

export interface Transition<Status extends string> {
  readonly from: Status;
  readonly to: Status;
}

/**
 * The only way a status changes. Returns the change so that the caller can announce it.
 * @throws INVARIANT_BROKEN when the table does not allow it: that is our bug, never bad input.
 */
export function transition<Status extends string>(
  table: TransitionTable<Status>,
  what: string,
  from: Status,
  to: Status,
): Transition<Status> {
  if (!table[from].includes(to)) {
    throw new NightshiftError('INVARIANT_BROKEN', { detail: `${what}: ${from} to ${to} is not allowed` });
  }
  return { from, to };
}
