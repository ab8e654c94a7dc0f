import { connect } from 'node:net';

const DEADLINE_MS = 1_000;

/**
 * Whether somebody accepts connections at a port or a local socket; says nothing to them. Where nobody listens on this machine the refusal
 * comes at once, so silence until the deadline is a listener that is too busy, and counts as one. A socket file that nobody listens on is
 * left from a process that was killed.
 */
export function isAnswering(
  target: { readonly port: number; readonly host: string } | { readonly path: string },
  deadlineMs: number = DEADLINE_MS,
): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(target);
    const settle = (answers: boolean): void => {
      clearTimeout(timer);
      probe.destroy();
      done(answers);
    };
    const timer = setTimeout(() => settle(true), deadlineMs);
    probe.once('connect', () => settle(true));
    probe.once('error', () => settle(false));
  });
}
