import { z } from 'zod';
import { SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter, TranscribeRequest } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import type { FileRules, HeardFile } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/**
 * Talks to FunASR's server (`runtime/python/websocket/funasr_wss_server.py`, read at 3c58cb5): a configuration, 16-bit samples, the end of
 * speech, and an acknowledgement with `is_end` as the end of results. Servers that are older than this acknowledgement say nothing at the
 * end: their profiles end by quiet. Fields of the profile go into the configuration.
 */
export function createFunasrAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const address = addressOf('ws', url, profile);
      const connection = await WsConnection.open(address, { clock, connectMs: timeouts.connectMs, signal, protocols: ['binary'] });
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 'funasr', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: connection,
        rules: (request) => rulesFor(profile, request),
      });
    },
  };
}

function rulesFor({ sampleFormat, tailSilenceMs, pacing, end, options }: AdapterProfile, { mode }: TranscribeRequest): FileRules {
  const configuration = {
    mode: mode === 'streaming' ? '2pass' : 'offline',
    // Frames before it are thrown away, in every mode.
    chunk_size: [5, 10, 5],
    chunk_interval: 10,
    wav_name: 'nightshift',
    wav_format: 'pcm',
    audio_fs: SAMPLE_RATE_HZ,
    is_speaking: true,
    hotwords: '',
    itn: true,
    ...options.fields,
  };
  return {
    begin: [JSON.stringify(configuration)],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: [JSON.stringify({ is_speaking: false, is_end: true })],
    hear,
    closes: [],
    quietMs: end.kind === 'quiet' ? end.quietMs : null,
    isAlwaysPaced: pacing === 'realTime',
  };
}

const MessageSchema = z.object({
  mode: z.string(),
  text: z.string().default(''),
  timestamp: z.union([z.string(), z.array(z.unknown())]).nullish(),
  is_end: z.boolean().default(false),
  error: z.string().nullish(),
});
/** Start and end of each word, milliseconds. */
const TimesSchema = z.array(z.tuple([z.number(), z.number()])).min(1);

function hear(text: string, file: HeardFile): void {
  const message = MessageSchema.safeParse(parseJson(text)).data;
  if (message === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
  if ((message.error ?? '') !== '') return file.failed('SERVER_BAD_RESPONSE', { detail: message.error ?? '' });
  // The second pass says the same again, better.
  if (message.mode === '2pass-online') file.transcript.heardText(message.text);
  else {
    const { timestamp } = message;
    const times = TimesSchema.safeParse(typeof timestamp === 'string' ? parseJson(timestamp) : timestamp).data;
    file.transcript.addSegment({ text: message.text, startMs: times?.[0]?.[0] ?? null, endMs: times?.at(-1)?.[1] ?? null });
  }
  if (message.is_end) file.ended();
}
