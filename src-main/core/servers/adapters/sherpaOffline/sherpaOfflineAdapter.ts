import { z } from 'zod';
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter, TranscribeRequest, Transcription } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { pieceRules, piecesOf, shifted } from '../shared/pieces.ts';
import { bytesOf } from '../shared/samples.ts';
import { ReusedSession } from '../shared/reusedSession.ts';
import { sherpaWords } from '../shared/sherpaTokens.ts';
import { transcribeOver } from '../shared/transcription.ts';
import { Transcript } from '../shared/transcript.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** The server's own `--max-utterance-length`; longer audio is refused. */
const LONGEST_UTTERANCE_SEC = 300;

/**
 * Talks to sherpa-onnx's server for whole files (`offline-websocket-server-impl.cc`, read at 634265c): the rate and the number of bytes,
 * then float32 samples, and one message of text. Longer files go as pieces over the same connection, which is used for many files.
 */
export function createSherpaOfflineAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const address = addressOf('ws', url, profile, options.fields);
      const connection = await WsConnection.open(address, { clock, connectMs: timeouts.connectMs, signal, goodbye: 'Done' });
      const hello = { protocol: 'sherpa-offline', capacity: capacity ?? 1, model: options.model, instance: null } as const;
      const inPieces = new PieceWise(connection, clock, profile);
      return new ReusedSession(connection, hello, (request) => inPieces.transcribe(request));
    },
  };
}

const AnswerSchema = z.object({
  text: z.string(),
  lang: z.string().default(''),
  tokens: z.array(z.string()).default([]),
  timestamps: z.array(z.number()).default([]),
  durations: z.array(z.number()).default([]),
  ys_log_probs: z.array(z.number()).default([]),
});

/** Files over one connection, each as one piece or several. */
class PieceWise {
  readonly #connection: WsConnection;
  readonly #clock: Clock;
  readonly #profile: AdapterProfile;

  constructor(connection: WsConnection, clock: Clock, profile: AdapterProfile) {
    this.#connection = connection;
    this.#clock = clock;
    this.#profile = profile;
  }

  async transcribe(request: TranscribeRequest): Promise<Transcription> {
    const transcript = new Transcript(this.#clock);
    const rules = pieceRules(request, this.#profile.options.requestSec ?? LONGEST_UTTERANCE_SEC);
    try {
      for await (const { samples, offsetBytes } of piecesOf(request.blocks, rules, request.signal)) {
        transcript.start();
        const { segments, language } = await this.#transcribePiece(samples, request);
        transcript.sent(samples.length);
        transcript.heardLanguage(language);
        for (const segment of segments) transcript.addSegment(shifted(segment, offsetBytes / bytesOf(0.001)));
        // Each piece stands for itself, and where it is cut depends only on what comes after the last cut.
        request.onSettled?.(transcript.settle((offsetBytes + samples.length) / BYTES_PER_SAMPLE));
      }
      transcript.start();
      return transcript.result();
    } catch (error) {
      this.#connection.terminate();
      throw error;
    }
  }

  async #transcribePiece(samples: Buffer, request: TranscribeRequest): Promise<Transcription> {
    const { timeouts, tailSilenceMs, pacing } = this.#profile;
    const header = Buffer.alloc(8);
    header.writeInt32LE(SAMPLE_RATE_HZ, 0);
    // Announced exactly: more than announced would overrun a buffer of the server.
    header.writeInt32LE(samples.length + bytesOf(tailSilenceMs / 1_000), 4);
    async function* whole(): AsyncGenerator<Buffer> {
      yield samples;
    }
    return await transcribeOver(
      this.#connection,
      { clock: this.#clock, limits: timeouts },
      {
        begin: [header],
        encode: (part) => part,
        tailSilenceMs,
        finish: [],
        hear: (text, file) => {
          const answer = AnswerSchema.safeParse(parseJson(text)).data;
          if (answer === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
          // SenseVoice writes `<|en|>`.
          file.transcript.heardLanguage(answer.lang.replace(/^<\|(.*)\|>$/, '$1'));
          const durations = answer.durations.length > 0 ? { durationsSec: answer.durations } : {};
          const words = sherpaWords(answer.tokens, answer.timestamps, answer.ys_log_probs, durations);
          file.transcript.addSegment({ text: answer.text, startMs: null, endMs: words.at(-1)?.endMs ?? null, words });
          file.ended();
        },
        closes: [],
        quietMs: null,
        isAlwaysPaced: pacing === 'realTime',
      },
      { ...request, blocks: whole() },
    );
  }
}
