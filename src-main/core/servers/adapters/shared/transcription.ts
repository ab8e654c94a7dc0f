import { BYTES_PER_SAMPLE } from '#main/core/media/mediaDecoder.ts';
import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { audioSecOf, bytesOf } from './samples.ts';
import { SilenceWatch, type SilenceLimits } from './silenceWatch.ts';
import { Transcript } from './transcript.ts';
import { CLOSE_ABNORMAL, CLOSE_TOO_BIG, type Closed, type Frame, type Wire } from './wire.ts';

/** Longest frame: a server of S0 closes on a whole long file in one frame, and small frames keep progress visible. */
const FRAME_BYTES = bytesOf(1);
/** Frame of real-time pacing. */
const PACED_FRAME_BYTES = bytesOf(0.1);

export type ExchangeErrorCode =
  | 'SERVER_BUSY'
  | 'SERVER_CLOSED_EARLY'
  | 'SERVER_SILENT'
  | 'SERVER_BAD_RESPONSE'
  | 'SERVER_REJECTED'
  | 'AUDIO_OVER_SERVER_LIMIT'
  | 'CONNECTION_LOST';

/** How a protocol carries one file. */
export interface FileRules {
  /** Told to the server before the first sample. */
  readonly begin: readonly Frame[];
  /** float32 samples as the server wants them. */
  readonly encode: (samples: Buffer) => Buffer;
  /** Silence added after the audio, milliseconds; not counted as audio. */
  readonly tailSilenceMs: number;
  /** Told after the last sample. */
  readonly finish: readonly Frame[];
  /** What the server said: one text message, or one line of a bare stream. */
  hear(text: string, file: HeardFile): void;
  /** Results have ended: what was still open becomes text. */
  flush?(transcript: Transcript): void;
  /** Close codes that are an orderly end of results once all was sent. */
  readonly closes: readonly number[];
  /** With all sent, results have ended when nothing was said for so long; null where a marker or a close says it. */
  readonly quietMs: number | null;
  /** Never faster than the audio lasts, whatever the request wants. */
  readonly isAlwaysPaced: boolean;
}

/** The file under way, as the rules of a protocol see it. */
export interface HeardFile {
  readonly transcript: Transcript;
  readonly isAllSent: boolean;
  /** Audio frames sent so far; silence that was added counts. */
  readonly framesSent: number;
  /** The server begins anew after so much of the file. */
  settled(samples: number): void;
  /** All results have come. */
  ended(): void;
  failed(code: ExchangeErrorCode, data?: Readonly<Record<string, string | number>>): void;
}

/**
 * Sends one file and collects its text, reading while it writes. On any failure the connection is ended: what the server still says
 * about this file must not reach the next.
 * @throws SERVER_BUSY, SERVER_CLOSED_EARLY, SERVER_SILENT, SERVER_BAD_RESPONSE, AUDIO_OVER_SERVER_LIMIT, CONNECTION_LOST, CANCELLED, or
 * what `blocks` throws
 */
export async function transcribeOver(
  wire: Wire,
  options: { readonly clock: Clock; readonly limits: SilenceLimits },
  rules: FileRules,
  request: TranscribeRequest,
): Promise<Transcription> {
  return await new Exchange(wire, options, rules, request).run();
}

class Exchange implements HeardFile {
  readonly transcript: Transcript;
  isAllSent = false;
  framesSent = 0;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #rules: FileRules;
  readonly #request: TranscribeRequest;
  readonly #watch: SilenceWatch;
  readonly #ended = Promise.withResolvers<undefined>();
  /** Of the file and of the silence behind it; the pace counts both. */
  #sentBytes = 0;
  #settledSamples = 0;
  #hasEnded = false;
  #endedByQuiet = false;
  #quiet: Disposable | null = null;

  constructor(wire: Wire, { clock, limits }: { clock: Clock; limits: SilenceLimits }, rules: FileRules, request: TranscribeRequest) {
    this.#wire = wire;
    this.#clock = clock;
    this.#rules = rules;
    this.#request = request;
    this.transcript = new Transcript(clock);
    this.#watch = new SilenceWatch(
      clock,
      limits,
      () => audioSecOf(this.#sentBytes),
      (limitMs) => {
        this.failed('SERVER_SILENT', { timeoutMs: limitMs, timeoutSec: Math.round(limitMs / 1_000) });
      },
      request.onMoved,
    );
  }

  async run(): Promise<Transcription> {
    const { signal } = this.#request;
    using watch = this.#watch;
    const stop = (): void => this.#end(cancelled(signal));
    signal.addEventListener('abort', stop, { once: true });
    this.#wire.listen({
      onText: (text) => this.#hear(text),
      onClosed: (closed) => this.#closed(closed),
      onFlushed: () => watch.progress(),
    });
    try {
      if (signal.aborted) throw cancelled(signal);
      // `ended` settles before everything is sent only when something went wrong.
      await Promise.race([this.#sendAll(), this.#ended.promise]);
      await this.#ended.promise;
      this.#rules.flush?.(this.transcript);
      return this.transcript.result(this.#endedByQuiet);
    } catch (error) {
      this.#wire.terminate();
      throw error;
    } finally {
      this.#hasEnded = true;
      this.#quiet?.[Symbol.dispose]();
      signal.removeEventListener('abort', stop);
      this.#wire.unlisten();
    }
  }

  settled(samples: number): void {
    // A place outside the file, or inside silence that was added to it, is none to go on from.
    if (samples > this.#settledSamples && samples * BYTES_PER_SAMPLE <= this.transcript.sentBytes) {
      this.#settledSamples = samples;
      this.#request.onSettled?.(this.transcript.settle(samples));
    }
  }

  ended(): void {
    if (this.isAllSent) this.#end(null);
    else this.failed('SERVER_BAD_RESPONSE', { detail: 'the end of the results before the end of the audio' });
  }

  failed(code: ExchangeErrorCode, data: Readonly<Record<string, string | number>> = {}): void {
    this.#end(new NightshiftError(code, { port: this.#wire.port, mode: this.#request.mode, ...data }));
  }

  async #sendAll(): Promise<void> {
    for (const frame of this.#rules.begin) await this.#send(frame);
    for await (const block of this.#request.blocks) {
      await this.#sendSamples(block, (bytes) => this.transcript.sent(bytes));
      // Leaving the loop closes the source.
      if (this.#hasEnded) return;
    }
    this.transcript.start();
    const { tailSilenceMs, finish, quietMs } = this.#rules;
    if (tailSilenceMs > 0) await this.#sendSamples(Buffer.alloc(bytesOf(tailSilenceMs / 1_000)), () => undefined);
    this.isAllSent = true;
    for (const frame of finish) await this.#send(frame);
    this.#watch.progress();
    this.#watch.isServersTurn = true;
    if (quietMs !== null) this.#awaitQuiet(quietMs);
  }

  async #sendSamples(samples: Buffer, onSent: (bytes: number) => void): Promise<void> {
    const isPaced = this.#rules.isAlwaysPaced || this.#request.pacing === 'realTime';
    const frameBytes = isPaced ? PACED_FRAME_BYTES : FRAME_BYTES;
    for (let offset = 0; offset < samples.length && !this.#hasEnded; offset += frameBytes) {
      this.transcript.start();
      if (isPaced) {
        const dueMs = (this.transcript.firstSentMs ?? 0) + audioSecOf(this.#sentBytes) * 1_000;
        const waitMs = dueMs - this.#clock.monotonicMs();
        if (waitMs > 0) await this.#clock.sleep(waitMs, this.#request.signal);
      }
      const frame = samples.subarray(offset, offset + frameBytes);
      this.framesSent += 1;
      await this.#send(this.#rules.encode(frame));
      this.#sentBytes += frame.length;
      onSent(frame.length);
    }
  }

  async #send(frame: Frame): Promise<void> {
    if (this.#hasEnded) return;
    this.#watch.progress();
    this.#watch.isServersTurn = true;
    await this.#wire.send(frame);
    this.#watch.isServersTurn = false;
  }

  #hear(text: string): void {
    if (this.#hasEnded) return;
    const before = this.transcript.news;
    this.#rules.hear(text, this);
    // One that only repeats itself may hang as well as one that says nothing.
    if (this.transcript.news !== before) this.#watch.progress();
    if (this.isAllSent && this.#quiet !== null && this.#rules.quietMs !== null) this.#awaitQuiet(this.#rules.quietMs);
  }

  #awaitQuiet(quietMs: number): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = this.#clock.setTimer(quietMs, () => {
      this.#endedByQuiet = true;
      this.#end(null);
    });
  }

  #closed({ code, reason }: Closed): void {
    if (this.isAllSent && this.#rules.closes.includes(code)) return this.#end(null);
    if (code === CLOSE_TOO_BIG) return this.failed('AUDIO_OVER_SERVER_LIMIT', { detail: reason || `close code ${code}` });
    if (code === CLOSE_ABNORMAL) return this.failed('CONNECTION_LOST', { detail: reason || 'the server is gone' });
    this.failed('SERVER_CLOSED_EARLY', { closeCode: code, detail: reason === '' ? `close code ${code}` : `${reason} (${code})` });
  }

  #end(error: NightshiftError | null): void {
    this.#hasEnded = true;
    if (error === null) this.#ended.resolve(undefined);
    else this.#ended.reject(error);
  }
}

function cancelled(signal: AbortSignal): NightshiftError {
  return new NightshiftError('CANCELLED', {}, { cause: signal.reason });
}
