import type { AnyEvent, EventName, EventPayload } from '#shared/contract/events.ts';

/**
 * Announcements to whoever listens. Events tell, they do not steer: a listener that throws is reported and otherwise
 * ignored.
 */
export class EventBus {
  readonly #listeners = new Set<(event: AnyEvent) => void>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  emit<E extends EventName>(name: E, payload: EventPayload<E>): void {
    const event = { name, payload } as AnyEvent;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  subscribe(listener: (event: AnyEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
