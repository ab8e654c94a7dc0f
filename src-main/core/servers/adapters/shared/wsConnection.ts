import { WebSocket } from 'ws';
import type { Clock } from '#main/core/ports.ts';
import { isLoopback } from '#shared/domain/profileDefaults.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { portOf } from './address.ts';
import { refusalOf } from './httpRefusal.ts';
import { Inbox } from './inbox.ts';
import {
  CLOSE_ABNORMAL,
  CLOSE_NORMAL,
  type Closed,
  describe,
  END_OF_STREAM,
  type Frame,
  HIGH_WATER_BYTES,
  MAX_RECEIVED_BYTES,
  type Wire,
  type WireListener,
} from './wire.ts';

/** Longest wait for the other side to answer our close. */
const CLOSE_DEADLINE_MS = 2_000;

export interface WsOptions {
  readonly clock: Clock;
  /** Longest wait for a connection and for its first message, milliseconds. */
  readonly connectMs: number;
  readonly signal: AbortSignal;
  /** Said before we leave; left out: we close the connection from our side. */
  readonly goodbye?: string | Buffer;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client's WebSocket: reads while it writes, holds the sender back when the server is slow, and never times out by pings. */
export class WsConnection implements Wire {
  readonly port: number;
  /** As errors say it: its parameters may hold keys. */
  readonly #shownUrl: string;
  readonly #socket: WebSocket;
  readonly #options: WsOptions;
  readonly #ended = Promise.withResolvers<Closed>();
  readonly #inbox = new Inbox(() => this.terminate());
  #lastError: Error | null = null;

  private constructor(socket: WebSocket, url: string, options: WsOptions) {
    this.#socket = socket;
    this.#shownUrl = url.replace(/[?#].*$/, '');
    this.port = portOf(url);
    this.#options = options;
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      // ws hands over a Buffer with its default `binaryType`.
      this.#inbox.take((data as Buffer).toString('utf8'));
    });
    socket.on('error', (error) => {
      this.#lastError = error;
    });
    socket.on('close', (code, reason) => {
      const closed = { code, reason: reason.toString('utf8') || (code === CLOSE_ABNORMAL ? describe(this.#lastError) : '') };
      this.#ended.resolve(closed);
      this.#inbox.close(closed);
    });
  }

  /** @throws SERVER_REFUSED when nothing answers or the server is still loading, SERVER_BUSY, SERVER_REJECTED, SERVER_BAD_RESPONSE, CANCELLED */
  static async open(url: string, options: WsOptions): Promise<WsConnection> {
    if (options.signal.aborted) throw cancelled(options.signal);
    const socket = new WebSocket(url, [...(options.protocols ?? [])], {
      perMessageDeflate: false,
      maxPayload: MAX_RECEIVED_BYTES,
      headers: { ...options.headers },
      // Servers of this machine come with certificates that nobody has signed.
      rejectUnauthorized: !isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, '')),
      // Masking protects proxies from pages; on loopback it only costs a pass over all audio. A mask of zeros is left out.
      generateMask: (mask) => mask.fill(0),
    });
    const connection = new WsConnection(socket, url, options);
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('unexpected-response', (_request, response) => {
        response.destroy();
        const status = response.statusCode ?? 0;
        const facts = { port: connection.port, url: connection.#shownUrl, detail: `HTTP ${status} instead of a WebSocket` };
        // 503: ours, and its model is still loading.
        reject(status === 503 ? new NightshiftError('SERVER_REFUSED', { ...facts, httpStatus: status }) : refusalOf(status, facts));
      });
      connection.listen({
        onText: (text) => connection.#inbox.keep(text),
        onClosed: ({ reason }) => {
          const cause = connection.#lastError;
          reject(new NightshiftError('SERVER_REFUSED', { port: connection.port, url: connection.#shownUrl, detail: reason }, { cause }));
        },
        onFlushed: () => undefined,
      });
    });
    await connection.#within(opened, 'connection', options.signal);
    connection.unlisten();
    return connection;
  }

  /**
   * The next message, for greetings.
   * @param signal of whoever waits for it; left out: of the opening
   * @throws SERVER_REFUSED when none comes in time, SERVER_BAD_RESPONSE when the connection ends first, CANCELLED
   */
  async nextText(signal: AbortSignal = this.#options.signal): Promise<string> {
    const next = Promise.withResolvers<string>();
    this.listen({
      onText: (text) => {
        // Later ones of the same packet wait for the next listener.
        this.unlisten();
        next.resolve(text);
      },
      onClosed: ({ code }) => {
        const data = { port: this.port, closeCode: code, detail: `closed (${code}) before the greeting` };
        next.reject(new NightshiftError('SERVER_BAD_RESPONSE', data));
      },
      onFlushed: () => undefined,
    });
    const text = await this.#within(next.promise, 'greeting', signal);
    this.unlisten();
    return text;
  }

  get isOpen(): boolean {
    return !this.#inbox.isClosed && this.#socket.readyState === WebSocket.OPEN;
  }

  listen(listener: WireListener): void {
    this.#inbox.listen(listener);
  }

  unlisten(): void {
    this.#inbox.unlisten();
  }

  send(data: Frame): Promise<void> {
    if (data === END_OF_STREAM) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'a WebSocket has no half-close' });
    const sent = Promise.withResolvers<void>();
    this.#socket.send(data, { binary: typeof data !== 'string' }, (error) => {
      if (error === undefined || error === null) this.#inbox.flushed();
      sent.resolve();
    });
    return this.#socket.bufferedAmount < HIGH_WATER_BYTES ? Promise.resolve() : sent.promise;
  }

  /** Waits for the answer to our goodbye, for 2 s at most. */
  async close(): Promise<void> {
    if (this.isOpen) {
      const { goodbye } = this.#options;
      if (goodbye === undefined) this.#socket.close(CLOSE_NORMAL);
      else void this.send(goodbye);
      using _deadline = this.#options.clock.setTimer(CLOSE_DEADLINE_MS, () => this.terminate());
      await this.#ended.promise;
    } else {
      this.terminate();
    }
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** A connection that does not get there in time is ended. */
  async #within<T>(step: Promise<T>, name: string, signal: AbortSignal): Promise<T> {
    const { clock, connectMs } = this.#options;
    const failed = Promise.withResolvers<never>();
    const stop = (): void => failed.reject(cancelled(signal));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    using _deadline = clock.setTimer(connectMs, () => {
      const data = { port: this.port, url: this.#shownUrl, detail: `no ${name} within ${connectMs / 1_000} s` };
      failed.reject(new NightshiftError('SERVER_REFUSED', data));
    });
    try {
      return await Promise.race([failed.promise, step]);
    } catch (error) {
      this.terminate();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

function cancelled(signal: AbortSignal): NightshiftError {
  return new NightshiftError('CANCELLED', {}, { cause: signal.reason });
}
