import type { Clock } from '#main/core/ports.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { ReusedSession } from '../shared/reusedSession.ts';
import { encoderFor } from '../shared/samples.ts';
import { type HeardFile, transcribeOver } from '../shared/transcription.ts';
import { WsConnection } from '../shared/wsConnection.ts';
import { readGreeting } from './greeting.ts';
import { type HelloMessage, parseServerMessage, PROTOCOL_VERSION, SAMPLE_RATE_HZ } from './protocol.ts';

const FINISH = JSON.stringify({ type: 'finish' });
const STOP = JSON.stringify({ type: 'stop' });

/** Talks to our own server program: one connection for many files, each begun by `start` and ended by `done`. */
export function createNightshiftAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, tailSilenceMs, pacing, options } = profile;
  const { connectMs } = timeouts;
  return {
    connect: async (url, signal) => {
      const connection = await WsConnection.open(url, { clock, connectMs, signal, goodbye: STOP });
      const hello = await readGreeting(connection);
      const problem = problemOf(hello);
      if (problem !== null) {
        connection.terminate();
        throw new NightshiftError('SERVER_BAD_RESPONSE', { port: connection.port, detail: problem });
      }
      const said = {
        protocol: 'nightshift',
        capacity: hello.capacity ?? profile.capacity ?? 1,
        model: hello.model ?? null,
        instance: hello.instance ?? null,
      } as const;
      let files = 0;
      return new ReusedSession(connection, said, async (request) => {
        const { chunkSec, windowSec } = request;
        files += 1;
        const start = { type: 'start', id: String(files), language: request.language ?? options.language, chunkSec, windowSec };
        const rules = {
          begin: [JSON.stringify(start)],
          encode: encoderFor('f32le'),
          tailSilenceMs,
          finish: [FINISH],
          hear: hearMessage,
          closes: [],
          quietMs: null,
          isAlwaysPaced: pacing === 'realTime',
        };
        return await transcribeOver(connection, { clock, limits: timeouts }, rules, request);
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
      file.transcript.addSegment({
        startMs: message.start,
        endMs: message.end,
        text: message.original,
        words: message.words ?? [],
      });
      if (message.cut === undefined) return;
      file.transcript.heardDecodeSec(message.cut.decodeMs / 1_000);
      return file.settled(message.cut.sample);
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
