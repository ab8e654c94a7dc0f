import { WebSocket } from 'ws';
import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { CLOSE_ABNORMAL, type HelloMessage, parseServerMessage } from '../nightshift/protocol.ts';

/** Longest wait for a connection, and again for the greeting: a server of S0 answers nothing while it decodes. */
const GREETING_DEADLINE_MS = 30_000;
/** Longest wait for the other side to answer our close. */
const CLOSE_DEADLINE_MS = 2_000;
/** Bytes that may wait in the socket before the sender waits too, about 16 s of audio. */
const HIGH_WATER_BYTES = 1024 * 1024;
const MAX_RECEIVED_BYTES = 16 * 1024 * 1024;

export interface ConnectionListener {
  onText(text: string): void;
  onClosed(closed: Closed): void;
  /** The socket took bytes of ours. */
  onFlushed(): void;
}

export interface Closed {
  /** Of RFC 6455; 1006 when the connection ended without a word. */
  readonly code: number;
  readonly reason: string;
}

/** A client's WebSocket: reads while it writes, holds the sender back when the server is slow, and never times out by pings. */
export class WsConnection {
  readonly port: number;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #ended = Promise.withResolvers<Closed>();
  /** Texts that arrived before anybody listened. */
  #early: string[] = [];
  #listener: ConnectionListener | null = null;
  #closed: Closed | null = null;
  #lastError: Error | null = null;

  private constructor(socket: WebSocket, port: number, clock: Clock) {
    this.#socket = socket;
    this.port = port;
    this.#clock = clock;
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      // ws hands over a Buffer with its default `binaryType`.
      const text = (data as Buffer).toString('utf8');
      if (this.#listener === null) this.#early.push(text);
      else this.#listener.onText(text);
    });
    socket.on('error', (error) => {
      this.#lastError = error;
    });
    socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString('utf8') || (code === CLOSE_ABNORMAL ? describe(this.#lastError) : '') };
      this.#ended.resolve(this.#closed);
      this.#listener?.onClosed(this.#closed);
    });
  }

  /**
   * Connects and waits for the greeting.
   * @throws SERVER_REFUSED when nothing answers or the server is still loading, SERVER_BUSY, SERVER_BAD_RESPONSE, CANCELLED
   */
  static async open(url: string, clock: Clock, signal: AbortSignal): Promise<{ connection: WsConnection; hello: HelloMessage }> {
    if (signal.aborted) throw new NightshiftError('CANCELLED', {}, { cause: signal.reason });
    const port = Number(new URL(url).port || '80');
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_RECEIVED_BYTES,
      // Masking protects proxies from pages; on loopback it only costs a pass over all audio. A mask of zeros is left out.
      generateMask: (mask) => mask.fill(0),
    });
    const connection = new WsConnection(socket, port, clock);
    const failed = Promise.withResolvers<never>();
    const stop = (): void => failed.reject(new NightshiftError('CANCELLED', {}, { cause: signal.reason }));
    signal.addEventListener('abort', stop, { once: true });
    using _deadline = clock.setTimer(GREETING_DEADLINE_MS, () => {
      failed.reject(new NightshiftError('SERVER_REFUSED', { port, url, detail: `no greeting within ${GREETING_DEADLINE_MS / 1_000} s` }));
    });
    try {
      const hello = await Promise.race([failed.promise, connection.#greeting(url)]);
      return { connection, hello };
    } catch (error) {
      connection.terminate();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #greeting(url: string): Promise<HelloMessage> {
    const { port } = this;
    return new Promise((resolve, reject) => {
      let isOpen = false;
      this.#socket.once('open', () => {
        isOpen = true;
      });
      this.#socket.once('unexpected-response', (_request, response) => {
        const status = response.statusCode ?? 0;
        response.destroy();
        // 503: ours, and its model is still loading.
        const code = status === 503 ? 'SERVER_REFUSED' : 'SERVER_BAD_RESPONSE';
        reject(new NightshiftError(code, { port, url, httpStatus: status, detail: `HTTP ${status} instead of a WebSocket` }));
      });
      this.listen({
        onText: (text) => {
          this.#listener = null;
          const message = parseServerMessage(text);
          if (message?.type === 'hello') resolve(message);
          else if (message?.type === 'busy') reject(new NightshiftError('SERVER_BUSY', { port }));
          else reject(new NightshiftError('SERVER_BAD_RESPONSE', { port, detail: 'its first message is no greeting' }));
        },
        onClosed: ({ code, reason }) => {
          reject(
            isOpen
              ? new NightshiftError('SERVER_BAD_RESPONSE', { port, closeCode: code, detail: `closed (${code}) before the greeting` })
              : new NightshiftError('SERVER_REFUSED', { port, url, detail: reason }, { cause: this.#lastError }),
          );
        },
        onFlushed: () => undefined,
      });
    });
  }

  get isOpen(): boolean {
    return this.#closed === null && this.#socket.readyState === WebSocket.OPEN;
  }

  /** One listener at a time; what arrived while there was none is told at once. */
  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const text of early) listener.onText(text);
    if (this.#closed !== null) listener.onClosed(this.#closed);
  }

  unlisten(): void {
    this.#listener = null;
  }

  /** Resolves at once while little is waiting, else when these bytes have left. A lost connection is told to the listener, not here. */
  send(data: string | Buffer): Promise<void> {
    const sent = Promise.withResolvers<void>();
    this.#socket.send(data, { binary: typeof data !== 'string' }, (error) => {
      if (error === undefined || error === null) this.#listener?.onFlushed();
      sent.resolve();
    });
    return this.#socket.bufferedAmount < HIGH_WATER_BYTES ? Promise.resolve() : sent.promise;
  }

  /** Says goodbye and waits for the answer, for 2 s at most. */
  async close(goodbye: string): Promise<void> {
    if (this.isOpen) {
      void this.send(goodbye);
      using _deadline = this.#clock.setTimer(CLOSE_DEADLINE_MS, () => this.terminate());
      await this.#ended.promise;
    } else {
      this.terminate();
    }
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** Node's error for a name with several addresses has no message of its own. */
function describe(error: Error | null): string {
  if (error === null) return '';
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
