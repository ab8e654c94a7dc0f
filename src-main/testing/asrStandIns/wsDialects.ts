import type { AsrStandIn, Scenario } from './standIn.ts';
import type { HeardWord } from './spokenNumbers.ts';
import { startWsStandIn, type StandInClient } from './wsStandIn.ts';

const textOf = (words: readonly HeardWord[]): string => words.map(({ word }) => word).join(' ');
const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

/** Our own protocol (`nightshift/protocol.ts`): many files on a connection, each ended by `done`. */
export function startNightshiftStandIn(scenario: Scenario): Promise<AsrStandIn> {
  const hello = { type: 'hello', protocol: 1, mode: 'original', capacity: 1, model: 'stand-in', sampleRate: 16_000, instance: null };
  return startWsStandIn(scenario, (end) => ({
    format: 'f32le',
    maxPayload: 64 * 1024 * 1024,
    greet: (client) => client.say(hello),
    busy: (client) => {
      client.say({ type: 'busy', capacity: 1 });
      client.close(1013);
    },
    onText: (text, client) => {
      const { type } = parse(text);
      if (type === 'finish') end(client);
      if (type === 'stop') client.close(1000);
    },
    onEnd: (words, client) => {
      for (const { word, startSec, endSec } of words) {
        client.say({ type: 'final', start: startSec * 1_000, end: endSec * 1_000, original: word, language: 'en', words: [] });
      }
      client.say({ type: 'done', audioMs: client.listener.audioSec * 1_000, decodeMs: 1 });
    },
    longMessage: (text) => ({ type: 'partial', start: 0, end: 0, original: text }),
  }));
}

/** STiTy's `librispeech_chunked_server.py`: `finish` flushes, there is no end marker, `stop` closes. The app server wants int16 and sends `partial`s. */
export function startS0StandIn(scenario: Scenario, format: 'f32le' | 's16le' = 'f32le'): Promise<AsrStandIn> {
  return startWsStandIn(scenario, (end) => ({
    format,
    maxPayload: 10 * 1024 * 1024,
    greet: (client) => client.say({ type: 'hello', message: 'Connected to chunked server', mode: 'chunked', chunk_size: 2 }),
    onAudio: (words, client) => {
      if (format === 's16le' && words.length > 0) client.say({ type: 'partial', original: textOf(words), ko: '', en: '' });
    },
    onText: (text, client) => {
      const { type } = parse(text);
      if (type === 'finish') end(client);
      // Messages are handled strictly in order: the close follows the results.
      if (type === 'stop' && client.scenario !== 'slow') client.close(1000);
    },
    onEnd: (words, client) => {
      for (const { word, startSec, endSec } of words) {
        client.say({ type: 'final', start: startSec * 1_000, end: endSec * 1_000, original: word, language: 'en' });
      }
      if (client.scenario === 'slow') client.close(1000);
    },
    longMessage: (text) => ({ type: 'partial', original: text }),
  }));
}

/** `websocket/asr_server.py`: one answer for each frame, one more for the byte-exact `eof`, then a close. Frames up to 1 MiB. */
export function startVoskStandIn(scenario: Scenario): Promise<AsrStandIn> {
  /** Words of closed utterances. */
  const said = new Map<StandInClient, number>();
  const result = (words: readonly HeardWord[]): object => ({
    ...(words.length === 0
      ? {}
      : { result: words.map(({ word, startSec, endSec }) => ({ conf: 0.98, start: startSec, end: endSec, word })) }),
    text: textOf(words),
  });
  return startWsStandIn(scenario, (end) => ({
    format: 's16le',
    onText: (text, client) => {
      if (text.includes('config')) return;
      if (text === '{"eof" : 1}') end(client);
      // Anything else is fed to the recogniser as if it were audio.
      else client.listener.hear(Buffer.from(text));
    },
    onAudio: (_words, client) => {
      if (client.scenario === 'talks') return;
      const open = client.scenario === 'empty' ? [] : client.listener.words.slice(said.get(client) ?? 0);
      // An utterance is closed after five words.
      if (open.length < 5) return client.say({ partial: textOf(open) });
      said.set(client, client.listener.words.length);
      client.say(result(open));
    },
    onEnd: (words, client) => {
      client.say(result(words.slice(said.get(client) ?? 0)));
      client.close(1000);
    },
    longMessage: (text) => ({ partial: text }),
  }));
}

/** `whisperlivekit/basic_server.py`: all lines in every message, the last words in the buffer, `ready_to_stop` after the empty frame. */
export function startWhisperLiveKitStandIn(scenario: Scenario, isPcm = true): Promise<AsrStandIn> {
  const clockTime = (sec: number): string =>
    `${Math.floor(sec / 3_600)}:${String(Math.floor((sec / 60) % 60)).padStart(2, '0')}:${(sec % 60).toFixed(2).padStart(5, '0')}`;
  const state = (words: readonly HeardWord[], buffer: string): object => ({
    status: words.length === 0 ? 'no_audio_detected' : 'active_transcription',
    lines: [
      ...words.map(({ word, startSec, endSec }) => ({ speaker: 1, text: word, start: clockTime(startSec), end: clockTime(endSec) })),
      { speaker: -2, text: null, start: '0:00:00.00', end: '0:00:00.00' },
    ],
    buffer_transcription: buffer,
    buffer_diarization: '',
    remaining_time_transcription: 0.4,
  });
  return startWsStandIn(scenario, (end) => ({
    format: 's16le',
    greet: (client) => client.say({ type: 'config', useAudioWorklet: isPcm, mode: 'full' }),
    onBinary: (frame, client) => {
      if (frame.length > 0) return frame;
      end(client);
      return null;
    },
    onAudio: (words, client) => {
      // As seldom as a real one, which decodes whole seconds.
      if (client.scenario !== 'talks' && words.length > 0 && client.listener.words.length % 20 === 1) {
        client.say(state(client.listener.words.slice(0, -1), ` ${client.listener.words.at(-1)?.word}`));
      }
    },
    onEnd: (words, client) => {
      client.say(state(words.slice(0, -1), words.at(-1)?.word ?? ''));
      client.say({ type: 'ready_to_stop' });
    },
    longMessage: (text) => ({ status: 'active_transcription', lines: [], buffer_transcription: text }),
  }));
}

/** `online-websocket-server-impl.cc`: the open segment in every message, `Done!` at the end, no close. Two seconds are one segment. */
export function startSherpaOnlineStandIn(scenario: Scenario): Promise<AsrStandIn> {
  const message = (words: readonly HeardWord[], segment: number, isFinal: boolean): object => {
    const startSec = words[0]?.startSec ?? 0;
    return {
      text: textOf(words),
      tokens: words.map(({ word }) => ` ${word}`),
      timestamps: words.map((word) => word.startSec - startSec),
      ys_probs: words.map(() => -0.01),
      lm_probs: [],
      context_scores: [],
      segment,
      words: [],
      start_time: startSec,
      is_final: isFinal,
      is_eof: false,
    };
  };
  const segments = (words: readonly HeardWord[]): HeardWord[][] =>
    Array.from({ length: Math.ceil(words.length / 2) }, (_, index) => words.slice(index * 2, index * 2 + 2));
  return startWsStandIn(scenario, (end) => ({
    format: 'f32le',
    onText: (text, client) => {
      if (text === 'Done') end(client);
    },
    onAudio: (words, client) => {
      if (words.length === 0 || client.scenario === 'talks') return;
      const all = segments(client.listener.words);
      client.say(message(all.at(-1) ?? [], all.length - 1, all.at(-1)?.length === 2));
    },
    onEnd: (words, client) => {
      const all = segments(words);
      client.say({ ...message(all.at(-1) ?? [], Math.max(0, all.length - 1), true), is_eof: true });
      client.say('Done!');
    },
    longMessage: (text) => ({ ...message([], 0, false), text }),
  }));
}

/** `offline-websocket-server-impl.cc`: rate and byte count in the first frame, one answer for each file, at most 300 s each. */
export function startSherpaOfflineStandIn(scenario: Scenario): Promise<AsrStandIn> {
  const left = new Map<StandInClient, number>();
  return startWsStandIn(scenario, (end) => {
    const finishIfWhole = (client: StandInClient, bytes: number): void => {
      const rest = (left.get(client) ?? 0) - bytes;
      left.set(client, rest);
      if (rest > 0) return;
      left.delete(client);
      end(client);
    };
    return {
      format: 'f32le',
      onText: (text, client) => client.close(1000, text === 'Done' ? 'Done' : 'Invalid payload'),
      onBinary: (frame, client) => {
        if (left.has(client)) {
          setImmediate(finishIfWhole, client, frame.length);
          return frame;
        }
        const bytes = frame.readInt32LE(4);
        if (frame.readInt32LE(0) !== 16_000) client.close(1000, 'Invalid payload');
        else if (bytes / 64_000 > 300) client.close(1009, 'Payload is too large. Max utterance length: 300 s');
        else left.set(client, bytes);
        setImmediate(finishIfWhole, client, frame.length - 8);
        return frame.length > 8 ? frame.subarray(8) : null;
      },
      onEnd: (words, client) => {
        client.say({
          lang: '',
          emotion: '',
          event: '',
          text: textOf(words),
          timestamps: words.map(({ startSec }) => startSec),
          durations: words.map(() => 1),
          tokens: words.map(({ word }) => `▁${word}`),
          ys_log_probs: words.map(() => -0.1),
          words: [],
        });
      },
    };
  });
}

/** `whisper_live/server.py`: options, `SERVER_READY`, then the last ten segments and an open one; no end of results, `END_OF_AUDIO` closes at once. */
export function startWhisperLiveStandIn(scenario: Scenario): Promise<AsrStandIn> {
  const state = (words: readonly HeardWord[]): object => ({
    uid: 'nightshift',
    segments: words.slice(-11).map(({ word, startSec, endSec }, index, shown) => ({
      start: startSec.toFixed(3),
      end: endSec.toFixed(3),
      text: ` ${word}`,
      completed: index < shown.length - 1,
    })),
  });
  return startWsStandIn(scenario, () => ({
    format: 'f32le',
    onText: (text, client) => {
      const { uid } = parse(text);
      if (client.scenario === 'busy') {
        client.say({ uid, status: 'WAIT', message: 3.4 });
        return client.close(1000);
      }
      client.say({ uid, message: 'SERVER_READY', backend: 'faster_whisper' });
      client.say({ uid, language: 'en', language_prob: 0.98 });
    },
    onBinary: (frame, client) => {
      if (frame.toString('latin1') !== 'END_OF_AUDIO') return frame;
      client.close(1000);
      return null;
    },
    onAudio: (words, client) => {
      if (words.length > 0 && client.scenario !== 'talks') client.say(state(client.listener.words));
    },
    onEnd: () => undefined,
    longMessage: (text) => ({ uid: 'nightshift', segments: [{ start: '0.000', end: '1.000', text, completed: false }] }),
    busy: () => undefined,
  }));
}

/** `funasr_wss_server.py`: frames before the configuration are thrown away; an acknowledgement with `is_end`. */
export function startFunasrStandIn(scenario: Scenario): Promise<AsrStandIn> {
  const configured = new Set<StandInClient>();
  return startWsStandIn(scenario, (end) => ({
    format: 's16le',
    subprotocol: 'binary',
    onText: (text, client) => {
      const message = parse(text);
      if ('chunk_size' in message) configured.add(client);
      if (message['is_end'] === true) end(client);
    },
    onBinary: (frame, client) => (configured.has(client) ? frame : null),
    onEnd: (words, client) => {
      if (words.length > 0) {
        const timestamp = JSON.stringify(words.map(({ startSec, endSec }) => [startSec * 1_000, endSec * 1_000]));
        client.say({ mode: 'offline', text: textOf(words), wav_name: 'nightshift', is_final: true, timestamp });
      }
      client.say({ mode: 'offline', wav_name: 'nightshift', is_final: true, is_end: true });
    },
    longMessage: (text) => ({ mode: '2pass-online', text, wav_name: 'nightshift', is_final: false }),
  }));
}
