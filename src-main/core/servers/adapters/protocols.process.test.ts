import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startHttpStandIn, startOpenaiStandIn, startWhisperCppStandIn } from '#main/testing/asrStandIns/httpStandIn.ts';
import type { AsrStandIn } from '#main/testing/asrStandIns/standIn.ts';
import { startSimulStreamingStandIn } from '#main/testing/asrStandIns/tcpStandIn.ts';
import {
  startFunasrStandIn,
  startSherpaOfflineStandIn,
  startVoskStandIn,
  startWhisperLiveKitStandIn,
  startWhisperLiveStandIn,
} from '#main/testing/asrStandIns/wsDialects.ts';
import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { AsrAdapter, TranscribeRequest, Transcription } from './asrAdapter.ts';
import { type ConformanceTarget, profileFor, requestOf, testPorts, transcribe } from './conformance.suite.ts';
import { adapterFor } from './registry.ts';

const never = new AbortController().signal;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function kept(standIn: Promise<AsrStandIn>): Promise<AsrStandIn> {
  const started = await standIn;
  ends.push(() => started.close());
  return started;
}

function adapter(protocol: ServerProfile['protocol'], profile: ConformanceTarget['profile'] = {}): AsrAdapter {
  return adapterFor(profileFor({ protocol, profile }), testPorts);
}

async function send(chosen: AsrAdapter, standIn: AsrStandIn, change: Partial<TranscribeRequest> = {}): Promise<Transcription> {
  return await transcribe(chosen, standIn, requestOf(2, change));
}

describe('what each server is told', () => {
  test('openai: the form, the key, the language without its region, and what the profile adds or changes', async () => {
    const standIn = await kept(startOpenaiStandIn('normal'));
    const options = { model: 'large', language: 'ko-KR', prompt: 'names', apiKey: 'k', fields: { temperature: '0', model: 'other' } };
    const result = await send(adapter('openai', { options }), standIn);
    expect(standIn.heard).toEqual([
      'GET /health Bearer k',
      'POST /v1/audio/transcriptions Bearer k',
      'response_format=verbose_json',
      'timestamp_granularities[]=word',
      'timestamp_granularities[]=segment',
      'language=ko',
      'prompt=names',
      'temperature=0',
      'model=other',
    ]);
    expect(result).toMatchObject({ language: 'en', segments: [{ text: 'n1', words: [{ word: 'n1', startMs: 0, endMs: 800 }] }, {}] });
  });

  test('openai: bare text is asked for once the rest was refused, and then at once', async () => {
    const standIn = await kept(startOpenaiStandIn('normal', true));
    const chosen = adapter('openai');
    await send(chosen, standIn);
    await send(chosen, standIn);
    expect(standIn.heard.filter((heard) => heard.startsWith('response_format'))).toEqual([
      'response_format=verbose_json',
      'response_format=json',
      'response_format=json',
    ]);
  });

  test('openai: in the chunked mode each window is a request', async () => {
    const standIn = await kept(startOpenaiStandIn('normal'));
    const result = await transcribe(adapter('openai'), standIn, requestOf(5, { mode: 'chunked', windowSec: 2 }));
    expect(standIn.heard.filter((heard) => heard.startsWith('POST'))).toHaveLength(3);
    expect(result.segments.map(({ text, startMs }) => [text, startMs])).toEqual([
      ['n1', 0],
      ['n2', 1_000],
      ['n3', 2_000],
      ['n4', 3_000],
      ['n5', 4_000],
    ]);
  });

  test('whisper.cpp: any language unless one is wanted, whole words, tokens joined', async () => {
    const standIn = await kept(startWhisperCppStandIn('normal'));
    const result = await send(adapter('whisper-cpp'), standIn);
    await send(adapter('whisper-cpp'), standIn, { language: 'en-GB' });
    expect(standIn.heard).toEqual([
      'GET /health',
      'POST /inference',
      ...['response_format=verbose_json', 'language=auto', 'no_language_probabilities=true', 'split_on_word=true'],
      'GET /health',
      'POST /inference',
      ...['response_format=verbose_json', 'language=en', 'no_language_probabilities=true', 'split_on_word=true'],
    ]);
    expect(result.segments[1]?.words).toEqual([{ word: 'n2', startMs: 1_000, endMs: 1_800, confidence: expect.closeTo(0.8) }]);
  });

  test('vosk: the rate first, and eof byte for byte', async () => {
    const standIn = await kept(startVoskStandIn('normal'));
    await send(adapter('vosk'), standIn);
    expect(standIn.heard).toEqual(['/', '{"config":{"sample_rate":16000,"words":true,"max_alternatives":0}}', '{"eof" : 1}']);
  });

  test('WhisperLiveKit: language and key in the address; a server that wants files, not samples, is named', async () => {
    const standIn = await kept(startWhisperLiveKitStandIn('normal'));
    const ready = { check: { kind: 'handshake' } } as const;
    await send(adapter('whisperlivekit', { ready, options: { apiKey: 'k' } }), standIn, { language: 'en-US' });
    expect(standIn.heard).toEqual(['/asr?mode=full&language=en&token=k', 'binary ']);
    const encoded = await kept(startWhisperLiveKitStandIn('normal', false));
    await expect(send(adapter('whisperlivekit', { ready }), encoded)).rejects.toMatchObject({
      code: 'SERVER_REJECTED',
      data: { detail: 'it was started without --pcm-input' },
    });
  });

  test('WhisperLive: options before audio, and a wait in minutes is a full server', async () => {
    const standIn = await kept(startWhisperLiveStandIn('normal'));
    const chosen = adapter('whisperlive', { pacing: 'asRun', end: { kind: 'quiet', quietMs: 200 } });
    await send(chosen, standIn);
    expect(JSON.parse(standIn.heard[1] ?? '')).toMatchObject({
      uid: 'nightshift',
      language: null,
      model: 'small',
      audio_format: 'float32',
    });
    standIn.scenario = 'busy';
    await expect(send(chosen, standIn)).rejects.toMatchObject({ code: 'SERVER_BUSY', data: { retryAfterMs: 204_000 } });
  });

  test('sherpa-onnx for files: longer audio than it takes is cut; what the user does not let us cut is over its limit', async () => {
    const standIn = await kept(startSherpaOfflineStandIn('normal'));
    expect((await transcribe(adapter('sherpa-offline'), standIn, requestOf(310))).segments).toHaveLength(2);
    const whole = adapter('sherpa-offline', { options: { requestSec: 3_600 } });
    await expect(transcribe(whole, standIn, requestOf(310))).rejects.toMatchObject({ code: 'AUDIO_OVER_SERVER_LIMIT' });
  });

  test('SimulStreaming: silence after the audio brings out the last words, and our side is closed', async () => {
    const standIn = await kept(startSimulStreamingStandIn('normal'));
    expect((await send(adapter('simulstreaming'), standIn)).text).toBe('n1 n2');
    expect((await send(adapter('simulstreaming', { tailSilenceMs: 0 }), standIn)).text).toBe('');
    expect(standIn.heard).toEqual(['end of stream', 'end of stream']);
  });

  test('FunASR: configuration first, with what the profile adds', async () => {
    const standIn = await kept(startFunasrStandIn('normal'));
    await send(adapter('funasr', { options: { fields: { hotwords: '{"a":1}' } } }), standIn, { mode: 'streaming' });
    expect(JSON.parse(standIn.heard[1] ?? '')).toMatchObject({
      mode: '2pass',
      chunk_size: [5, 10, 5],
      audio_fs: 16_000,
      hotwords: '{"a":1}',
    });
    expect(standIn.heard[2]).toBe('{"is_speaking":false,"is_end":true}');
  });
});

describe('answers over HTTP', () => {
  const answering = (status: number, body: unknown): Promise<AsrStandIn> =>
    kept(startHttpStandIn('normal', { path: '/v1/audio/transcriptions', answer: () => ({ status, body }) }));

  test.each([
    [401, 'SERVER_REJECTED'],
    [404, 'SERVER_REJECTED'],
    [413, 'AUDIO_OVER_SERVER_LIMIT'],
    [415, 'SERVER_BAD_RESPONSE'],
    [500, 'SERVER_BAD_RESPONSE'],
    [503, 'SERVER_BUSY'],
  ])('%i is %s', async (status, code) => {
    await expect(send(adapter('openai'), await answering(status, { detail: 'no' }))).rejects.toMatchObject({ code });
  });

  test('what the server says against the request is told, but not our key', async () => {
    const failed = send(
      adapter('openai', { options: { apiKey: 'secret-key' } }),
      await answering(404, { detail: 'model is not installed' }),
    );
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ data: { httpStatus: 404, detail: 'HTTP 404: {"detail":"model is not installed"}' } });
    expect(JSON.stringify(error)).not.toContain('secret-key');
  });

  test('a success without a text is none', async () => {
    await expect(send(adapter('openai'), await answering(200, { error: 'no' }))).rejects.toMatchObject({ code: 'SERVER_BAD_RESPONSE' });
  });

  test('a server that is not ready is refused', async () => {
    const server = createServer((_request, response) => response.writeHead(503).end('{"status":"loading model"}'));
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    ends.push(async () => await new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    await expect(adapter('whisper-cpp').connect(`http://localhost:${port}`, never)).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      data: { httpStatus: 503 },
    });
  });

  test('a full server in the middle of a file is asked again', async () => {
    let requests = 0;
    const standIn = await kept(
      startHttpStandIn('normal', {
        path: '/v1/audio/transcriptions',
        answer: (words) => {
          requests += 1;
          return requests === 2 ? { status: 503, body: {} } : { status: 200, body: { text: words.map(({ word }) => word).join(' ') } };
        },
      }),
    );
    expect((await transcribe(adapter('openai'), standIn, requestOf(4, { mode: 'chunked', windowSec: 2 }))).text).toBe('n1 n2 n3 n4');
    expect(requests).toBe(3);
  });
});
