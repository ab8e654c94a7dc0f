import { BYTES_PER_SAMPLE } from '#main/core/media/mediaDecoder.ts';
import type { Clock, HttpAnswer, HttpClient } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile, AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { portOf } from './address.ts';
import { refusalOf } from './httpRefusal.ts';
import { multipartForm, wavFile } from './multipart.ts';
import { LONGEST_REQUEST_SEC, type Piece, pieceRules, piecesOf, shifted } from './pieces.ts';
import { audioSecOf, bytesOf, toInt16 } from './samples.ts';
import { SilenceWatch } from './silenceWatch.ts';
import { type HeardSegment, Transcript } from './transcript.ts';

/** A server that is full in the middle of a file is asked again so often before the file goes back to the queue. */
const BUSY_TRIES = 10;
const BUSY_PAUSE_MS = 1_000;
const LONGEST_BUSY_PAUSE_MS = 60_000;
/** How often it is said during our own pauses that the server owes nothing. */
const PAUSE_STEP_MS = 5_000;

/** What a server said about one piece; times from the start of the piece. */
export interface PieceAnswer {
  readonly segments: readonly HeardSegment[];
  readonly language: string | null;
}

/** How a protocol asks for the text of one piece. */
export interface HttpRules {
  readonly fileField: string;
  /** Fields of the profile with the same name take their place. */
  fields(request: TranscribeRequest): readonly (readonly [name: string, value: string])[];
  /** null: not understood. */
  read(body: string): PieceAnswer | null;
  /** Whether the same piece is worth asking for in another way, which `fields` then uses. */
  fallBack?(answer: HttpAnswer): boolean;
}

export interface HttpSessionOptions {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly url: string;
  readonly profile: AdapterProfile;
  readonly hello: ServerHello;
  readonly rules: HttpRules;
}

/** Files as requests, long ones in pieces one after the other. It keeps no connection, so it can be used again after any failure. */
export class HttpSession implements AsrSession {
  readonly hello: ServerHello;
  readonly #options: HttpSessionOptions;
  readonly #closed = new AbortController();

  constructor(options: HttpSessionOptions) {
    this.#options = options;
    this.hello = options.hello;
  }

  get reusable(): boolean {
    return !this.#closed.signal.aborted;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    const { clock, profile, url } = this.#options;
    const transcript = new Transcript(clock);
    const ended = new AbortController();
    const silent = (limitMs: number): void => {
      const data = { port: portOf(url), mode: request.mode, timeoutMs: limitMs, timeoutSec: Math.round(limitMs / 1_000) };
      ended.abort(new NightshiftError('SERVER_SILENT', data));
    };
    using watch = new SilenceWatch(clock, profile.timeouts, () => transcript.audioSec, silent, request.onMoved);
    const signal = AbortSignal.any([request.signal, ended.signal, this.#closed.signal]);
    try {
      for await (const piece of piecesOf(request.blocks, pieceRules(request, profile.options.requestSec ?? LONGEST_REQUEST_SEC), signal)) {
        transcript.start();
        await this.#awaitPace(transcript, piece, request, watch, signal);
        transcript.sent(piece.samples.length);
        const { segments, language } = await this.#ask(piece, request, watch, signal);
        transcript.heardLanguage(language);
        const startMs = piece.offsetBytes / bytesOf(0.001);
        for (const segment of segments) transcript.addSegment(shifted(segment, startMs));
        // Each request stands for itself, and where it is cut depends only on what comes after the last cut.
        request.onSettled?.(transcript.settle((piece.offsetBytes + piece.samples.length) / BYTES_PER_SAMPLE));
      }
    } catch (error) {
      if (ended.signal.aborted) throw ended.signal.reason;
      if (request.signal.aborted) throw new NightshiftError('CANCELLED', {}, { cause: request.signal.reason });
      throw error;
    }
    transcript.start();
    return transcript.result();
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** Audio that is to come in real time is there only when it has been spoken. */
  async #awaitPace(
    transcript: Transcript,
    piece: Piece,
    request: TranscribeRequest,
    watch: SilenceWatch,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, profile } = this.#options;
    if (request.pacing !== 'realTime' && profile.pacing !== 'realTime') return;
    const dueMs = (transcript.firstSentMs ?? 0) + audioSecOf(piece.offsetBytes + piece.samples.length) * 1_000;
    await this.#pause(dueMs - clock.monotonicMs(), watch, signal);
  }

  /** Waits of our own accord: that the server does nothing meanwhile is not its fault. */
  async #pause(pauseMs: number, watch: SilenceWatch, signal: AbortSignal): Promise<void> {
    for (let leftMs = pauseMs; leftMs > 0; leftMs -= PAUSE_STEP_MS) {
      await this.#options.clock.sleep(Math.min(leftMs, PAUSE_STEP_MS), signal);
      watch.progress();
    }
  }

  async #ask(piece: Piece, request: TranscribeRequest, watch: SilenceWatch, signal: AbortSignal): Promise<PieceAnswer> {
    const { rules, url, clock, profile } = this.#options;
    const port = portOf(url);
    const silence = Buffer.alloc(bytesOf(profile.tailSilenceMs / 1_000));
    const content = wavFile(toInt16(silence.length === 0 ? piece.samples : Buffer.concat([piece.samples, silence])));
    for (let busy = 0; ;) {
      watch.isServersTurn = true;
      const answer = await this.#post(content, request, watch, signal);
      watch.isServersTurn = false;
      if (answer.status === 200) {
        const read = rules.read(answer.body);
        if (read !== null) return read;
        const detail = answer.body.trim() === '' ? 'HTTP 200 with an empty answer' : `not understood: ${answer.body.slice(0, 100)}`;
        throw new NightshiftError('SERVER_BAD_RESPONSE', { port, detail });
      }
      if (rules.fallBack?.(answer) === true) continue;
      const refusal = refusalOf(answer.status, {
        port,
        url,
        detail: `HTTP ${answer.status}: ${answer.body.trim().slice(0, 300)}`,
        retryAfterMs: retryAfterMs(answer, clock.nowMs()),
      });
      // What was already decoded of this file must not be lost for a moment without room.
      if (refusal.code !== 'SERVER_BUSY' || piece.offsetBytes === 0 || ++busy > BUSY_TRIES) throw refusal;
      await this.#pause(Math.min(LONGEST_BUSY_PAUSE_MS, Number(refusal.data['retryAfterMs'] ?? BUSY_PAUSE_MS)), watch, signal);
    }
  }

  async #post(content: Buffer, request: TranscribeRequest, watch: SilenceWatch, signal: AbortSignal): Promise<HttpAnswer> {
    const { http, url, profile, rules } = this.#options;
    const own = Object.entries(profile.options.fields);
    const usual = rules.fields(request).filter(([name]) => !Object.hasOwn(profile.options.fields, name));
    const form = multipartForm([...usual, ...own], {
      name: rules.fileField,
      fileName: 'audio.wav',
      contentType: 'audio/wav',
      content,
    });
    watch.progress();
    return await http.send({
      method: 'POST',
      url,
      headers: { 'content-type': form.contentType, accept: 'application/json', ...authorization(profile.options.apiKey) },
      body: form.body,
      signal,
      onProgress: () => watch.progress(),
    });
  }
}

export function authorization(apiKey: string | null): Record<string, string> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}

/** RFC 9110, section 10.2.3: seconds or a date. */
function retryAfterMs({ headers }: HttpAnswer, nowMs: number): number | null {
  const said = headers['retry-after'];
  if (typeof said !== 'string') return null;
  const seconds = Number(said);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(said) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
