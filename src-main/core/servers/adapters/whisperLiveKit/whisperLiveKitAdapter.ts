import { z } from 'zod';
import type { Clock, HttpClient } from '#main/core/ports.ts';
import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile, AsrAdapter, TranscribeRequest } from '../asrAdapter.ts';
import { addressOf } from '../shared/address.ts';
import { clockTimeMs } from '../shared/clockTime.ts';
import { requireReady } from '../shared/httpReady.ts';
import { authorization } from '../shared/httpSession.ts';
import { parseJson } from '../shared/json.ts';
import { primaryLanguageOf } from '../shared/languageCode.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import type { FileRules, HeardFile } from '../shared/transcription.ts';
import type { HeardSegment, Transcript } from '../shared/transcript.ts';
import { WsConnection } from '../shared/wsConnection.ts';

/** Closed with this code, the server wants another token. */
const CLOSE_BAD_TOKEN = 4401;
/** Speaker of a line that is only silence. */
const SILENCE = -2;

/**
 * Talks to `/asr` of WhisperLiveKit (`whisperlivekit/basic_server.py` and `audio_processor.py`, read at ed571b6), started with `--pcm-input`:
 * 16-bit samples, an empty frame as the end of input, `ready_to_stop` as the end of results. Every message repeats all lines; those that
 * an older version drops from a long file are kept here. The language is part of the address, so each file has its own connection.
 */
export function createWhisperLiveKitAdapter(
  profile: AdapterProfile,
  ports: { readonly clock: Clock; readonly http: HttpClient },
): AsrAdapter {
  const { options, capacity, timeouts } = profile;
  return {
    connect: async (url, signal) => {
      await requireReady(ports, profile, url, authorization(options.apiKey), signal);
      return new OneFileSession({
        clock: ports.clock,
        limits: timeouts,
        hello: { protocol: 'whisperlivekit', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: async (request) => await openFor(request, profile, url, ports.clock),
        rules: () => rulesFor(profile),
      });
    },
  };
}

const ConfigSchema = z.object({ type: z.literal('config'), useAudioWorklet: z.boolean() });

async function openFor(request: TranscribeRequest, profile: AdapterProfile, url: string, clock: Clock): Promise<WsConnection> {
  const { options, timeouts } = profile;
  const language = request.language ?? options.language;
  const address = addressOf('ws', url, profile, {
    mode: 'full',
    ...(language === null ? {} : { language: primaryLanguageOf(language) }),
    ...(options.apiKey === null ? {} : { token: options.apiKey }),
    ...options.fields,
  });
  const connection = await WsConnection.open(address, { clock, connectMs: timeouts.connectMs, signal: request.signal });
  const { port } = connection;
  const text = await connection.nextText().catch((error: unknown) => {
    const { data } = toNightshiftError(error);
    if (data['closeCode'] !== CLOSE_BAD_TOKEN) throw error;
    throw new NightshiftError('SERVER_REJECTED', { port, closeCode: CLOSE_BAD_TOKEN, detail: 'it wants another key' });
  });
  const config = ConfigSchema.safeParse(parseJson(text)).data;
  if (config?.useAudioWorklet === true) return connection;
  connection.terminate();
  if (config === undefined) throw new NightshiftError('SERVER_BAD_RESPONSE', { port, detail: 'its first message is no configuration' });
  throw new NightshiftError('SERVER_REJECTED', { port, detail: 'it was started without --pcm-input' });
}

const MessageSchema = z.object({
  type: z.string().nullish(),
  status: z.string().nullish(),
  error: z.string().nullish(),
  lines: z
    .array(
      z.object({
        speaker: z.number().nullish(),
        text: z.string().nullish(),
        start: z.string().nullish(),
        end: z.string().nullish(),
        detected_language: z.string().nullish(),
      }),
    )
    .nullish(),
  buffer_transcription: z.string().nullish(),
});

function rulesFor({ sampleFormat, tailSilenceMs, pacing, end }: AdapterProfile): FileRules {
  let lines: readonly HeardSegment[] = [];
  let open = '';
  const hear = (text: string, file: HeardFile): void => {
    const message = MessageSchema.safeParse(parseJson(text)).data;
    if (message === undefined) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
    if (message.type === 'ready_to_stop') return file.ended();
    if (message.type === 'error' || message.status === 'error' || (message.error ?? '') !== '') {
      return file.failed('SERVER_BAD_RESPONSE', { detail: message.error ?? 'an error without words' });
    }
    if (message.lines === undefined || message.lines === null) return;
    const said = message.lines.filter(({ speaker }) => speaker !== SILENCE);
    file.transcript.heardLanguage(said.find(({ detected_language }) => detected_language !== null)?.detected_language);
    lines = merged(
      lines,
      said.map((line) => ({ text: line.text ?? '', startMs: clockTimeMs(line.start), endMs: clockTimeMs(line.end) })),
    );
    open = message.buffer_transcription ?? '';
    file.transcript.replaceSegments(lines);
    file.transcript.heardText(open);
  };
  return {
    begin: [],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: [Buffer.alloc(0)],
    hear,
    flush: (transcript: Transcript) => transcript.addSegment({ text: open, startMs: null, endMs: null }),
    closes: [],
    quietMs: end.kind === 'quiet' ? end.quietMs : null,
    isAlwaysPaced: pacing === 'realTime',
  };
}

/** Lines that end before the first one said now were dropped by the server, not taken back. */
function merged(known: readonly HeardSegment[], said: readonly HeardSegment[]): readonly HeardSegment[] {
  const firstMs = said[0]?.startMs ?? null;
  if (firstMs === null || firstMs === 0) return said;
  return [...known.filter(({ endMs }) => endMs !== null && endMs <= firstMs), ...said];
}
