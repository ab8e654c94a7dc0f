import { z } from 'zod';
import { SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import type { FileRules, HeardFile } from '../shared/transcription.ts';
import { toWords } from '../shared/wordTimes.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** Compared by the server as it stands, spaces included: any other spelling would be recognised as audio. */
const EOF = '{"eof" : 1}';

/**
 * Talks to alphacep/vosk-server (`websocket/asr_server.py`, read at c2e82f0, and its GPU variant): the rate first, 16-bit samples, then
 * `eof`. It answers every frame of audio with exactly one message and `eof` with one more, which is the end of results.
 */
export function createVoskAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const connection = await WsConnection.open(addressOf('ws', url, profile, options.fields), {
        clock,
        connectMs: timeouts.connectMs,
        signal,
      });
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 'vosk', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: connection,
        rules: () => rulesFor(profile),
      });
    },
  };
}

function rulesFor({ sampleFormat, tailSilenceMs, pacing }: AdapterProfile): FileRules {
  // `model` would replace the model for all clients of the server.
  const config = { config: { sample_rate: SAMPLE_RATE_HZ, words: true, max_alternatives: 0 } };
  let answers = 0;
  return {
    begin: [JSON.stringify(config)],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: [EOF],
    hear: (text, file) => {
      answers += 1;
      hear(text, file);
      if (file.isAllSent && answers > file.framesSent) file.ended();
    },
    closes: [],
    quietMs: null,
    isAlwaysPaced: pacing === 'realTime',
  };
}

const ResultSchema = z.object({
  text: z.string(),
  result: z.array(z.object({ word: z.string(), start: z.number(), end: z.number(), conf: z.number().nullish() })).nullish(),
});
const MessageSchema = z.union([z.object({ partial: z.string() }), ResultSchema, z.object({ alternatives: z.array(ResultSchema).min(1) })]);

function hear(text: string, file: HeardFile): void {
  const message = MessageSchema.safeParse(parseJson(text)).data;
  if (message === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
  if ('partial' in message) return file.transcript.heardText(message.partial);
  const best = 'alternatives' in message ? message.alternatives[0] : message;
  if (best === undefined) return;
  file.transcript.addSegment({
    text: best.text,
    startMs: null,
    endMs: null,
    words: toWords(
      (best.result ?? []).map(({ word, start, end, conf }) => ({ text: word, startSec: start, endSec: end, probability: conf ?? null })),
    ),
  });
}
