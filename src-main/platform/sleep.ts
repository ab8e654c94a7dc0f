import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Clock } from '../core/ports.ts';

/**
 * `Clock.sleep` in terms of `Clock.setTimer`. Whichever of timer and signal comes first removes the other, so that a signal that lives
 * for a whole night does not gather listeners.
 * @throws CANCELLED when the signal aborts first, with the signal's reason as cause.
 */
export function sleepOn(setTimer: Clock['setTimer'], delayMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const cancel = (): void => {
    timer?.[Symbol.dispose]();
    reject(new NightshiftError('CANCELLED', {}, { cause: signal?.reason }));
  };
  let timer: Disposable | undefined;
  if (signal?.aborted === true) {
    cancel();
    return promise;
  }
  timer = setTimer(delayMs, () => {
    signal?.removeEventListener('abort', cancel);
    resolve(undefined);
  });
  signal?.addEventListener('abort', cancel, { once: true });
  return promise;
}
