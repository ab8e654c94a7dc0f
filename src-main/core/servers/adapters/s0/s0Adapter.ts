import { z } from 'zod';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { readGreeting } from '../nightshift/greeting.ts';
import { parseJson } from '../shared/json.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import { CLOSE_NO_STATUS, CLOSE_NORMAL } from '../shared/wire.ts';
import type { HeardFile } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';

const FINISH = JSON.stringify({ type: 'finish' });
const STOP = JSON.stringify({ type: 'stop' });

/**
 * Talks to the servers of S0 (hihi9927/STiTy, `LibriSpeech/servers`, read at ae3d253): plain frames, `finish` directly followed by
 * `stop`, and the close frame as the only end marker, because the server handles messages strictly in order and sends no other.
 * One file per connection and one connection at a time: its decoder is shared by all connections. The app server of the same project
 * greets alike on the same port and wants int16: the profile's sample format decides, and its `partial`s count as first text.
 */
export function createS0Adapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, tailSilenceMs, pacing, sampleFormat, end, capacity } = profile;
  return {
    connect: async (url, signal) => {
      const connection = await WsConnection.open(url, { clock, connectMs: timeouts.connectMs, signal, goodbye: STOP });
      const hello = await readGreeting(connection);
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 's0', capacity: capacity ?? 1, model: hello.model ?? null, instance: null },
        wire: connection,
        rules: () => ({
          begin: [],
          encode: encoderFor(sampleFormat),
          tailSilenceMs,
          finish: [FINISH, STOP],
          hear,
          closes: [CLOSE_NORMAL, CLOSE_NO_STATUS],
          quietMs: end.kind === 'quiet' ? end.quietMs : null,
          isAlwaysPaced: pacing === 'realTime',
        }),
      });
    },
  };
}

/** The app server leaves out times and adds translations, which are not read. */
const MessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('partial'), original: z.string().nullish() }),
  z.object({
    type: z.literal('final'),
    original: z.string(),
    start: z.number().nullish(),
    end: z.number().nullish(),
    language: z.string().nullish(),
  }),
]);
const KNOWN_TYPES: readonly unknown[] = ['partial', 'final'];

function hear(text: string, file: HeardFile): void {
  const value = parseJson(text);
  const message = MessageSchema.safeParse(value).data;
  switch (message?.type) {
    case 'partial':
      return file.transcript.heardText(message.original ?? '');
    case 'final':
      file.transcript.heardLanguage(message.language);
      return file.transcript.addSegment({ text: message.original, startMs: message.start ?? null, endMs: message.end ?? null });
    case undefined: {
      const { success, data } = z.object({ type: z.string() }).safeParse(value);
      // Other messages of newer servers are let pass; nonsense is not.
      if (!success || KNOWN_TYPES.includes(data.type))
        file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
    }
  }
}
