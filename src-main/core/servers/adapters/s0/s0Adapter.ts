import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, AsrSession, ServerHello, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { CLOSE_NORMAL } from '../nightshift/protocol.ts';
import { transcribeOver } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** Close frame without a code, RFC 6455 section 7.1.5. */
const CLOSE_NO_STATUS = 1005;

/**
 * Talks to the servers of S0 (hihi9927/STiTy, `LibriSpeech/servers`, read at ae3d253): plain float32 frames, `finish` directly followed by
 * `stop`, and the close frame as the only end marker, because the server handles messages strictly in order and sends no other.
 * One file per connection and one connection at a time: its decoder is shared by all connections.
 */
export function createS0Adapter(options: { readonly clock: Clock }): AsrAdapter {
  const { clock } = options;
  return {
    connect: async (url, signal) => {
      const { connection, hello } = await WsConnection.open(url, clock, signal);
      return new S0Session(connection, clock, { protocol: 's0', capacity: 1, model: hello.model ?? null, instance: null });
    },
  };
}

class S0Session implements AsrSession {
  readonly hello: ServerHello;
  readonly reusable = false;
  readonly #connection: WsConnection;
  readonly #clock: Clock;
  #isUsed = false;

  constructor(connection: WsConnection, clock: Clock, hello: ServerHello) {
    this.#connection = connection;
    this.#clock = clock;
    this.hello = hello;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    if (this.#isUsed) throw new NightshiftError('INVARIANT_BROKEN', { detail: 'one file for each connection to a server of S0' });
    this.#isUsed = true;
    return await transcribeOver(
      this.#connection,
      this.#clock,
      { begin: [], finish: [{ type: 'finish' }, { type: 'stop' }], end: 'close', normalCloses: [CLOSE_NORMAL, CLOSE_NO_STATUS] },
      request,
    );
  }

  async close(): Promise<void> {
    await this.#connection.close(JSON.stringify({ type: 'stop' }));
  }
}
