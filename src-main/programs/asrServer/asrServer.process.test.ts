import { request as httpRequest } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { builtInProfile } from '#shared/contract/profiles.ts';
import { createNightshiftAdapter } from '#main/core/servers/adapters/nightshift/nightshiftAdapter.ts';
import { HealthSchema, type ServerMessage } from '#main/core/servers/adapters/nightshift/protocol.ts';
import { scorePair } from '#main/core/scoring/score.ts';
import { createClock } from '#main/platform/clock.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { decodeSampleClips, inBlocks, type SampleClip } from '#main/testing/sampleClips.ts';
import { SAMPLE_MODEL, type SpeechServerProcess, startSpeechServer } from '#main/testing/speechServerProcess.ts';
import { MODES, type Mode } from '#shared/domain/mode.ts';

checkLeaks();

let clips: SampleClip[];
beforeAll(async () => {
  clips = await decodeSampleClips();
});

const openSockets = new Set<WebSocket>();
afterEach(() => {
  // A failed test must not hold a place that the next one needs.
  for (const socket of openSockets) socket.terminate();
  openSockets.clear();
});

/** A client that speaks the protocol word by word. */
class RawClient {
  readonly #socket: WebSocket;
  readonly #waiting: ServerMessage[] = [];
  #wake: (() => void) | null = null;
  readonly closed: Promise<number>;

  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url, { perMessageDeflate: false }));
    await new Promise((resolve) => client.#socket.once('open', resolve));
    return client;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    openSockets.add(socket);
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (data) => {
      this.#waiting.push(JSON.parse((data as Buffer).toString()) as ServerMessage);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
  }

  async next(): Promise<ServerMessage> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async until<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>> {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message as Extract<ServerMessage, { type: T }>;
    }
  }

  send(data: object | Buffer | string): void {
    this.#socket.send(Buffer.isBuffer(data) || typeof data === 'string' ? data : JSON.stringify(data));
  }

  async end(): Promise<number> {
    this.send({ type: 'stop' });
    return await this.closed;
  }
}

function health(port: number, headers: Record<string, string> = {}, host = '127.0.0.1'): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const question = httpRequest({ host, port, path: '/health', headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => {
        text += part.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    question.on('error', reject);
    question.end();
  });
}

describe('word error rate on the sample clips', () => {
  // Measured: streaming 5.26 %, chunked 10.00 %, original 2.63 %. Texts differ between processors in near-ties, so there is room above, and
  // none for a mode that lost its last words.
  const HIGHEST: Readonly<Record<Mode, number>> = { streaming: 0.08, chunked: 0.14, original: 0.05 };

  test.each(MODES)('%s', async (mode) => {
    const server = await startSpeechServer(mode);
    const session = await createNightshiftAdapter(builtInProfile('original', server.port), { clock: createClock() }).connect(
      server.url,
      new AbortController().signal,
    );
    let edits = 0;
    let referenceWords = 0;
    let audioSec = 0;
    let decodeSec = 0;
    for (const clip of clips) {
      const result = await session.transcribe({
        mode,
        blocks: inBlocks(clip.audio),
        language: 'en',
        chunkSec: 600,
        windowSec: 2,
        pacing: 'asFast',
        signal: new AbortController().signal,
      });
      const { counts } = scorePair(clip.reference, result.text, 'simple');
      edits += counts.substitutions + counts.deletions + counts.insertions;
      referenceWords += counts.referenceWords;
      audioSec += result.audioSec;
      decodeSec += result.decodeSec ?? Number.NaN;
      // The joined words are the text, in order and in time.
      const words = result.segments.flatMap((segment) => segment.words);
      expect(words.map(({ word }) => word).join(' ')).toBe(result.text);
      for (const [i, word] of words.entries()) {
        expect(word.startMs).toBeGreaterThanOrEqual(words[i - 1]?.startMs ?? 0);
        expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
        expect(word.confidence).toBeGreaterThan(0);
        expect(word.confidence).toBeLessThanOrEqual(1);
      }
    }
    await session.close();
    await server.stop();
    expect(clips).toHaveLength(24);
    expect(referenceWords).toBe(190);
    expect(edits / referenceWords, `${edits} of ${referenceWords} words`).toBeLessThanOrEqual(HIGHEST[mode]);
    expect(decodeSec / audioSec).toBeGreaterThan(0);
  });
});

describe('one server', () => {
  let server: SpeechServerProcess;
  beforeAll(async () => {
    server = await startSpeechServer('original', { args: ['--capacity', '2'] });
  });
  afterAll(async () => {
    await server.stop();
  });

  function samples(index = 0): Buffer {
    return clips[index]?.audio ?? Buffer.alloc(0);
  }

  test('greets with everything a client must know', async () => {
    const client = await RawClient.open(server.url);
    expect(await client.next()).toEqual({
      type: 'hello',
      message: 'Connected to Nightshift original server',
      protocol: 1,
      mode: 'original',
      capacity: 2,
      model: 'tiny-en (sample, 140 words)',
      sampleRate: 16_000,
      instance: 'test-instance',
    });
    expect(await client.end()).toBe(1000);
  });

  test('a plain S0 client: samples, finish, stop, finals, normal close', async () => {
    const client = await RawClient.open(server.url);
    client.send(samples());
    client.send({ type: 'finish' });
    client.send({ type: 'stop' });
    const final = await client.until('final');
    expect(final).toMatchObject({ id: null, language: 'en' });
    expect(final.original).toMatch(/^call window send/);
    expect(await client.closed).toBe(1000);
  });

  test('files may be sent ahead; each answer carries the id of its file', async () => {
    const client = await RawClient.open(server.url);
    for (const id of ['a', 'b', 'c']) {
      client.send({ type: 'start', id });
      client.send(samples());
      client.send({ type: 'finish' });
    }
    for (const id of ['a', 'b', 'c']) {
      expect((await client.until('final')).id).toBe(id);
      expect(await client.until('done')).toMatchObject({ id, audioMs: Math.round(samples().length / 64) });
    }
    await client.end();
  });

  test('long pieces are cut, with times that go on', async () => {
    const client = await RawClient.open(server.url);
    client.send({ type: 'start', id: 'long', chunkSec: 4 });
    const all = Buffer.concat(clips.map(({ audio }) => audio));
    for (let offset = 0; offset < all.length; offset += 640_000) client.send(all.subarray(offset, offset + 640_000));
    client.send({ type: 'finish' });
    const ends: number[] = [];
    for (let message = await client.next(); message.type !== 'done'; message = await client.next()) {
      if (message.type === 'final') ends.push(message.end - message.start, message.end);
    }
    const lengths = ends.filter((_, i) => i % 2 === 0);
    const last = ends.filter((_, i) => i % 2 === 1);
    expect(lengths.length).toBeGreaterThan(15);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4_000);
    expect(last).toEqual(last.toSorted((a, b) => a - b));
    expect(last.at(-1)).toBeGreaterThan(all.length / 64 - 2_000);
    await client.end();
  });

  test('a bad file is an error with a code, and the next file on the same connection is fine', async () => {
    const client = await RawClient.open(server.url);
    const bad: [string, (Buffer | object | string)[]][] = [
      ['BAD_FRAME', [Buffer.alloc(6)]],
      ['BAD_FRAME', [Buffer.from(Float32Array.of(0, Number.NaN).buffer)]],
      ['BAD_MESSAGE', ['{not json']],
      ['BAD_MESSAGE', [{ type: 'dance' }]],
      ['BAD_MESSAGE', [{ type: 'start', chunkSec: -1 }]],
    ];
    for (const [code, messages] of bad) {
      client.send({ type: 'start', id: code });
      for (const message of messages) client.send(message);
      expect(await client.until('error'), JSON.stringify(messages)).toMatchObject({ code, id: code });
      // What was on its way is let pass.
      client.send(samples());
      client.send({ type: 'finish' });
    }
    client.send({ type: 'start', id: 'good' });
    client.send(samples());
    client.send({ type: 'finish' });
    expect(await client.until('final')).toMatchObject({ id: 'good' });
    expect((await client.until('done')).id).toBe('good');
    await client.end();
  });

  test('a message that is too big closes with 1009', async () => {
    const client = await RawClient.open(server.url);
    await client.until('hello');
    client.send(Buffer.alloc(64 * 1024 * 1024 + 4));
    expect(await client.closed).toBe(1009);
  });

  test('one client too many hears busy; a place that is left can be taken', async () => {
    const first = await RawClient.open(server.url);
    const second = await RawClient.open(server.url);
    await Promise.all([first.until('hello'), second.until('hello')]);
    const third = await RawClient.open(server.url);
    expect(await third.next()).toMatchObject({ type: 'busy', capacity: 2 });
    expect(await third.closed).toBe(1013);
    await first.end();
    const fourth = await RawClient.open(server.url);
    await fourth.until('hello');
    await Promise.all([second.end(), fourth.end()]);
  });

  test('health answers on both stacks, and while decoding', async () => {
    const client = await RawClient.open(server.url);
    await client.until('hello');
    client.send({ type: 'start', id: 'busy', chunkSec: 600 });
    const all = Buffer.concat(clips.map(({ audio }) => audio));
    for (let i = 0; i < 7; i += 1) client.send(all);
    client.send({ type: 'finish' });
    const done = client.until('done').then(() => true);
    let asked = 0;
    for (let isDone = false; !isDone; asked += 1) {
      const { status, body } = await health(server.port);
      expect(status).toBe(200);
      expect(HealthSchema.parse(body)).toMatchObject({
        state: 'ready',
        instance: 'test-instance',
        pid: server.child.pid,
        mode: 'original',
      });
      isDone = await Promise.race([done, new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
    }
    expect(asked).toBeGreaterThan(3);
    expect((await health(server.port, {}, '::1')).status).toBe(200);
    await client.end();
  });

  test('web pages are refused: an Origin, and a name that was bound to loopback', async () => {
    expect((await health(server.port, { origin: 'http://localhost:5555' })).status).toBe(403);
    expect((await health(server.port, { host: 'evil.example' })).status).toBe(403);
    for (const options of [{ origin: 'https://evil.example' }, { headers: { host: 'evil.example' } }]) {
      const socket = new WebSocket(server.url, options);
      const status = await new Promise((resolve) => {
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('error', () => undefined);
      });
      socket.terminate();
      expect(status).toBe(403);
    }
  });
});

test('while the model loads, health says so and a WebSocket is told to wait', async () => {
  const server = await startSpeechServer('streaming', { until: /listening on/ });
  const first = await health(server.port);
  // On a fast machine the model may be there already: then there is nothing to see but `ready`.
  expect([200, 503]).toContain(first.status);
  expect(HealthSchema.parse(first.body).state).toBe(first.status === 200 ? 'ready' : 'loading');
  await server.stop();
});

describe('beginning and end', () => {
  async function exitOf(args: string[]): Promise<{ code: number | null; log: string }> {
    const child = await createSpawner().spawnProgram('asrServer', { args });
    let log = '';
    child.stdout.resume();
    child.stderr.on('data', (part: Buffer) => {
      log += part.toString();
    });
    const { code } = await child.exited;
    return { code, log };
  }

  test('a port that is taken, on either stack, is exit code 98 and says so', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen({ host, port: 0 }, resolve));
      const { port } = holder.address() as AddressInfo;
      const { code, log } = await exitOf(['--mode', 'original', '--port', String(port), '--model', SAMPLE_MODEL]);
      expect(code).toBe(98);
      expect(log).toContain(`port ${port} is already in use`);
      await new Promise((resolve) => holder.close(resolve));
    }
  });

  test('wrong arguments are exit code 2, a missing model 3 before anything listens', async () => {
    for (const args of [
      [],
      ['--mode', 'fast'],
      ['--mode', 'original', '--port', '70000', '--model', 'x'],
      ['--mode', 'original', '--port', '0', '--model', 'x', '--host', '0.0.0.0'],
    ]) {
      expect((await exitOf(args)).code).toBe(2);
    }
    const { code, log } = await exitOf(['--mode', 'original', '--port', '0', '--model', '/no/such/model']);
    expect(code).toBe(3);
    expect(log).toContain('MODEL_MISSING: /no/such/model');
    expect(log).not.toContain('listening');
  });

  test('it lives as long as its owner holds its standard input', async () => {
    const server = await startSpeechServer('original');
    server.child.stdin.end();
    expect(await server.child.exited).toEqual({ code: 0, signal: null });
    expect(server.log()).toContain('the owner is gone');
  });

  test('Ctrl-C does not end it, a polite signal does', async () => {
    const server = await startSpeechServer('original');
    process.kill(server.child.pid, 'SIGINT');
    expect((await health(server.port)).status).toBe(200);
    process.kill(server.child.pid, 'SIGTERM');
    expect(await server.child.exited).toEqual({ code: 0, signal: null });
  });

  test('in the middle of a file it says goodbye to its client and does not wait for the engine', async () => {
    const server = await startSpeechServer('original');
    const client = await RawClient.open(server.url);
    client.send({ type: 'start', id: 'never finished' });
    client.send(clips[0]?.audio ?? Buffer.alloc(0));
    await client.until('hello');
    while (HealthSchema.parse((await health(server.port)).body).sessions === 0);
    process.kill(server.child.pid, 'SIGTERM');
    expect(await client.closed).toBe(1001);
    await server.child.exited;
  });
});
