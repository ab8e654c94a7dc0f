import { z } from 'zod';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import { sherpaWords } from '../shared/sherpaTokens.ts';
import type { FileRules } from '../shared/transcription.ts';
import type { HeardSegment } from '../shared/transcript.ts';
import { CLOSE_NORMAL } from '../shared/wire.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** The only message that is no JSON. */
const DONE = 'Done!';

/**
 * Talks to sherpa-onnx's streaming server (`online-websocket-server-impl.cc`, read at 634265c): float32 samples, `Done`, and `Done!` as the
 * end of results. Each message repeats the text of its segment so far. The Python example server closes instead of saying
 * `Done!`: its profile ends by the close.
 */
export function createSherpaOnlineAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const address = addressOf('ws', url, profile, options.fields);
      const connection = await WsConnection.open(address, { clock, connectMs: timeouts.connectMs, signal });
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 'sherpa-online', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: connection,
        rules: () => rulesFor(profile),
      });
    },
  };
}

const MessageSchema = z.object({
  text: z.string(),
  segment: z.int(),
  tokens: z.array(z.string()).default([]),
  timestamps: z.array(z.number()).default([]),
  ys_probs: z.array(z.number()).default([]),
  start_time: z.number().default(0),
});

function rulesFor({ sampleFormat, tailSilenceMs, pacing, end }: AdapterProfile): FileRules {
  let open: { readonly number: number; readonly segment: HeardSegment } | null = null;
  return {
    begin: [],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: ['Done'],
    hear: (text, file) => {
      if (text === DONE) return file.ended();
      const message = MessageSchema.safeParse(parseJson(text)).data;
      if (message === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
      if (open !== null && open.number !== message.segment) file.transcript.addSegment(open.segment);
      // Token times count from the start of their segment.
      const words = sherpaWords(message.tokens, message.timestamps, message.ys_probs, { offsetSec: message.start_time });
      open = { number: message.segment, segment: { text: message.text, startMs: null, endMs: words.at(-1)?.endMs ?? null, words } };
      file.transcript.heardText(message.text);
    },
    flush: (transcript) => {
      if (open !== null) transcript.addSegment(open.segment);
    },
    closes: end.kind === 'close' ? [CLOSE_NORMAL] : [],
    quietMs: null,
    isAlwaysPaced: pacing === 'realTime',
  };
}
