import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createClock } from '#main/platform/clock.ts';
import { createHttpClient } from '#main/platform/httpClient.ts';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { startInstantServer } from '#main/testing/instantServer.ts';
import type { Clock } from '#main/core/ports.ts';
import { builtInProfile, completeProfile } from '#shared/contract/profiles.ts';
import type { NightshiftError } from '#shared/errors/nightshiftError.ts';
import type { AsrAdapter, TranscribeRequest } from '../asrAdapter.ts';
import { createNightshiftAdapter } from '../nightshift/nightshiftAdapter.ts';
import { adapterFor } from '../registry.ts';
import { createS0Adapter } from '../s0/s0Adapter.ts';

const HELLO = { type: 'hello', protocol: 1, mode: 'original', capacity: 2, model: 'm', sampleRate: 16_000, instance: 'i' };
const s0Profile = completeProfile({ name: 'S0', mode: 'original', protocol: 's0' });
const never = new AbortController().signal;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server that greets and then does what the test says with each text or binary message. */
async function serverThat(
  onMessage: (socket: WebSocket, message: { type: string } | Buffer) => void,
  greeting: unknown = HELLO,
): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  ends.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    if (greeting !== null) socket.send(typeof greeting === 'string' ? greeting : JSON.stringify(greeting));
    socket.on('message', (data, isBinary) => {
      onMessage(socket, isBinary ? (data as Buffer) : (JSON.parse((data as Buffer).toString()) as { type: string }));
    });
  });
  return `ws://localhost:${(server.address() as AddressInfo).port}`;
}

function request(change: Partial<TranscribeRequest> = {}): TranscribeRequest {
  return { mode: 'original', blocks: blocksOf(1), language: null, chunkSec: 600, windowSec: 2, pacing: 'asFast', signal: never, ...change };
}

async function* blocksOf(seconds: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < seconds; i += 1) yield Buffer.alloc(64_000);
}

function isText(message: { type: string } | Buffer, type: string): boolean {
  return !Buffer.isBuffer(message) && message.type === type;
}

async function outcome(adapter: AsrAdapter, url: string, change: Partial<TranscribeRequest> = {}): Promise<unknown> {
  const session = await adapter.connect(url, never);
  ends.push(() => session.close());
  return await session.transcribe(request(change)).catch((error: unknown) => error);
}

function nightshift(clock: Clock = createClock()): AsrAdapter {
  return createNightshiftAdapter(builtInProfile('original', 8_001), { clock });
}

test('nothing at the port is SERVER_REFUSED, a greeting that is none or of another protocol SERVER_BAD_RESPONSE', async () => {
  const instant = await startInstantServer({ mode: 'original' });
  await instant.close();
  await expect(nightshift().connect(instant.url, never)).rejects.toMatchObject({ code: 'SERVER_REFUSED', data: { port: instant.port } });
  const bad = { code: 'SERVER_BAD_RESPONSE' };
  await expect(nightshift().connect(await serverThat(() => undefined, 'no json'), never)).rejects.toMatchObject(bad);
  await expect(nightshift().connect(await serverThat(() => undefined, { type: 'hello' }), never)).rejects.toMatchObject(bad);
  await expect(nightshift().connect(await serverThat(() => undefined, { ...HELLO, sampleRate: 8_000 }), never)).rejects.toMatchObject(bad);
});

test('a server without a greeting is given up after a while, and at once when nobody waits any more', async () => {
  const url = await serverThat(() => undefined, null);
  const clock = new FakeClock();
  const refused = nightshift(clock)
    .connect(url, never)
    .catch((error: unknown) => error);
  await clock.advance(30_000);
  expect(await refused).toMatchObject({ code: 'SERVER_REFUSED' });
  const stop = new AbortController();
  const cancelled = nightshift()
    .connect(url, stop.signal)
    .catch((error: unknown) => error);
  stop.abort();
  expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
});

test('a full server is SERVER_BUSY, and its place can be had again after a close', async () => {
  const instant = await startInstantServer({ mode: 'original', capacity: 1 });
  ends.push(() => instant.close());
  const first = await nightshift().connect(instant.url, never);
  await expect(nightshift().connect(instant.url, never)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
  await first.close();
  const second = await nightshift().connect(instant.url, never);
  await second.close();
});

test('a lost connection, an early close, an error and nonsense each have their code and end the session', async () => {
  const on = async (answer: (socket: WebSocket) => void): Promise<unknown> =>
    await outcome(nightshift(), await serverThat((socket, message) => isText(message, 'finish') && answer(socket)));
  expect(await on((socket) => socket.terminate())).toMatchObject({ code: 'CONNECTION_LOST' });
  expect(await on((socket) => socket.close(1011, 'oops'))).toMatchObject({ code: 'SERVER_CLOSED_EARLY', data: { closeCode: 1011 } });
  expect(await on((socket) => socket.close(1000))).toMatchObject({ code: 'SERVER_CLOSED_EARLY' });
  expect(await on((socket) => socket.send('{"type":"error","code":"DECODE_FAILED"}'))).toMatchObject({ code: 'SERVER_BAD_RESPONSE' });
  expect(await on((socket) => socket.send('{"type":"final"}'))).toMatchObject({ code: 'SERVER_BAD_RESPONSE' });
  expect(await on((socket) => socket.send('{"type":"busy"}'))).toMatchObject({ code: 'SERVER_BUSY' });
});

test('messages of a newer server are let pass', async () => {
  const url = await serverThat((socket, message) => {
    if (!isText(message, 'finish')) return;
    socket.send('{"type":"weather","sun":true}');
    socket.send('{"type":"done","audioMs":1000,"decodeMs":5}');
  });
  expect(await outcome(nightshift(), url)).toMatchObject({
    text: '',
    segments: [],
    audioSec: 1,
    decodeSec: 0.005,
    firstTokenLatencyMs: null,
  });
});

test('done before the audio has ended is no result', async () => {
  const url = await serverThat((socket, message) => {
    if (Buffer.isBuffer(message)) socket.send('{"type":"done","audioMs":0,"decodeMs":0}');
  });
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(64_000);
    await new Promise(() => undefined);
  }
  expect(await outcome(nightshift(), url, { blocks: slow() })).toMatchObject({ code: 'SERVER_BAD_RESPONSE' });
});

test('a silent server is given up after 30 s, or six times the audio when that is longer', async () => {
  const silent = async (audioSec: number): Promise<{ waitedMs: number; error: unknown }> => {
    const clock = new FakeClock();
    const finished = Promise.withResolvers<void>();
    const url = await serverThat((_socket, message) => {
      if (isText(message, 'finish')) finished.resolve();
    });
    // The clock stands still until everything has really been sent.
    const session = await nightshift(clock).connect(url, never);
    ends.push(() => session.close());
    let error: unknown;
    void session.transcribe(request({ blocks: blocksOf(audioSec) })).catch((thrown: unknown) => {
      error = thrown;
    });
    await finished.promise;
    await clock.advanceUntil(() => error !== undefined, 1_000_000);
    return { waitedMs: clock.monotonicMs(), error };
  };
  const short = await silent(1);
  expect(short.error).toMatchObject({ code: 'SERVER_SILENT', data: { timeoutMs: 30_000 } });
  const long = await silent(10);
  expect(long.error).toMatchObject({ code: 'SERVER_SILENT', data: { timeoutMs: 60_000 } });
});

test('an abort ends the file, and what the source throws comes out unchanged; the session is not used again', async () => {
  const url = await serverThat(() => undefined);
  const stop = new AbortController();
  const session = await nightshift().connect(url, never);
  const cancelled = session.transcribe(request({ signal: stop.signal }));
  stop.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(session.reusable).toBe(false);

  const broken = new Error('decoder');
  // oxlint-disable-next-line require-yield -- a source that fails before its first block
  async function* failing(): AsyncGenerator<Buffer> {
    throw broken;
  }
  expect(await outcome(nightshift(), url, { blocks: failing() })).toBe(broken);
});

test('real-time pacing sends frames of 100 ms when they are due, in every mode', async () => {
  const clock = new FakeClock();
  const frames: { bytes: number; atMs: number }[] = [];
  const url = await serverThat((socket, message) => {
    if (Buffer.isBuffer(message)) frames.push({ bytes: message.length, atMs: clock.monotonicMs() });
    if (isText(message, 'finish')) socket.send('{"type":"done","audioMs":1000,"decodeMs":0}');
  });
  // The clock stands still until the greeting is there: its deadline is a timer, too.
  const session = await nightshift(clock).connect(url, never);
  ends.push(() => session.close());
  let result: unknown;
  void session.transcribe(request({ pacing: 'realTime' })).then((value) => {
    result = value;
  });
  await clock.advanceUntil(() => result !== undefined);
  expect(result).toMatchObject({ audioSec: 1 });
  expect(frames.map(({ bytes }) => bytes)).toEqual(Array.from({ length: 10 }, () => 6_400));
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(900);
});

test('S0: a long block is split into frames of a second, finish and stop follow each other, the close is the end', async () => {
  const seen: (string | number)[] = [];
  const url = await serverThat(
    (socket, message) => {
      seen.push(Buffer.isBuffer(message) ? message.length : message.type);
      if (isText(message, 'finish')) socket.send('{"type":"final","start":0,"end":900,"original":" one two ","language":"en"}');
      if (isText(message, 'stop')) {
        socket.send('{"type":"final","start":900,"end":2500,"original":"three"}');
        socket.close(1000);
      }
    },
    { type: 'hello', message: 'Connected to streaming server' },
  );
  const session = await createS0Adapter(s0Profile, { clock: createClock() }).connect(url, never);
  expect(session.hello).toEqual({ protocol: 's0', capacity: 1, model: null, instance: null });
  async function* whole(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(160_000);
  }
  expect(await session.transcribe(request({ blocks: whole() }))).toMatchObject({
    text: 'one two three',
    language: 'en',
    audioSec: 2.5,
    decodeSec: null,
    segments: [
      { startMs: 0, endMs: 900, text: 'one two', words: [] },
      { startMs: 900, endMs: 2_500, text: 'three', words: [] },
    ],
  });
  expect(seen).toEqual([64_000, 64_000, 32_000, 'finish', 'stop']);
  await expect(session.transcribe(request())).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
});

test('S0: any close but a normal one after the audio is an early close', async () => {
  const greeting = { type: 'hello', message: 'Connected' };
  const adapter = createS0Adapter(s0Profile, { clock: createClock() });
  const failing = await serverThat((socket, message) => isText(message, 'stop') && socket.close(1011), greeting);
  expect(await outcome(adapter, failing)).toMatchObject({ code: 'SERVER_CLOSED_EARLY', data: { closeCode: 1011 } });
  const hasty = await serverThat((socket, message) => Buffer.isBuffer(message) && socket.close(1000), greeting);
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(64_000);
    await new Promise(() => undefined);
  }
  expect(await outcome(adapter, hasty, { blocks: slow() })).toMatchObject({ code: 'SERVER_CLOSED_EARLY' });
});

test('a server that goes on talking while nobody listens is left', async () => {
  const url = await serverThat((socket, message) => {
    if (!isText(message, 'finish')) return;
    socket.send('{"type":"done","audioMs":1000,"decodeMs":5}');
    const partial = JSON.stringify({ type: 'partial', original: 'x'.repeat(1024 * 1024) });
    for (let i = 0; i < 20; i += 1) socket.send(partial);
  });
  const session = await nightshift().connect(url, never);
  ends.push(() => session.close());
  await session.transcribe(request());
  await expect.poll(() => session.reusable).toBe(false);
});

test('keys in an address and keys that a server repeats are in no error', async () => {
  const kit = completeProfile({
    ...{ name: 'Kit', mode: 'original', protocol: 'whisperlivekit' },
    options: { apiKey: 'open-sesame', fields: { session_token: 'abracadabra' } },
  });
  const refused = createServer((incoming, response) => {
    response.writeHead(incoming.url === '/health' ? 200 : 401).end(`wrong key ${kit.options.apiKey}`);
  });
  refused.on('upgrade', (_incoming, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
  await new Promise<void>((resolve) => refused.listen({ host: '127.0.0.1', port: 0 }, resolve));
  ends.push(() => refused.close());
  const url = `ws://localhost:${(refused.address() as AddressInfo).port}`;
  const ports = { clock: createClock(), http: createHttpClient() };
  const overHttp = { ...kit, protocol: 'openai' as const, path: '/v1/audio/transcriptions' };
  for (const profile of [kit, overHttp]) {
    const error = await outcome(adapterFor(profile, ports), url);
    expect(error).toMatchObject({ code: 'SERVER_REJECTED' });
    expect(JSON.stringify((error as NightshiftError).data)).not.toMatch(/sesame|abracadabra/);
  }
});
