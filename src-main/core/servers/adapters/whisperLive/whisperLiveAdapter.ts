import { z } from 'zod';
import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile, AsrAdapter, TranscribeRequest } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { primaryLanguageOf } from '../shared/languageCode.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import type { FileRules, HeardFile } from '../shared/transcription.ts';
import type { HeardSegment } from '../shared/transcript.ts';
import { toMs, toWords } from '../shared/wordTimes.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** Told in a binary frame. The server then stops at once and decodes nothing more, so it is only our goodbye. */
const END_OF_AUDIO = Buffer.from('END_OF_AUDIO', 'utf8');
const UID = 'nightshift';
/** Model asked for when the profile names none; servers started with a model of their own ignore it. */
const DEFAULT_MODEL = 'small';

/**
 * Talks to WhisperLive (`whisper_live/server.py`, read at bde730b): options first, audio after `SERVER_READY` and never faster than it is
 * spoken, because what is buffered for more than 45 s is thrown away. Nothing tells the end of results: they have ended when the server was
 * quiet for the time of the profile, and the segment that is still open then is text.
 */
export function createWhisperLiveAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const address = addressOf('ws', url, profile, options.fields);
      const connection = await WsConnection.open(address, { clock, connectMs: timeouts.connectMs, signal, goodbye: END_OF_AUDIO });
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 'whisperlive', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: connection,
        prepare: async (request) => await introduce(connection, profile, request),
        rules: () => rulesFor(profile),
      });
    },
  };
}

const StatusSchema = z.object({ message: z.union([z.string(), z.number()]).optional(), status: z.string().optional() });

/** @throws SERVER_BUSY, SERVER_REJECTED, SERVER_BAD_RESPONSE, SERVER_REFUSED, CANCELLED */
async function introduce(connection: WsConnection, profile: AdapterProfile, request: TranscribeRequest): Promise<void> {
  const { options, sampleFormat } = profile;
  const { port } = connection;
  const language = request.language ?? options.language;
  const introduction = {
    uid: UID,
    language: language === null ? null : primaryLanguageOf(language),
    task: 'transcribe',
    model: options.model ?? DEFAULT_MODEL,
    use_vad: true,
    send_last_n_segments: 10,
    word_timestamps: true,
    initial_prompt: options.prompt,
    audio_format: sampleFormat === 'f32le' ? 'float32' : 'int16',
  };
  await connection.send(JSON.stringify(introduction));
  for (;;) {
    const text = await connection.nextText(request.signal);
    const said = StatusSchema.safeParse(parseJson(text)).data;
    if (said?.message === 'SERVER_READY') return;
    // Another backend than the one asked for; it goes on.
    if (said?.status === 'WARNING') continue;
    connection.terminate();
    if (said?.status === 'WAIT')
      throw new NightshiftError('SERVER_BUSY', { port, retryAfterMs: Math.round(Number(said.message) * 60_000) || 0 });
    const detail = `${said?.message ?? text}`.slice(0, 300);
    throw new NightshiftError(said?.status === 'ERROR' ? 'SERVER_REJECTED' : 'SERVER_BAD_RESPONSE', { port, detail });
  }
}

const SecondsSchema = z.coerce.number();
const MessageSchema = z.object({
  message: z.union([z.string(), z.number()]).optional(),
  status: z.string().optional(),
  language: z.string().optional(),
  segments: z
    .array(
      z.object({
        start: SecondsSchema,
        end: SecondsSchema,
        text: z.string(),
        completed: z.boolean().default(false),
        words: z
          .array(z.object({ word: z.string(), start: SecondsSchema, end: SecondsSchema, probability: z.number().nullish() }))
          .nullish(),
      }),
    )
    .optional(),
});

function rulesFor({ sampleFormat, tailSilenceMs, pacing, end }: AdapterProfile): FileRules {
  /** By their start; each message repeats the last of them and the open one. */
  const completed = new Map<number, HeardSegment>();
  let open: HeardSegment | null = null;
  const hear = (text: string, file: HeardFile): void => {
    const message = MessageSchema.safeParse(parseJson(text)).data;
    if (message === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
    if (message.message === 'DISCONNECT') return file.failed('SERVER_CLOSED_EARLY', { detail: 'its --max_connection_time is over' });
    if (message.status === 'ERROR') return file.failed('SERVER_BAD_RESPONSE', { detail: String(message.message) });
    file.transcript.heardLanguage(message.language);
    for (const segment of message.segments ?? []) {
      const heard = {
        text: segment.text,
        startMs: toMs(segment.start),
        endMs: toMs(segment.end),
        words: toWords(
          (segment.words ?? []).map(({ word, start, end: endSec, probability }) => {
            return { text: word, startSec: start, endSec, probability: probability ?? null };
          }),
        ),
      };
      if (segment.completed) completed.set(heard.startMs, heard);
      open = segment.completed ? null : heard;
    }
    if (message.segments !== undefined) file.transcript.replaceSegments([...completed.values(), ...(open === null ? [] : [open])]);
  };
  return {
    begin: [],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: [],
    hear,
    closes: [],
    quietMs: end.kind === 'quiet' ? end.quietMs : null,
    isAlwaysPaced: pacing === 'realTime',
  };
}
