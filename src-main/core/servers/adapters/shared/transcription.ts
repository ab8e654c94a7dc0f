import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { Segment, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import {
  audioSecOf,
  BYTES_PER_SAMPLE,
  CLOSE_ABNORMAL,
  parseServerMessage,
  SAMPLE_RATE_HZ,
  type ServerMessage,
} from '../nightshift/protocol.ts';
import type { Closed, WsConnection } from './wsConnection.ts';

/** Longest frame, 1 s: a server of S0 closes on a whole long file in one frame, and small frames keep progress visible. */
const FRAME_BYTES = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE;
/** Frame of real-time pacing, 100 ms. */
const PACED_FRAME_BYTES = FRAME_BYTES / 10;

/**
 * A server is silent when for this long it took no audio and said nothing: 30 s, or 6 × the audio sent so far. Servers of S0 stay
 * quiet for the whole length of the audio by construction, and then decode.
 */
const SILENT_LEAST_MS = 30_000;
const SILENT_PER_AUDIO = 6;

/** How a protocol begins and ends a file. */
export interface FileRules {
  /** Told to the server before the first sample. */
  readonly begin: readonly object[];
  /** Told after the last sample. */
  readonly finish: readonly object[];
  /** What says that all results have come: a `done`, or a normal close of the connection. */
  readonly end: 'done' | 'close';
  /** Close codes that are a normal end; with `done` none is. */
  readonly normalCloses: readonly number[];
}

/**
 * Sends one file and collects its text. On any failure the connection is ended: what the server still says about this file must not
 * reach the next.
 * @throws SERVER_BUSY, SERVER_CLOSED_EARLY, SERVER_SILENT, SERVER_BAD_RESPONSE, CONNECTION_LOST, CANCELLED, or what `blocks` throws
 */
export async function transcribeOver(
  connection: WsConnection,
  clock: Clock,
  rules: FileRules,
  request: TranscribeRequest,
): Promise<Transcription> {
  const exchange = new Exchange(connection, clock, rules, request);
  return await exchange.run();
}

class Exchange {
  readonly #connection: WsConnection;
  readonly #clock: Clock;
  readonly #rules: FileRules;
  readonly #request: TranscribeRequest;
  readonly #ended = Promise.withResolvers<undefined>();
  readonly #segments: Segment[] = [];
  #language: string | null = null;
  #decodeSec: number | null = null;
  #sentBytes = 0;
  #firstSentMs: number | null = null;
  #firstTextMs: number | null = null;
  #isAllSent = false;
  /** Set while the next move is the server's. */
  #isServersTurn = false;
  #progressMs: number;
  #hasEnded = false;

  constructor(connection: WsConnection, clock: Clock, rules: FileRules, request: TranscribeRequest) {
    this.#connection = connection;
    this.#clock = clock;
    this.#rules = rules;
    this.#request = request;
    this.#progressMs = clock.monotonicMs();
  }

  async run(): Promise<Transcription> {
    const { signal } = this.#request;
    if (signal.aborted) throw cancelled(signal);
    const stop = (): void => this.#end(cancelled(signal));
    signal.addEventListener('abort', stop, { once: true });
    const watch = this.#watchSilence();
    this.#connection.listen({
      onText: (text) => this.#hear(text),
      onClosed: (closed) => this.#closed(closed),
      onFlushed: () => this.#progress(),
    });
    try {
      // `ended` settles before everything is sent only when something went wrong.
      await Promise.race([this.#sendAll(), this.#ended.promise]);
      await this.#ended.promise;
      return this.#result();
    } catch (error) {
      this.#connection.terminate();
      throw error;
    } finally {
      this.#hasEnded = true;
      watch[Symbol.dispose]();
      signal.removeEventListener('abort', stop);
      this.#connection.unlisten();
    }
  }

  async #sendAll(): Promise<void> {
    for (const message of this.#rules.begin) await this.#send(JSON.stringify(message));
    for await (const block of this.#request.blocks) {
      await this.#sendBlock(block);
      // Leaving the loop closes the source.
      if (this.#hasEnded) return;
    }
    this.#firstSentMs ??= this.#clock.monotonicMs();
    this.#isAllSent = true;
    for (const message of this.#rules.finish) await this.#send(JSON.stringify(message));
    this.#progress();
    this.#isServersTurn = true;
  }

  async #sendBlock(block: Buffer): Promise<void> {
    const isPaced = this.#request.pacing === 'realTime';
    const frameBytes = isPaced ? PACED_FRAME_BYTES : FRAME_BYTES;
    for (let offset = 0; offset < block.length && !this.#hasEnded; offset += frameBytes) {
      this.#firstSentMs ??= this.#clock.monotonicMs();
      if (isPaced) {
        const dueMs = this.#firstSentMs + audioSecOf(this.#sentBytes) * 1_000;
        const waitMs = dueMs - this.#clock.monotonicMs();
        if (waitMs > 0) await this.#clock.sleep(waitMs, this.#request.signal);
      }
      const frame = block.subarray(offset, offset + frameBytes);
      await this.#send(frame);
      this.#sentBytes += frame.length;
    }
  }

  async #send(data: string | Buffer): Promise<void> {
    if (this.#hasEnded) return;
    this.#progress();
    this.#isServersTurn = true;
    await this.#connection.send(data);
    this.#isServersTurn = false;
  }

  #hear(text: string): void {
    this.#progress();
    const message = parseServerMessage(text);
    switch (message?.type) {
      case undefined:
        return this.#end(this.#error('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` }));
      case 'partial':
        return this.#heardText(message.original);
      case 'final':
        return this.#heardSegment(message);
      case 'done':
        this.#decodeSec = message.decodeMs / 1_000;
        if (this.#rules.end !== 'done') return;
        return this.#isAllSent
          ? this.#end(null)
          : this.#end(this.#error('SERVER_BAD_RESPONSE', { detail: 'done before the end of the audio' }));
      case 'busy':
        return this.#end(this.#error('SERVER_BUSY', {}));
      case 'error':
        return this.#end(this.#error('SERVER_BAD_RESPONSE', { detail: `${message.code}: ${message.message ?? ''}` }));
      case 'hello':
      case 'unknown':
        return;
    }
  }

  #heardText(text: string): void {
    if (text.trim() !== '') this.#firstTextMs ??= this.#clock.monotonicMs();
  }

  #heardSegment(message: Extract<ServerMessage, { type: 'final' }>): void {
    const text = message.original.trim();
    this.#heardText(text);
    this.#language ??= message.language ?? null;
    if (text !== '') this.#segments.push({ startMs: message.start, endMs: message.end, text, words: message.words ?? [] });
  }

  #closed({ code, reason }: Closed): void {
    if (this.#rules.end === 'close' && this.#isAllSent && this.#rules.normalCloses.includes(code)) return this.#end(null);
    if (code === CLOSE_ABNORMAL) return this.#end(this.#error('CONNECTION_LOST', { detail: reason || 'the server is gone' }));
    this.#end(
      this.#error('SERVER_CLOSED_EARLY', { closeCode: code, detail: reason === '' ? `close code ${code}` : `${reason} (${code})` }),
    );
  }

  #end(error: NightshiftError | null): void {
    this.#hasEnded = true;
    if (error === null) this.#ended.resolve(undefined);
    else this.#ended.reject(error);
  }

  #progress(): void {
    this.#progressMs = this.#clock.monotonicMs();
  }

  #watchSilence(): Disposable {
    let timer: Disposable | null = null;
    const look = (): void => {
      const limitMs = Math.max(SILENT_LEAST_MS, audioSecOf(this.#sentBytes) * 1_000 * SILENT_PER_AUDIO);
      // While we wait for audio the server owes nothing.
      if (!this.#isServersTurn) this.#progress();
      const leftMs = this.#progressMs + limitMs - this.#clock.monotonicMs();
      if (leftMs > 0) timer = this.#clock.setTimer(leftMs, look);
      else this.#end(this.#error('SERVER_SILENT', { timeoutMs: limitMs, timeoutSec: Math.round(limitMs / 1_000) }));
    };
    look();
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
  }

  #error(
    code: 'SERVER_BUSY' | 'SERVER_CLOSED_EARLY' | 'SERVER_SILENT' | 'SERVER_BAD_RESPONSE' | 'CONNECTION_LOST',
    data: Readonly<Record<string, string | number>>,
  ): NightshiftError {
    return new NightshiftError(code, { port: this.#connection.port, mode: this.#request.mode, ...data });
  }

  #result(): Transcription {
    const firstSentMs = this.#firstSentMs ?? this.#clock.monotonicMs();
    return {
      text: this.#segments.map(({ text }) => text).join(' '),
      segments: this.#segments,
      language: this.#language,
      audioSec: audioSecOf(this.#sentBytes),
      processingSec: (this.#clock.monotonicMs() - firstSentMs) / 1_000,
      decodeSec: this.#decodeSec,
      firstTokenLatencyMs: this.#firstTextMs === null ? null : this.#firstTextMs - firstSentMs,
    };
  }
}

function cancelled(signal: AbortSignal): NightshiftError {
  return new NightshiftError('CANCELLED', {}, { cause: signal.reason });
}
