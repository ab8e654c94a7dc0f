import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock } from '../core/ports.ts';

/**
 * `Clock.sleep` in terms of `Clock.setTimer`. Whichever of timer and signal comes first removes the other, so that a signal that lives
 * for a whole night does not gather listeners.
 * @throws CANCELLED when the signal aborts first, with the signal's reason as cause.
 */
export async function sleepOn(setTimer: Clock['setTimer'], delayMs: number, signal?: AbortSignal): Promise<void> {
  const cancelled = (): NightshiftError => new NightshiftError('CANCELLED', {}, { cause: signal?.reason });
  if (signal?.aborted === true) throw cancelled();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimer(delayMs, () => resolve(undefined));
  const cancel = (): void => reject(cancelled());
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    await promise;
  } finally {
    timer[Symbol.dispose]();
    signal?.removeEventListener('abort', cancel);
  }
}
