import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeSampleClips, inBlocks, type SampleClip } from '#main/testing/sampleClips.ts';
import type { AsrAdapter, TranscribeRequest } from './asrAdapter.ts';

export interface AdapterTarget {
  readonly adapter: AsrAdapter;
  readonly url: string;
  stop(): Promise<void>;
}

const never = new AbortController().signal;

/**
 * What every adapter does with a server that it can talk to, whichever protocol that is. Text is judged by the words that were really
 * said, not by what another run returned.
 */
export function describeAdapter(start: () => Promise<AdapterTarget>): void {
  let target: AdapterTarget;
  let clips: SampleClip[];

  beforeAll(async () => {
    clips = await decodeSampleClips();
    target = await start();
  });
  afterAll(async () => {
    await target.stop();
  });

  const request = (audio: Buffer, change: Partial<TranscribeRequest> = {}): TranscribeRequest => ({
    mode: 'original',
    blocks: inBlocks(audio),
    language: null,
    chunkSec: 600,
    windowSec: 2,
    pacing: 'asFast',
    signal: never,
    ...change,
  });

  /** One file, on a connection that is kept where the protocol allows. */
  const transcribeAll = async (files: readonly SampleClip[]) => {
    const results = [];
    let session = await target.adapter.connect(target.url, never);
    for (const clip of files) {
      results.push(await session.transcribe(request(clip.audio)));
      if (session.reusable) continue;
      await session.close();
      session = await target.adapter.connect(target.url, never);
    }
    await session.close();
    return results;
  };

  test('says who it talks to', async () => {
    const session = await target.adapter.connect(target.url, never);
    expect(session.hello.capacity).toBeGreaterThanOrEqual(1);
    await session.close();
  });

  test('returns the words of one file after the other, with times inside the audio', async () => {
    const files = clips.slice(0, 6);
    const results = await transcribeAll(files);
    for (const [index, result] of results.entries()) {
      const clip = files[index];
      const said = new Set(clip?.reference.toLowerCase().split(' '));
      const words = result.text.split(' ');
      expect(words.filter((word) => said.has(word)).length / said.size, `${clip?.name}: ${result.text}`).toBeGreaterThan(0.6);
      expect(result.audioSec).toBe((clip?.audio.length ?? 0) / 64_000);
      expect(result.processingSec).toBeGreaterThan(0);
      expect(result.firstTokenLatencyMs).toBeGreaterThan(0);
      expect(result.segments.map(({ text }) => text).join(' ')).toBe(result.text);
      for (const { startMs, endMs } of result.segments) {
        expect(startMs).toBeGreaterThanOrEqual(0);
        expect(endMs).toBeGreaterThanOrEqual(startMs);
        expect(endMs).toBeLessThanOrEqual(result.audioSec * 1_000 + 1);
      }
    }
  });

  test('a file of nothing is a result without text', async () => {
    const session = await target.adapter.connect(target.url, never);
    expect(await session.transcribe(request(Buffer.alloc(0)))).toMatchObject({
      text: '',
      segments: [],
      audioSec: 0,
      firstTokenLatencyMs: null,
    });
    await session.close();
  });

  test('an aborted file leaves the server usable', async () => {
    const stop = new AbortController();
    const session = await target.adapter.connect(target.url, never);
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(64_000);
      stop.abort();
      await new Promise(() => undefined);
    }
    await expect(session.transcribe(request(Buffer.alloc(0), { blocks: endless(), signal: stop.signal }))).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(session.reusable).toBe(false);
    await session.close();
    const [result] = await transcribeAll(clips.slice(0, 1));
    expect(result?.text).not.toBe('');
  });

  test('many files, sent as fast as they are taken, each get their own text', async () => {
    const first = clips[0];
    const second = clips[12];
    if (first === undefined || second === undefined) throw new Error('clips are missing');
    const results = await transcribeAll(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second)));
    const texts = new Set(results.map(({ text }, i) => `${i % 2} ${text}`));
    expect(texts.size).toBe(2);
    expect(results[0]?.text).not.toBe(results[1]?.text);
  });

  test('a long file is taken as fast as the server works and comes back whole', async () => {
    // Ten times all clips: 13 minutes, 49 MB, more than one frame and more than waits on either side.
    const all = Buffer.concat(clips.map(({ audio }) => audio));
    const session = await target.adapter.connect(target.url, never);
    async function* ten(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 10; i += 1) yield* inBlocks(all);
    }
    const result = await session.transcribe(request(Buffer.alloc(0), { blocks: ten(), chunkSec: 30 }));
    await session.close();
    expect(result.audioSec).toBeCloseTo((all.length / 64_000) * 10, 3);
    expect(result.segments.at(-1)?.endMs ?? 0).toBeGreaterThan(result.audioSec * 1_000 * 0.99);
    // 190 words in all clips; a tenth may be lost where two clips meet.
    expect(result.text.split(' ').length).toBeGreaterThan(1_700);
  });
}
