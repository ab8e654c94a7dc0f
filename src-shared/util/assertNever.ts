import { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** Closes a `switch` over a union: a new member fails to compile, a foreign value at run time is our bug. */
export function assertNever(value: never): never {
  throw new NightshiftError('INVARIANT_BROKEN', { detail: `unexpected value ${JSON.stringify(value)}` });
}
