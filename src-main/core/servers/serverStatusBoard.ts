import type { Clock, Logger } from '#main/core/ports.ts';
import { SERVER_TRANSITIONS, type ServerReason, type ServerStatus } from '#shared/domain/server.ts';
import { transition } from '#shared/domain/transition.ts';
import type { NightshiftError } from '#shared/errors/nightshiftError.ts';

/** The state of one server with its reason. Changes only along the table; every change is logged, except that files come and go. */
export class ServerStatusBoard {
  readonly #what: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #status: ServerStatus = 'stopped';
  #reason: ServerReason | null = null;
  #error: NightshiftError | null = null;
  #sinceMs: number;

  constructor(id: string, clock: Clock, logger: Logger) {
    this.#what = `server ${id}`;
    this.#clock = clock;
    this.#logger = logger;
    this.#sinceMs = clock.nowMs();
  }

  get status(): ServerStatus {
    return this.#status;
  }

  get reason(): ServerReason | null {
    return this.#reason;
  }

  get error(): NightshiftError | null {
    return this.#error;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** @returns the state before. @throws INVARIANT_BROKEN */
  change(status: ServerStatus, reason: ServerReason | null, error: NightshiftError | null): ServerStatus {
    const { from } = transition(SERVER_TRANSITIONS, this.#what, this.#status, status);
    this.#status = status;
    this.#sinceMs = this.#clock.nowMs();
    this.note(reason, error);
    // Hundreds of files a second would hide everything else.
    if (reason !== 'sessions')
      this.#logger.info('server changed', { from, to: status, reason, ...(error === null ? {} : { code: error.code }) });
    return from;
  }

  /** What is new about the present state. */
  note(reason: ServerReason | null, error: NightshiftError | null): void {
    this.#reason = reason;
    this.#error = error;
  }
}
