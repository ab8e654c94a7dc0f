import type { RawData, WebSocket } from 'ws';
import {
  BYTES_PER_SAMPLE,
  CLOSE_GOING_AWAY,
  CLOSE_NORMAL,
  ClientMessageSchema,
  MAX_AUDIO_SEC,
  parseMessage,
  SAMPLE_RATE_HZ,
  type ServerMessage,
  type WireErrorCode,
} from '#main/core/servers/adapters/nightshift/protocol.ts';
import type { FileOptions, Spoken } from './engine.ts';
import type { DecodeThread, DecodingFile, FileEvent } from './threadHandle.ts';

/**
 * Audio that may wait for the decoder, beyond the piece it needs at once, before the socket is read no further; seconds. Reading goes
 * on when half of it is left.
 */
const MOST_WAITING_SEC = 60;
const MOST_FILE_SAMPLES = MAX_AUDIO_SEC * SAMPLE_RATE_HZ;

interface OpenFile {
  readonly id: string | null;
  readonly decoding: DecodingFile;
  /** Longest piece the decoder may wait for, samples. */
  readonly pieceSamples: number;
  samples: number;
  waitingSamples: number;
}

/** One client, one file after the other; the next may be sent before the last is done. */
export class ClientConnection {
  readonly #socket: WebSocket;
  readonly #thread: DecodeThread;
  readonly #defaults: FileOptions;
  readonly #openFiles = new Set<OpenFile>();
  #receiving: OpenFile | null = null;
  /** After an error the rest of a file's frames are let pass until the file ends. */
  #isSkipping = false;
  #isStopping = false;

  constructor(socket: WebSocket, thread: DecodeThread, defaults: FileOptions, hello: Extract<ServerMessage, { type: 'hello' }>) {
    this.#socket = socket;
    this.#thread = thread;
    this.#defaults = defaults;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // ws has answered a broken or too big frame with its close code already.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#dropAll());
    this.#send(hello);
  }

  /** The server is ending. */
  close(): void {
    this.#dropAll();
    this.#socket.close(CLOSE_GOING_AWAY, 'server is stopping');
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isStopping) return;
    if (isBinary) this.#receiveAudio(asBuffer(data));
    else this.#receiveText(asBuffer(data).toString('utf8'));
  }

  #receiveText(text: string): void {
    const message = parseMessage(ClientMessageSchema, text);
    switch (message?.type) {
      case undefined:
        this.#fail('BAD_MESSAGE', 'not a message of this protocol');
        return;
      case 'start':
        if (this.#receiving !== null) {
          this.#fail('BAD_MESSAGE', 'start before the finish of the last file');
          return;
        }
        this.#isSkipping = false;
        this.#begin(message.id, {
          language: message.language,
          chunkSec: message.chunkSec ?? this.#defaults.chunkSec,
          windowSec: message.windowSec ?? this.#defaults.windowSec,
        });
        return;
      case 'finish':
        this.#finish();
        return;
      case 'stop':
        this.#stop();
        return;
    }
  }

  #receiveAudio(frame: Buffer): void {
    if (this.#isSkipping) return;
    if (frame.length % BYTES_PER_SAMPLE !== 0) {
      this.#fail('BAD_FRAME', `${frame.length} bytes are no whole number of float32 samples`);
      return;
    }
    const file = this.#receiving ?? this.#begin(null, this.#defaults);
    const samples = copySamples(frame);
    file.samples += samples.length;
    if (file.samples > MOST_FILE_SAMPLES) {
      this.#fail('AUDIO_TOO_LONG', `more than ${MAX_AUDIO_SEC} s of audio`);
      return;
    }
    file.waitingSamples += samples.length;
    file.decoding.push(samples);
    if (this.#waitingSec() > MOST_WAITING_SEC) this.#socket.pause();
  }

  #begin(id: string | null, options: FileOptions): OpenFile {
    const decoding = this.#thread.open(options, (event) => this.#tell(file, event));
    const pieceSamples = Math.max(options.chunkSec, options.windowSec) * SAMPLE_RATE_HZ;
    const file: OpenFile = { id, decoding, pieceSamples, samples: 0, waitingSamples: 0 };
    this.#openFiles.add(file);
    this.#receiving = file;
    return file;
  }

  #waitingSec(): number {
    let samples = 0;
    for (const file of this.#openFiles) samples += Math.max(0, file.waitingSamples - file.pieceSamples);
    return samples / SAMPLE_RATE_HZ;
  }

  #readOn(): void {
    if (this.#socket.isPaused && this.#waitingSec() < MOST_WAITING_SEC / 2) this.#socket.resume();
  }

  #finish(): void {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      return;
    }
    const file = this.#receiving ?? this.#begin(null, this.#defaults);
    this.#receiving = null;
    file.decoding.finish();
  }

  /** What is finished is still answered; what is not is dropped. */
  #stop(): void {
    this.#isStopping = true;
    this.#dropReceiving();
    this.#closeWhenDone();
  }

  #tell(file: OpenFile, event: FileEvent): void {
    const { id } = file;
    switch (event.type) {
      case 'taken':
        file.waitingSamples -= event.samples;
        this.#readOn();
        return;
      case 'spoken':
        this.#send(toMessage(id, event.spoken, event.decodeMs));
        return;
      case 'done':
        this.#openFiles.delete(file);
        this.#readOn();
        this.#send({ type: 'done', id, audioMs: event.audioMs, decodeMs: event.decodeMs });
        this.#closeWhenDone();
        return;
      case 'failed':
        this.#openFiles.delete(file);
        this.#readOn();
        if (this.#receiving === file) {
          this.#receiving = null;
          this.#isSkipping = true;
        }
        this.#send({ type: 'error', id, code: event.code, message: event.message });
        this.#closeWhenDone();
        return;
    }
  }

  /** The file that is being received is lost; the connection goes on with the next. */
  #fail(code: WireErrorCode, message: string): void {
    const id = this.#receiving?.id ?? null;
    // A bad text between two files costs no file.
    this.#isSkipping ||= this.#receiving !== null || code !== 'BAD_MESSAGE';
    this.#dropReceiving();
    this.#send({ type: 'error', id, code, message });
  }

  #dropReceiving(): void {
    const file = this.#receiving;
    this.#receiving = null;
    if (file === null) return;
    this.#openFiles.delete(file);
    file.decoding.drop();
    this.#readOn();
  }

  #dropAll(): void {
    this.#receiving = null;
    for (const file of this.#openFiles) file.decoding.drop();
    this.#openFiles.clear();
  }

  #closeWhenDone(): void {
    if (this.#isStopping && this.#openFiles.size === 0) this.#socket.close(CLOSE_NORMAL);
  }

  #send(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function toMessage(id: string | null, spoken: Spoken, decodeMs: number): ServerMessage {
  const common = { id, start: spoken.startMs, end: spoken.endMs, original: spoken.text, language: spoken.language };
  if (!spoken.isFinal) return { type: 'partial', ...common };
  const { cutSample } = spoken;
  return { type: 'final', ...common, words: [...spoken.words], ...(cutSample === null ? {} : { cut: { sample: cutSample, decodeMs } }) };
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/** A copy, because the frame lies anywhere in a shared buffer: float32 needs alignment and a transfer needs a buffer of its own. */
function copySamples(frame: Buffer): Float32Array {
  const bytes = new Uint8Array(frame.length);
  bytes.set(frame);
  return new Float32Array(bytes.buffer);
}
