import { z } from 'zod';
import type { Clock } from '#main/core/ports.ts';
import type { AdapterProfile, AsrAdapter } from '../asrAdapter.ts';
import { portOf } from '../shared/address.ts';
import { parseJson } from '../shared/json.ts';
import { OneFileSession } from '../shared/oneFileSession.ts';
import { encoderFor } from '../shared/samples.ts';
import { TcpConnection } from '../shared/tcpConnection.ts';
import type { FileRules } from '../shared/transcription.ts';
import type { Transcript } from '../shared/transcript.ts';
import { CLOSE_NORMAL, END_OF_STREAM } from '../shared/wire.ts';
import { joinPieces, type SpokenPiece, toMs } from '../shared/wordTimes.ts';

/**
 * Talks to the TCP servers of SimulStreaming (`whisper_server.py`, read at 077ea37) and whisper_streaming (`whisper_online_server.py`, read
 * at 1f25a1a): a bare stream of 16-bit samples, closed from our side at its end; lines of text; the server's close as the end of results.
 * What is undecided at the end of the stream is lost there, so the profile's silence is sent after the audio. One client at a time: a
 * second connection is accepted and waits unserved.
 */
export function createSimulStreamingAdapter(profile: AdapterProfile, { clock }: { readonly clock: Clock }): AsrAdapter {
  const { timeouts, capacity, options } = profile;
  return {
    connect: async (url, signal) => {
      const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
      const connection = await TcpConnection.open(host, portOf(url), { clock, connectMs: timeouts.connectMs, signal });
      return new OneFileSession({
        clock,
        limits: timeouts,
        hello: { protocol: 'simulstreaming', capacity: capacity ?? 1, model: options.model, instance: null },
        wire: connection,
        rules: () => rulesFor(profile),
      });
    },
  };
}

interface Line {
  readonly text: string;
  readonly startSec: number;
  readonly endSec: number;
  readonly words: readonly SpokenPiece[];
}

function rulesFor({ sampleFormat, tailSilenceMs, pacing, end }: AdapterProfile): FileRules {
  /** Lines of one segment: words may be cut between two of them. */
  let open: Line[] = [];
  const flush = (transcript: Transcript): void => {
    const first = open[0];
    const last = open.at(-1);
    if (first !== undefined && last !== undefined) {
      transcript.addSegment({
        text: open.map(({ text }) => text).join(''),
        startMs: toMs(first.startSec),
        endMs: toMs(last.endSec),
        words: joinPieces(open.flatMap(({ words }) => words)),
      });
    }
    open = [];
  };
  return {
    begin: [],
    encode: encoderFor(sampleFormat),
    tailSilenceMs,
    finish: [END_OF_STREAM],
    hear: (raw, file) => {
      const text = raw.replaceAll('\0', '').trimEnd();
      if (text === '') return;
      const line = readLine(text);
      if (line === null) return file.failed('SERVER_BAD_RESPONSE', { detail: `not understood: ${text.slice(0, 100)}` });
      if (line.said !== null) {
        // Text goes on without a space only inside a word.
        if (/^\s/.test(line.said.text)) flush(file.transcript);
        open.push(line.said);
        file.transcript.heardText(line.said.text);
      }
      if (line.isFinal) flush(file.transcript);
    },
    flush,
    closes: [CLOSE_NORMAL],
    quietMs: end.kind === 'quiet' ? end.quietMs : null,
    isAlwaysPaced: pacing === 'realTime',
  };
}

const JsonLineSchema = z.object({
  text: z.string().optional(),
  start: z.number().optional(),
  end: z.number().optional(),
  words: z.array(z.object({ text: z.string(), start: z.number(), end: z.number() })).default([]),
  is_final: z.boolean().default(false),
});

function readLine(text: string): { readonly said: Line | null; readonly isFinal: boolean } | null {
  const bare = /^(\d+) (\d+) (.*)$/s.exec(text);
  if (bare !== null) {
    const [, start, end, words = ''] = bare;
    // The older format holds whole words, with or without a space before them.
    const said = { text: ` ${words.trimStart()}`, startSec: Number(start) / 1_000, endSec: Number(end) / 1_000, words: [] };
    return { said, isFinal: false };
  }
  const line = JsonLineSchema.safeParse(parseJson(text)).data;
  if (line === undefined) return null;
  const { start, end, is_final: isFinal } = line;
  if (line.text === undefined) return isFinal ? { said: null, isFinal } : null;
  if (start === undefined || end === undefined) return null;
  const words = line.words.map((word) => ({ text: word.text, startSec: word.start, endSec: word.end, probability: null }));
  return { said: { text: line.text, startSec: start, endSec: end, words }, isFinal };
}
