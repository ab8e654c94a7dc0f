import { type Closed, MAX_RECEIVED_BYTES, type WireListener } from './wire.ts';

/** What a connection says, for one listener at a time: what comes while there is none waits for the next, up to the length of the longest message. */
export class Inbox {
  readonly #onFull: () => void;
  #waiting: string[] = [];
  #waitingLength = 0;
  #listener: WireListener | null = null;
  #closed: Closed | null = null;

  /** @param onFull nobody listens, and more came than is kept: the connection is to be ended */
  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  take(text: string): void {
    if (this.#listener === null) this.keep(text);
    else this.#listener.onText(text);
  }

  /** For the next listener. */
  keep(text: string): void {
    this.#waitingLength += text.length;
    if (this.#waitingLength > MAX_RECEIVED_BYTES) this.#onFull();
    else this.#waiting.push(text);
  }

  close(closed: Closed): void {
    this.#closed = closed;
    this.#listener?.onClosed(closed);
  }

  flushed(): void {
    this.#listener?.onFlushed();
  }

  /** What has waited is told at once, and so is the end of the connection. */
  listen(listener: WireListener): void {
    this.#listener = listener;
    while (this.#listener === listener && this.#waiting.length > 0) {
      const text = this.#waiting.shift() ?? '';
      this.#waitingLength -= text.length;
      listener.onText(text);
    }
    if (this.#closed !== null) this.#listener?.onClosed(this.#closed);
  }

  unlisten(): void {
    this.#listener = null;
  }
}
