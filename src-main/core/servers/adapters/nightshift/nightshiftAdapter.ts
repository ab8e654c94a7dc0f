import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile, AsrAdapter, AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { encoderFor } from '../shared/samples.ts';
import { type HeardFile, transcribeOver } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';
import { readGreeting } from './greeting.ts';
import { type HelloMessage, parseServerMessage, PROTOCOL_VERSION, SAMPLE_RATE_HZ } from './protocol.ts';

const FINISH = JSON.stringify({ type: 'finish' });
const STOP = JSON.stringify({ type: 'stop' });

/** Talks to our own server program: one connection for many files, each begun by `start` and ended by `done`. */
export function createNightshiftAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { connectMs } = profile.timeouts;
  return {
    connect: async (url, signal) => {
      const connection = await WsConnection.open(url, { clock, connectMs, signal, goodbye: STOP });
      const hello = await readGreeting(connection);
      const problem = problemOf(hello);
      if (problem !== null) {
        connection.terminate();
        throw new NightshiftError('SERVER_BAD_RESPONSE', { port: connection.port, detail: problem });
      }
      return new NightshiftSession(connection, clock, profile, {
        protocol: 'nightshift',
        capacity: hello.capacity ?? profile.capacity ?? 1,
        model: hello.model ?? null,
        instance: hello.instance ?? null,
      });
    },
  };
}

function problemOf(hello: HelloMessage): string | null {
  if (hello.protocol !== PROTOCOL_VERSION) return `it speaks protocol ${hello.protocol ?? 'of S0'}, not ${PROTOCOL_VERSION}`;
  if (hello.sampleRate !== undefined && hello.sampleRate !== SAMPLE_RATE_HZ) return `it wants ${hello.sampleRate} Hz`;
  return null;
}

function hearMessage(text: string, file: HeardFile): void {
  const message = parseServerMessage(text);
  switch (message?.type) {
    case undefined:
      return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
    case 'partial':
      return file.transcript.heardText(message.original);
    case 'final':
      file.transcript.heardLanguage(message.language);
      return file.transcript.addSegment({
        startMs: message.start,
        endMs: message.end,
        text: message.original,
        words: message.words ?? [],
      });
    case 'done':
      file.transcript.heardDecodeSec(message.decodeMs / 1_000);
      return file.ended();
    case 'busy':
      return file.failed('SERVER_BUSY');
    case 'error':
      return file.failed('SERVER_BAD_RESPONSE', { detail: `${message.code}: ${message.message ?? ''}` });
    case 'hello':
    case 'unknown':
      return;
  }
}

class NightshiftSession implements AsrSession {
  readonly hello: ServerHello;
  readonly #connection: WsConnection;
  readonly #clock: Clock;
  readonly #profile: AdapterProfile;
  #isInUse = false;
  #files = 0;

  constructor(connection: WsConnection, clock: Clock, profile: AdapterProfile, hello: ServerHello) {
    this.#connection = connection;
    this.#clock = clock;
    this.#profile = profile;
    this.hello = hello;
  }

  get reusable(): boolean {
    return this.#connection.isOpen;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isInUse) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'one file at a time on a connection' });
    this.#isInUse = true;
    const { timeouts, tailSilenceMs, pacing, options } = this.#profile;
    try {
      const { chunkSec, windowSec } = request;
      const language = request.language ?? options.language;
      const start = { type: 'start', id: String(++this.#files), language, chunkSec, windowSec };
      return await transcribeOver(
        this.#connection,
        { clock: this.#clock, limits: timeouts },
        {
          begin: [JSON.stringify(start)],
          encode: encoderFor('f32le'),
          tailSilenceMs,
          finish: [FINISH],
          hear: hearMessage,
          closes: [],
          quietMs: null,
          isAlwaysPaced: pacing === 'realTime',
        },
        request,
      );
    } finally {
      this.#isInUse = false;
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}
