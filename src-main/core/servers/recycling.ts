import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { ServerReason } from '#shared/domain/server.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

const BYTES_PER_MB = 1_000_000;
const NEVER: ServerProfile['recycle'] = { afterFiles: null, aboveMemoryMb: null };

/** When a server is to be ended and started anew: after so many files or above so much memory, and only between two files. */
export class Recycling {
  readonly #restart: () => Promise<void>;
  #limits = NEVER;
  #files = 0;
  #due: { readonly reason: ServerReason; readonly over: PromiseWithResolvers<undefined> } | null = null;
  #isUnderWay = false;

  /** @param restart ends the server and starts it; must not reject */
  constructor(restart: () => Promise<void>) {
    this.#restart = restart;
  }

  /** Why the server is to be restarted; null when it need not be. */
  get reason(): ServerReason | null {
    return this.#due?.reason ?? null;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** A server has just become ready. */
  begin(limits: ServerProfile['recycle']): void {
    this.#limits = limits;
    this.#files = 0;
  }

  fileDone(): void {
    this.#files += 1;
    const { afterFiles } = this.#limits;
    if (afterFiles !== null && this.#files >= afterFiles) this.#setDue('recycledFiles');
  }

  memorySeen(rssBytes: number): void {
    const { aboveMemoryMb } = this.#limits;
    if (aboveMemoryMb !== null && rssBytes > aboveMemoryMb * BYTES_PER_MB) this.#setDue('recycledMemory');
  }

  /** Nothing is under way on the server: the moment to restart it, if it is due. */
  idle(): void {
    if (this.#due === null || this.#isUnderWay) return;
    this.#isUnderWay = true;
    void this.#restart().finally(() => {
      this.#isUnderWay = false;
      this.forget();
    });
  }

  /** The server has ended in another way: whoever waits need not wait for this. */
  forget(): void {
    if (this.#isUnderWay) return;
    this.#due?.over.resolve(undefined);
    this.#due = null;
  }

  /** Resolves at once unless a restart is due or under way; then when it is over. @throws CANCELLED */
  async over(signal: AbortSignal): Promise<void> {
    if (this.#due === null) return;
    const stopped = Promise.withResolvers<undefined>();
    const stop = (): void => stopped.reject(new NightshiftError('CANCELLED', {}, { cause: signal.reason }));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await Promise.race([this.#due.over.promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #setDue(reason: ServerReason): void {
    this.#due ??= { reason, over: Promise.withResolvers() };
  }
}
