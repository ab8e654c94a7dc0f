import { connect, type Socket } from 'node:net';
import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { Inbox } from './inbox.ts';
import {
  CLOSE_ABNORMAL,
  CLOSE_NORMAL,
  describe,
  END_OF_STREAM,
  type Frame,
  MAX_RECEIVED_BYTES,
  type Wire,
  type WireListener,
} from './wire.ts';

export interface TcpOptions {
  readonly clock: Clock;
  /** Longest wait for a connection, milliseconds. */
  readonly connectMs: number;
  readonly signal: AbortSignal;
}

/** A bare TCP stream: bytes go out, lines of text come in, also after our side was closed. */
export class TcpConnection implements Wire {
  readonly port: number;
  readonly #socket: Socket;
  readonly #decoder = new TextDecoder();
  readonly #inbox = new Inbox(() => this.terminate());
  #rest = '';
  #lastError: Error | null = null;
  #isServerDone = false;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.port = port;
    socket.on('data', (bytes) => this.#take(this.#decoder.decode(bytes, { stream: true })));
    socket.on('end', () => {
      this.#isServerDone = true;
      // Its last line may have no end.
      this.#take('\n');
      socket.end();
    });
    socket.on('error', (error) => {
      this.#lastError = error;
    });
    socket.on('close', () => {
      const isOrderly = this.#isServerDone && this.#lastError === null;
      this.#inbox.close({ code: isOrderly ? CLOSE_NORMAL : CLOSE_ABNORMAL, reason: describe(this.#lastError) });
    });
  }

  /** @throws SERVER_REFUSED, CANCELLED */
  static async open(host: string, port: number, { clock, connectMs, signal }: TcpOptions): Promise<TcpConnection> {
    const cancelled = (): NightshiftError => new NightshiftError('CANCELLED', {}, { cause: signal.reason });
    if (signal.aborted) throw cancelled();
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const connection = new TcpConnection(socket, port);
    const opened = Promise.withResolvers<void>();
    const refuse = (detail: string, cause?: Error): void =>
      opened.reject(new NightshiftError('SERVER_REFUSED', { port, url: `tcp://${host}:${port}`, detail }, { cause }));
    const stop = (): void => opened.reject(cancelled());
    const fail = (error: Error): void => refuse(describe(error), error);
    socket.once('connect', () => opened.resolve());
    socket.once('error', fail);
    signal.addEventListener('abort', stop, { once: true });
    using _deadline = clock.setTimer(connectMs, () => refuse(`no connection within ${connectMs / 1_000} s`));
    try {
      await opened.promise;
      return connection;
    } catch (error) {
      connection.terminate();
      throw error;
    } finally {
      socket.off('error', fail);
      signal.removeEventListener('abort', stop);
    }
  }

  get isOpen(): boolean {
    return !this.#inbox.isClosed;
  }

  listen(listener: WireListener): void {
    this.#inbox.listen(listener);
  }

  unlisten(): void {
    this.#inbox.unlisten();
  }

  send(data: Frame): Promise<void> {
    if (data === END_OF_STREAM) {
      this.#socket.end();
      return Promise.resolve();
    }
    const sent = Promise.withResolvers<void>();
    const isTaken = this.#socket.write(data, (error) => {
      if (error === undefined || error === null) this.#inbox.flushed();
      sent.resolve();
    });
    return isTaken ? Promise.resolve() : sent.promise;
  }

  /** There is no goodbye on a bare stream. */
  async close(): Promise<void> {
    this.terminate();
  }

  terminate(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_RECEIVED_BYTES) this.#socket.destroy(new Error('a line without end'));
    for (const line of lines) this.#inbox.take(line);
  }
}
