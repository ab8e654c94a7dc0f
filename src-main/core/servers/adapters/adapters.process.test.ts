import type { AddressInfo } from 'node:net';
import { describe } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createClock } from '#main/platform/clock.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { builtInProfile, completeProfile } from '#shared/contract/profiles.ts';
import { MODES } from '#shared/domain/mode.ts';
import { type AdapterTarget, describeAdapter } from './adapter.suite.ts';
import { createNightshiftAdapter } from './nightshift/nightshiftAdapter.ts';
import { createS0Adapter } from './s0/s0Adapter.ts';

checkLeaks();
const s0Profile = completeProfile({ name: 'S0', mode: 'original', protocol: 's0' });
const clock = createClock();

for (const mode of MODES) {
  describe(`our adapter on our ${mode} server`, () => {
    describeAdapter(async () => {
      const { url, stop } = await startSpeechServer(mode);
      return { adapter: createNightshiftAdapter(builtInProfile('original', 8_001), { clock }), url, stop };
    });
  });
}

describe('the S0 adapter on our streaming server', () => {
  describeAdapter(async () => {
    const { url, stop } = await startSpeechServer('streaming');
    return { adapter: createS0Adapter(s0Profile, { clock }), url, stop };
  });
});

describe('the S0 adapter on a server that behaves as those of S0', () => {
  describeAdapter(startS0Server);
});

/**
 * The wire behaviour of STiTy's chunked server (`librispeech_chunked_server.py`): greeting without protocol, many `final`s, no end marker,
 * texts handled strictly in order, and a pause after `finish`. It recognises by handing the samples of each file to our own server,
 * so that the words are real; the pause, there as long as the audio, is left out.
 */
async function startS0Server(): Promise<AdapterTarget> {
  const engine = await startSpeechServer('original');
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 10 * 1024 * 1024 });
  await new Promise((resolve) => server.once('listening', resolve));
  const nightshift = createNightshiftAdapter(builtInProfile('original', 8_001), { clock });
  const recognise = async (socket: WebSocket, audio: readonly Buffer[]): Promise<void> => {
    const stop = new AbortController();
    const session = await nightshift.connect(engine.url, stop.signal);
    async function* blocks(): AsyncGenerator<Buffer> {
      yield* audio;
    }
    const { segments } = await session.transcribe({
      mode: 'original',
      blocks: blocks(),
      language: null,
      chunkSec: 30,
      windowSec: 2,
      pacing: 'asFast',
      signal: stop.signal,
    });
    for (const { startMs, endMs, text } of segments) {
      socket.send(JSON.stringify({ type: 'final', start: startMs, end: endMs, original: text, language: 'en' }));
    }
    await session.close();
  };
  server.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'hello', message: 'Connected to chunked server', mode: 'chunked', chunk_size: 2.0 }));
    let audio: Buffer[] = [];
    let turn = Promise.resolve();
    socket.on('message', (data, isBinary) => {
      const content = data as Buffer;
      if (isBinary) {
        audio.push(content);
        return;
      }
      const { type } = JSON.parse(content.toString()) as { type: string };
      if (type === 'finish') {
        const whole = audio;
        audio = [];
        turn = turn.then(() => recognise(socket, whole));
      }
      if (type === 'stop') void turn.then(() => socket.close(1000));
    });
  });
  return {
    adapter: createS0Adapter(s0Profile, { clock }),
    url: `ws://localhost:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await engine.stop();
    },
  };
}
