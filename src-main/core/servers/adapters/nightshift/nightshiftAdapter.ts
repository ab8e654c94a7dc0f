import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { type HelloMessage, PROTOCOL_VERSION, SAMPLE_RATE_HZ } from './protocol.ts';
import { transcribeOver } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** Talks to our own server program: one connection for many files, each begun by `start` and ended by `done`. */
export function createNightshiftAdapter(options: { readonly clock: Clock }): AsrAdapter {
  const { clock } = options;
  return {
    connect: async (url, signal) => {
      const { connection, hello } = await WsConnection.open(url, clock, signal);
      const problem = problemOf(hello);
      if (problem !== null) {
        connection.terminate();
        throw new NightshiftError('SERVER_BAD_RESPONSE', { port: connection.port, detail: problem });
      }
      return new NightshiftSession(connection, clock, {
        protocol: 'nightshift',
        capacity: hello.capacity ?? 1,
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

class NightshiftSession implements AsrSession {
  readonly hello: ServerHello;
  readonly #connection: WsConnection;
  readonly #clock: Clock;
  #isInUse = false;
  #files = 0;

  constructor(connection: WsConnection, clock: Clock, hello: ServerHello) {
    this.#connection = connection;
    this.#clock = clock;
    this.hello = hello;
  }

  get reusable(): boolean {
    return this.#connection.isOpen;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isInUse) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'one file at a time on a connection' });
    this.#isInUse = true;
    try {
      const { language, chunkSec, windowSec } = request;
      const start = { type: 'start', id: String(++this.#files), language, chunkSec, windowSec };
      return await transcribeOver(
        this.#connection,
        this.#clock,
        { begin: [start], finish: [{ type: 'finish' }], end: 'done', normalCloses: [] },
        request,
      );
    } finally {
      this.#isInUse = false;
    }
  }

  async close(): Promise<void> {
    await this.#connection.close(JSON.stringify({ type: 'stop' }));
  }
}
