import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#main/testing/fakeClock.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import type { ChildExit, ChildProcessHandle, Spawner } from '../ports.ts';
import { createMediaDecoder, type DecoderSettings, type MediaDecoderOptions } from './decoderClient.ts';
import { type DecoderReply, type DecoderRequest, encodeFrameHead } from './decoderProtocol.ts';
import type { MediaDecoder } from './mediaDecoder.ts';

/** A decoder process whose every word the test says. */
class ScriptedChild implements ChildProcessHandle {
  readonly pid: number;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exited: Promise<ChildExit>;
  readonly requests: DecoderRequest[] = [];
  readonly args: readonly string[];
  isGone = false;
  #exit: (exit: ChildExit) => void = () => undefined;

  constructor(pid: number, args: readonly string[]) {
    this.pid = pid;
    this.args = args;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
    this.stdin.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split('\n')) this.requests.push(JSON.parse(line) as DecoderRequest);
    });
  }

  say(reply: DecoderReply, payload = Buffer.alloc(0)): void {
    this.stdout.write(Buffer.concat([encodeFrameHead(reply, payload.length), payload]));
  }

  die(exit: ChildExit): void {
    this.isGone = true;
    this.#exit(exit);
  }

  terminate(): Promise<ChildExit> {
    this.die({ code: null, signal: 'SIGTERM' });
    return this.exited;
  }
}

interface Bench {
  readonly clock: FakeClock;
  readonly children: ScriptedChild[];
  readonly decoder: MediaDecoder;
  settings: DecoderSettings;
}

function createBench(options: Partial<MediaDecoderOptions> = {}): Bench {
  const clock = new FakeClock();
  const children: ScriptedChild[] = [];
  const spawner: Spawner = {
    spawnProgram: (_program, { args }) => {
      const child = new ScriptedChild(1_000 + children.length, args);
      children.push(child);
      return Promise.resolve(child);
    },
    processStartId: () => Promise.resolve(null),
    spawnServer: () => Promise.reject(new Error('not used')),
    endLeftServer: () => Promise.resolve(false),
    memoryKills: () => Promise.resolve(null),
    treeRssBytes: () => Promise.resolve(null),
  };
  const bench = { clock, children, settings: { route: 'auto', ffmpegPath: null } as DecoderSettings };
  const decoder = createMediaDecoder({ spawner, clock, logger: silentLogger, settings: () => bench.settings, hangMs: 60_000, ...options });
  return Object.assign(bench, { decoder });
}

function only(children: readonly ScriptedChild[]): ScriptedChild {
  const [child] = children;
  if (child === undefined || children.length > 1) throw new Error(`${String(children.length)} children`);
  return child;
}

const facts = {
  sha256: 'aa',
  sizeBytes: 1,
  modifiedMs: 2,
  container: 'wav',
  codec: 'pcm_s16le',
  sampleRateHz: 16_000,
  channels: 1,
  audioStreams: 1,
  announcedSec: 1,
};
const summary = { decodedSec: 1, announcedSec: 1, badPackets: 0, nonFiniteSamples: 0 };
const block = Buffer.alloc(64_000);

describe('media decoder', () => {
  it('starts nothing before there is something to do, and one process for several jobs', async () => {
    const { decoder, children, clock } = createBench();
    expect(children).toHaveLength(0);
    const answers = Promise.all([decoder.inspect('/a'), decoder.inspect('/b')]);
    await clock.whenIdle();
    const child = only(children);
    expect(child.args).toEqual(['--route', 'auto']);
    expect(child.requests).toEqual([
      { type: 'inspect', path: '/a', job: 1 },
      { type: 'inspect', path: '/b', job: 2 },
    ]);
    child.say({ type: 'facts', job: 2, facts });
    child.say({ type: 'facts', job: 1, facts: { ...facts, sha256: 'bb' } });
    expect((await answers).map(({ sha256 }) => sha256)).toEqual(['bb', 'aa']);
    await decoder.close();
    expect(child.isGone).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks for the route once, and again when the settings changed', async () => {
    const bench = createBench();
    const first = Promise.all([bench.decoder.info(), bench.decoder.info()]);
    await bench.clock.whenIdle();
    only(bench.children).say({ type: 'info', job: 1, info: { route: 'node-av', version: '1', path: null } });
    expect((await first).map(({ route }) => route)).toEqual(['node-av', 'node-av']);
    bench.settings = { route: 'ffmpeg', ffmpegPath: '/opt/ffmpeg' };
    const second = bench.decoder.info();
    await bench.clock.whenIdle();
    const [old, fresh] = bench.children;
    expect(old?.isGone).toBe(true);
    expect(fresh?.args).toEqual(['--route', 'ffmpeg', '--ffmpeg', '/opt/ffmpeg']);
    fresh?.say({ type: 'info', job: 1, info: { route: 'ffmpeg', version: '7', path: '/opt/ffmpeg' } });
    expect((await second).route).toBe('ffmpeg');
    await bench.decoder.close();
  });

  it('holds the decoder back at the pace of the consumer', async () => {
    const { decoder, children, clock } = createBench();
    const job = decoder.decode('/a');
    await clock.whenIdle();
    const child = only(children);
    expect(child.requests).toEqual([{ type: 'decode', path: '/a', credit: 16, job: 1 }]);
    for (let sent = 0; sent < 16; sent += 1) child.say({ type: 'block', job: 1 }, block);
    await clock.whenIdle();
    expect(child.requests).toHaveLength(1);
    const blocks = job.blocks[Symbol.asyncIterator]();
    for (let read = 0; read < 5; read += 1) expect((await blocks.next()).value).toHaveLength(64_000);
    await clock.whenIdle();
    expect(child.requests.slice(1)).toEqual([{ type: 'credit', job: 1, blocks: 4 }]);
    child.say({ type: 'end', job: 1, summary });
    let left = 0;
    while ((await blocks.next()).done !== true) left += 1;
    expect(left).toBe(11);
    expect(await job.summary).toEqual(summary);
    await decoder.close();
  });

  it('fails the jobs in flight when the process dies, and starts another one', async () => {
    const { decoder, children, clock } = createBench();
    const job = decoder.decode('/a');
    const inspection = decoder.inspect('/b');
    inspection.catch(() => undefined);
    await clock.whenIdle();
    const first = only(children);
    first.say({ type: 'block', job: 1 }, block);
    await clock.whenIdle();
    first.die({ code: null, signal: 'SIGKILL' });
    const blocks = job.blocks[Symbol.asyncIterator]();
    expect((await blocks.next()).done).toBe(false);
    await expect(blocks.next()).rejects.toMatchObject({ code: 'DECODER_CRASHED', data: { detail: 'signal SIGKILL' } });
    await expect(job.summary).rejects.toMatchObject({ code: 'DECODER_CRASHED' });
    await expect(inspection).rejects.toMatchObject({ code: 'DECODER_CRASHED' });
    const again = decoder.inspect('/b');
    await clock.whenIdle();
    children[1]?.say({ type: 'facts', job: 1, facts });
    expect(await again).toEqual(facts);
    await decoder.close();
    expect(children.map(({ isGone }) => isGone)).toEqual([true, true]);
  });

  it('ends a process that stays silent although it owes something', async () => {
    const { decoder, children, clock } = createBench();
    const inspection = decoder.inspect('/a');
    inspection.catch(() => undefined);
    await clock.whenIdle();
    const child = only(children);
    await clock.advance(50_000);
    child.say({ type: 'alive', job: 1 });
    await clock.advance(50_000);
    expect(child.isGone).toBe(false);
    await clock.advance(20_000);
    expect(child.isGone).toBe(true);
    await expect(inspection).rejects.toMatchObject({ code: 'DECODER_HUNG' });
    await decoder.close();
  });

  it('does not blame the decoder for a consumer that takes its time', async () => {
    const { decoder, children, clock } = createBench();
    const job = decoder.decode('/a');
    await clock.whenIdle();
    const child = only(children);
    for (let sent = 0; sent < 16; sent += 1) child.say({ type: 'block', job: 1 }, block);
    await clock.advance(3_600_000);
    expect(child.isGone).toBe(false);
    const blocks = job.blocks[Symbol.asyncIterator]();
    for (let read = 0; read < 4; read += 1) await blocks.next();
    await clock.advance(30_000);
    expect(child.isGone).toBe(false);
    await clock.advance(60_000);
    expect(child.isGone).toBe(true);
    await expect(job.summary).rejects.toMatchObject({ code: 'DECODER_HUNG' });
    await decoder.close();
  });

  it('cancels by signal and by leaving the loop', async () => {
    const { decoder, children, clock } = createBench();
    const stop = new AbortController();
    const aborted = decoder.decode('/a', stop.signal);
    const inspection = decoder.inspect('/b', stop.signal);
    inspection.catch(() => undefined);
    const left = decoder.decode('/c');
    await clock.whenIdle();
    const child = only(children);
    stop.abort();
    child.say({ type: 'block', job: 3 }, block);
    for await (const piece of left.blocks) {
      expect(piece).toHaveLength(64_000);
      break;
    }
    await clock.whenIdle();
    expect(child.requests.filter(({ type }) => type === 'cancel').map(({ job }) => job)).toEqual([1, 2, 3]);
    for (const promise of [aborted.summary, inspection, left.summary, decoder.inspect('/d', AbortSignal.abort())]) {
      await expect(promise).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    await expect(decoder.decode('/e', AbortSignal.abort()).summary).rejects.toMatchObject({ code: 'CANCELLED' });
    await decoder.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('replaces a worn-out process between jobs', async () => {
    const { decoder, children, clock } = createBench({ jobsPerProcess: 2 });
    const answers = Promise.all([decoder.inspect('/a'), decoder.inspect('/b'), decoder.inspect('/c')]);
    await clock.whenIdle();
    const [first, second] = children;
    expect(children.map(({ requests }) => requests.length)).toEqual([2, 1]);
    first?.say({ type: 'facts', job: 1, facts });
    await clock.whenIdle();
    expect(first?.isGone).toBe(false);
    first?.say({ type: 'facts', job: 2, facts });
    await clock.whenIdle();
    expect(first?.isGone).toBe(true);
    second?.say({ type: 'facts', job: 1, facts });
    expect(await answers).toHaveLength(3);
    await decoder.close();
  });

  it('spreads jobs over several processes', async () => {
    const { decoder, children, clock } = createBench({ processCount: 2 });
    const answers = ['/a', '/b', '/c'].map((path) => decoder.inspect(path));
    const settled = Promise.allSettled(answers);
    await clock.whenIdle();
    expect(children.map(({ requests }) => requests.length).toSorted()).toEqual([1, 2]);
    await decoder.close();
    expect((await settled).map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : ''))).toEqual(
      answers.map(() => 'SHUTTING_DOWN'),
    );
  });

  it('does not start after it was closed', async () => {
    const { decoder, children } = createBench();
    await decoder.close();
    await expect(decoder.inspect('/a')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(decoder.decode('/a').summary).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(children).toHaveLength(0);
  });

  it('takes anything else on the output of the process for a crash', async () => {
    const { decoder, children, clock } = createBench();
    const inspection = decoder.inspect('/a');
    inspection.catch(() => undefined);
    await clock.whenIdle();
    only(children).stdout.write('a warning of some library\n');
    await expect(inspection).rejects.toMatchObject({ code: 'DECODER_CRASHED', data: { detail: 'unreadable output' } });
    await decoder.close();
  });
});
