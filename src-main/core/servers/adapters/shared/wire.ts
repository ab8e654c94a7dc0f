/** A connection on which audio goes out while text comes in: a WebSocket or a bare TCP stream. */
export interface Wire {
  readonly port: number;
  readonly isOpen: boolean;
  /** One listener at a time; what arrived while there was none is told at once. */
  listen(listener: WireListener): void;
  unlisten(): void;
  /** Resolves at once while little is waiting, else when these bytes have left. A lost connection is told to the listener, not here. */
  send(data: Frame): Promise<void>;
  terminate(): void;
}

/** A text message or samples; `END_OF_STREAM` closes our side of a bare stream. */
export type Frame = string | Buffer | typeof END_OF_STREAM;
export const END_OF_STREAM = Symbol('end of stream');

export interface WireListener {
  /** One message, or one line of a bare stream. */
  onText(text: string): void;
  onClosed(closed: Closed): void;
  /** The socket took bytes of ours. */
  onFlushed(): void;
}

export interface Closed {
  /** Of RFC 6455, section 7.4, also for bare streams: 1000 for an orderly end, 1006 when the connection ended without a word. */
  readonly code: number;
  readonly reason: string;
}

export const CLOSE_NORMAL = 1000;
/** A close frame without a code. */
export const CLOSE_NO_STATUS = 1005;
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_TOO_BIG = 1009;

/** Bytes that may wait in the socket before the sender waits too, about 16 s of audio. */
export const HIGH_WATER_BYTES = 1024 * 1024;
/** Longest message taken from a server. */
export const MAX_RECEIVED_BYTES = 16 * 1024 * 1024;

/** Node's error for a name with several addresses has no message of its own. */
export function describe(error: Error | null): string {
  if (error === null) return '';
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
