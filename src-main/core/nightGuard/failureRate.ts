import { type ErrorCode, type ErrorKind, kindOf } from '#shared/errors/errorCodes.ts';

/** Newest outcomes that are counted: a server that dies in the morning must not be excused by a good evening. */
const WINDOW = 100;
/** Fewer say nothing (S4.16). */
const LEAST = 20;
/** The file's own fault, or nobody's. */
const NOT_COUNTED: ReadonlySet<ErrorKind> = new Set(['data', 'usage', 'gate', 'cancelled']);

/** f: failed by a server, the network, a lack of resources or the engine · d: done; null: says nothing about any of them. */
export function outcomeLetter(status: 'done' | 'failed' | 'cancelled', code: ErrorCode | null): 'd' | 'f' | null {
  if (status === 'done') return 'd';
  return status === 'failed' && code !== null && !NOT_COUNTED.has(kindOf(code)) ? 'f' : null;
}

/** The newest outcomes, the oldest first. */
export function addOutcome(outcomes: string, letter: 'd' | 'f'): string {
  return (outcomes + letter).slice(-WINDOW);
}

/** Share of failures; null with too few outcomes. */
export function failureRatio(outcomes: string): number | null {
  return outcomes.length < LEAST ? null : outcomes.replaceAll('d', '').length / outcomes.length;
}
