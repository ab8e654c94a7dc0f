import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaDecoder } from '#main/core/media/decoderClient.ts';
import { isPartial } from '#main/core/media/isPartial.ts';
import type { DecodeSummary, MediaDecoder, MediaFacts } from '#main/core/media/mediaDecoder.ts';
import type { ChildProcessHandle, Spawner } from '#main/core/ports.ts';
import { createClock } from '#main/platform/clock.ts';
import { locateFfmpeg } from '#main/platform/ffmpegLocator.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { checkLeaks } from '#main/testing/leakCheck.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import { tone, wavBytes } from '#main/testing/wavBytes.ts';
import { loadNodeAvRoute } from './nodeAvRoute.ts';

checkLeaks();

const speech = resolve('../shared/data/speech');
const hasSpeech = existsSync(speech);
const withoutData = hasSpeech ? '' : ' (skipped: no shared data)';
const ffmpeg = locateFfmpeg(null);
const withoutFfmpeg = ffmpeg === null ? ' (skipped: no ffmpeg program)' : '';
const hasNodeAv = (await loadNodeAvRoute()) !== null;

interface Opened {
  readonly decoder: MediaDecoder;
  /** Every process it started, newest last. */
  readonly children: ChildProcessHandle[];
}

const opened: MediaDecoder[] = [];

function openDecoder(route: 'auto' | 'node-av' | 'ffmpeg', ffmpegPath: string | null = null, processCount = 1): Opened {
  const real = createSpawner();
  const children: ChildProcessHandle[] = [];
  const spawner: Spawner = {
    ...real,
    spawnProgram: async (program, options) => {
      const child = await real.spawnProgram(program, options);
      children.push(child);
      return child;
    },
  };
  const decoder = createMediaDecoder({
    spawner,
    clock: createClock(),
    logger: silentLogger,
    settings: () => ({ route, ffmpegPath }),
    processCount,
  });
  opened.push(decoder);
  return { decoder, children };
}

interface Decoded {
  readonly summary: DecodeSummary;
  readonly samples: Float32Array;
}

async function decodeAll(decoder: MediaDecoder, path: string): Promise<Decoded> {
  const job = decoder.decode(path);
  const blocks: Buffer[] = [];
  for await (const block of job.blocks) blocks.push(block);
  const bytes = Buffer.concat(blocks);
  return { summary: await job.summary, samples: new Float32Array(new Uint8Array(bytes).buffer) };
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

/** What becomes of a file: its code, or "partial", or "whole". */
async function fateOf(decoder: MediaDecoder, path: string): Promise<string> {
  const inspection = await decoder.inspect(path).then(() => null, codeOf);
  const decoding = await decodeAll(decoder, path).then(({ summary }) => (isPartial(summary) ? 'partial' : 'whole'), codeOf);
  // A file that cannot be inspected cannot be decoded either, and says the same.
  if (inspection !== null) expect(decoding).toBe(inspection);
  return decoding;
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

let folder = '';
const put = (name: string, bytes: Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'decode-'));
});
afterAll(async () => {
  await Promise.all(opened.map((decoder) => decoder.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** Every file of `broken/`, and what both routes make of it. */
const FATES: Readonly<Record<string, string>> = {
  'all-nan-float32.wav': 'AUDIO_NOT_FINITE',
  'channels-zero.wav': 'MEDIA_CORRUPT',
  'flac-bit-rot.flac': 'partial',
  'flac-header-only.flac': 'MEDIA_CORRUPT',
  'float32-beyond-one.wav': 'whole',
  'half-a-header.wav': 'MEDIA_CORRUPT',
  'header-only.wav': 'AUDIO_EMPTY',
  'html-error-page.wav': 'MEDIA_UNRECOGNISED',
  'json-renamed.flac': 'MEDIA_UNRECOGNISED',
  'mp3-cut-mid-frame.mp3': 'partial',
  'mp3-garbage-first.mp3': 'whole',
  'mp4-no-moov.m4a': 'MEDIA_CORRUPT',
  'one-sample.wav': 'AUDIO_EMPTY',
  'random-bytes.ogg': 'MEDIA_UNRECOGNISED',
  // 0 and ffffffff mean "not known"; too large is what a file cut short looks like; too small hides what follows.
  'riff-data-size-ffffffff.wav': 'whole',
  'riff-data-size-too-large.wav': 'partial',
  'riff-data-size-too-small.wav': 'partial',
  'riff-data-size-zero.wav': 'whole',
  'riff-odd-data-length.wav': 'whole',
  'sample-rate-huge.wav': 'MEDIA_CORRUPT',
  'sample-rate-zero.wav': 'MEDIA_CORRUPT',
  'silence-5s.wav': 'whole',
  'ten-ms.wav': 'whole',
  'text-renamed.mp3': 'MEDIA_UNRECOGNISED',
  'truncated.flac': 'partial',
  'truncated.ogg': 'partial',
  'unknown-codec-tag.wav': 'MEDIA_CORRUPT',
  'zero-bytes.flac': 'FILE_EMPTY',
  'zero-bytes.mp3': 'FILE_EMPTY',
  'zero-bytes.wav': 'FILE_EMPTY',
};

/** Where fewer seconds come out than ffmpeg's table says: FLAC frames whose check sum is wrong are left out, not played as noise. */
const SHORTER_THAN_TABLE: ReadonlySet<string> = new Set(['flac-bit-rot.flac']);

const routes = [
  { route: 'node-av', isHere: hasNodeAv, why: hasNodeAv ? '' : ' (skipped: node-av is not installed)' },
  { route: 'ffmpeg', isHere: ffmpeg !== null, why: withoutFfmpeg },
] as const;

for (const { route, isHere, why } of routes) {
  describe.skipIf(!isHere)(`decoder program, route ${route}${why}`, () => {
    let decoder: MediaDecoder;
    beforeAll(() => {
      ({ decoder } = openDecoder(route));
    });
    afterAll(async () => {
      await decoder.close();
    });

    it('says which route is in use', async () => {
      const info = await decoder.info();
      expect(info).toMatchObject({ route, path: route === 'ffmpeg' ? ffmpeg?.ffmpeg : null });
      expect(info.version).toMatch(/\d/);
    });

    it('gives the samples of a WAV as they are', async () => {
      const samples = tone(2.5);
      const path = put(`plain-${route}.wav`, wavBytes(samples));
      const decoded = await decodeAll(decoder, path);
      expect(decoded.samples.length).toBe(40_000);
      expect(decoded.summary).toEqual({ decodedSec: 2.5, announcedSec: 2.5, badPackets: 0, nonFiniteSamples: 0 });
      const worst = decoded.samples.reduce((max, sample, index) => Math.max(max, Math.abs(sample - (samples[index] ?? 0))), 0);
      expect(worst).toBeLessThan(1 / 32_000);
    });

    it('finds hash and facts', async () => {
      const bytes = wavBytes(tone(1, 44_100), { sampleRateHz: 44_100, channels: 2, bits: 32 });
      const path = put(`facts-${route}.wav`, bytes);
      const { modifiedMs, ...facts } = await decoder.inspect(path);
      expect(facts).toEqual({
        sha256: createHash('sha256').update(bytes).digest('hex'),
        sizeBytes: bytes.length,
        container: 'wav',
        codec: 'pcm_f32le',
        sampleRateHz: 44_100,
        channels: 2,
        audioStreams: 1,
        announcedSec: 0.5,
      } satisfies Omit<MediaFacts, 'modifiedMs'>);
      expect(modifiedMs).toBeGreaterThan(1.6e12);
    });

    it('mixes channels down and resamples without changing the level', async () => {
      for (const [channels, sampleRateHz] of [
        [2, 48_000],
        [1, 8_000],
        [6, 22_050],
        [10, 16_000],
      ] as const) {
        const mono = tone(1, sampleRateHz);
        const interleaved = Float32Array.from({ length: mono.length * channels }, (_, index) => mono[Math.floor(index / channels)] ?? 0);
        const path = put(`mix-${route}-${String(channels)}.wav`, wavBytes(interleaved, { sampleRateHz, channels }));
        const { samples, summary } = await decodeAll(decoder, path);
        expect(summary.decodedSec).toBeCloseTo(1, 2);
        // Half amplitude is 0.354; FFmpeg leaves out the sub-bass of six channels.
        expect([channels, Math.abs(rms(samples) - 0.3536) < 0.07]).toEqual([channels, true]);
      }
    });

    it('replaces samples that are no numbers', async () => {
      const samples = tone(1);
      samples[100] = Number.NaN;
      samples[200] = Infinity;
      const decoded = await decodeAll(decoder, put(`nan-${route}.wav`, wavBytes(samples, { bits: 32 })));
      expect(decoded.summary.nonFiniteSamples).toBe(2);
      expect([decoded.samples[100], decoded.samples[200]]).toEqual([0, 0]);
    });

    it.skipIf(ffmpeg === null)(`reads what ffmpeg writes${withoutFfmpeg}`, async () => {
      const source = put(`source-${route}.wav`, wavBytes(tone(3, 44_100), { sampleRateHz: 44_100 }));
      const kinds = [
        'out.flac',
        'out.mp3',
        'out.m4a',
        'out.opus',
        'out.ogg',
        'out.mkv',
        'out.webm',
        'out.aiff',
        'out.au',
        'out.caf',
        'out.wma',
      ];
      for (const kind of kinds) {
        const path = join(folder, `${route}-${kind}`);
        const encoder = kind.endsWith('webm') ? ['-c:a', 'libopus'] : kind.endsWith('mkv') ? ['-c:a', 'flac'] : [];
        execFileSync(ffmpeg?.ffmpeg ?? '', ['-nostdin', '-v', 'error', '-y', '-i', source, ...encoder, path]);
        const facts = await decoder.inspect(path);
        const { summary, samples } = await decodeAll(decoder, path);
        expect([kind, Math.abs(summary.decodedSec - 3) < 0.15, isPartial(summary)]).toEqual([kind, true, false]);
        expect([kind, Math.abs(rms(samples) - 0.3536) < 0.03, facts.channels]).toEqual([kind, true, 1]);
        const cut = join(folder, `${route}-cut-${kind}`);
        copyFileSync(path, cut);
        truncateSync(cut, Math.floor(facts.sizeBytes / 2));
        const fate = await fateOf(decoder, cut);
        // An index at the end is lost with it; the one page of a short Ogg is lost whole; of CAF FFmpeg reads no length.
        const expected = { 'out.m4a': ['MEDIA_CORRUPT'], 'out.ogg': ['partial', 'MEDIA_CORRUPT'], 'out.caf': ['partial', 'whole'] }[
          kind
        ] ?? ['partial'];
        expect(expected, kind).toContain(fate);
      }
    });

    it('says why a file cannot be read', async () => {
      mkdirSync(join(folder, `folder-${route}.wav`));
      symlinkSync('nothing', join(folder, `dangling-${route}.wav`));
      const paths = {
        [join(folder, 'missing.wav')]: 'FILE_NOT_FOUND',
        [join(folder, `dangling-${route}.wav`)]: 'FILE_NOT_FOUND',
        [join(folder, `folder-${route}.wav`)]: 'FILE_NOT_REGULAR',
        [put(`empty-${route}.wav`, Buffer.alloc(0))]: 'FILE_EMPTY',
        [put(`list-${route}.m3u8`, Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n'))]:
          'MEDIA_UNRECOGNISED',
      };
      if (process.platform !== 'win32') {
        execFileSync('mkfifo', [join(folder, `fifo-${route}.wav`)]);
        paths[join(folder, `fifo-${route}.wav`)] = 'FILE_NOT_REGULAR';
      }
      for (const [path, code] of Object.entries(paths)) expect([path, await fateOf(decoder, path)]).toEqual([path, code]);
    });

    it.skipIf(ffmpeg === null)(`tells pictures from sound${withoutFfmpeg}`, async () => {
      const path = join(folder, `silent-film-${route}.mp4`);
      execFileSync(ffmpeg?.ffmpeg ?? '', [
        '-nostdin',
        '-v',
        'error',
        '-y',
        '-f',
        'lavfi',
        '-i',
        'testsrc=d=1:s=64x64',
        '-c:v',
        'mpeg4',
        path,
      ]);
      expect(await fateOf(decoder, path)).toBe('MEDIA_NO_AUDIO');
    });

    it('lets a fast reader finish while another does not read at all', async () => {
      const long = put(`long-${route}.wav`, wavBytes(tone(120)));
      const slow = decoder.decode(long);
      const slowBlocks = slow.blocks[Symbol.asyncIterator]();
      expect((await slowBlocks.next()).value).toHaveLength(64_000);
      const fast = await Promise.all([decodeAll(decoder, long), decodeAll(decoder, long)]);
      expect(fast.map(({ summary }) => summary.decodedSec)).toEqual([120, 120]);
      let blocks = 1;
      while ((await slowBlocks.next()).done !== true) blocks += 1;
      expect(blocks).toBe(120);
      expect((await slow.summary).decodedSec).toBe(120);
    });

    it('stops in the middle when asked', async () => {
      const long = put(`stop-${route}.wav`, wavBytes(tone(60)));
      const stop = new AbortController();
      const job = decoder.decode(long, stop.signal);
      const blocks = job.blocks[Symbol.asyncIterator]();
      await blocks.next();
      stop.abort();
      await expect(job.summary).rejects.toMatchObject({ code: 'CANCELLED' });
      expect((await decodeAll(decoder, long)).summary.decodedSec).toBe(60);
    });

    it('fails only the files in flight when the process is killed', async () => {
      const { decoder: own, children } = openDecoder(route);
      const long = put(`kill-${route}.wav`, wavBytes(tone(120)));
      const job = own.decode(long);
      const blocks = job.blocks[Symbol.asyncIterator]();
      await blocks.next();
      process.kill(children[0]?.pid ?? 0, 'SIGKILL');
      await expect(job.summary).rejects.toMatchObject({ code: 'DECODER_CRASHED' });
      expect((await decodeAll(own, long)).summary.decodedSec).toBe(120);
      expect(children).toHaveLength(2);
      await own.close();
      expect(children.map(({ pid }) => isAlive(pid))).toEqual([false, false]);
    });

    it('ends with its owner and not with Ctrl-C', async () => {
      const { decoder: own, children } = openDecoder(route);
      await own.info();
      const [child] = children;
      if (child === undefined) throw new Error('no decoder was started');
      process.kill(child.pid, 'SIGINT');
      const path = put(`int-${route}.wav`, wavBytes(tone(1)));
      expect((await decodeAll(own, path)).summary.decodedSec).toBe(1);
      child.stdin.end();
      expect(await child.exited).toEqual({ code: 0, signal: null });
      await own.close();
    });

    it.skipIf(!hasSpeech)(`decodes every file of the inventory${withoutData}`, async () => {
      const rows = readFileSync(join(speech, 'inventory.tsv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t'));
      const wrong: string[] = [];
      for (const [name = '', container, streams, codec, rate, channels, seconds, bytes] of rows) {
        const path = join(speech, name);
        const facts = await decoder.inspect(path);
        const { summary, samples } = await decodeAll(decoder, path);
        const isRight =
          [facts.container, facts.audioStreams, facts.codec, facts.sampleRateHz, facts.channels, facts.sizeBytes].join() ===
            [container, streams, codec, rate, channels, bytes].join() &&
          // FFmpeg 8 trims the padding of AAC at the end, 5.1 does not: one frame of 1024 samples at 16 kHz.
          Math.abs(summary.decodedSec - Number(seconds)) <= 0.065 &&
          samples.length === Math.round(summary.decodedSec * 16_000) &&
          !isPartial(summary);
        if (!isRight) wrong.push(`${name} ${JSON.stringify(facts)} ${JSON.stringify(summary)}`);
      }
      expect(rows.length).toBeGreaterThan(200);
      expect(wrong).toEqual([]);
    });

    it.skipIf(!hasSpeech)(`gives every broken file a code or a flag, and stays alive${withoutData}`, async () => {
      const { decoder: own, children } = openDecoder(route);
      const rows = readFileSync(join(speech, 'broken-expected.tsv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split('\t'));
      const fates: Record<string, string> = {};
      for (const [file = '', , , seconds] of rows) {
        const name = file.replace('broken/', '');
        const path = join(speech, file);
        fates[name] = await fateOf(own, path);
        if (fates[name] !== 'whole' && fates[name] !== 'partial') continue;
        const { summary } = await decodeAll(own, path);
        if (SHORTER_THAN_TABLE.has(name)) expect(summary.decodedSec).toBeLessThan(Number(seconds));
        else expect([name, Math.abs(summary.decodedSec - Number(seconds)) < 0.002]).toEqual([name, true]);
      }
      expect(fates).toEqual(FATES);
      expect(children).toHaveLength(1);
      await own.close();
    });

    it.skipIf(!hasSpeech)(`mixes channels as the recordings need it${withoutData}`, async () => {
      const level = async (name: string): Promise<number> => rms((await decodeAll(decoder, join(speech, 'mixed', name))).samples);
      // The right channel is silent; the speech is in the centre; the second track is the spoken one, and ffmpeg takes the first.
      expect(await level('wav-16k-left-only.wav')).toBeGreaterThan(0.01);
      expect(await level('wav-16k-6ch-extensible.wav')).toBeGreaterThan(0.005);
      expect(await level('mp4-two-audio-first-silent.mp4')).toBeLessThan(0.001);
    });
  });
}

describe('choice of the route', () => {
  it('says that no route is there, and which one was asked for', async () => {
    const { decoder } = openDecoder('ffmpeg', join(folder, 'no', 'ffmpeg'));
    expect(await decoder.info()).toEqual({ route: null, version: null, path: null });
    const path = put('any.wav', wavBytes(tone(1)));
    await expect(decoder.inspect(path)).rejects.toMatchObject({
      code: 'DECODER_MISSING',
      data: { route: 'ffmpeg', path: join(folder, 'no', 'ffmpeg') },
    });
    await expect(decodeAll(decoder, path)).rejects.toMatchObject({ code: 'DECODER_MISSING' });
    await decoder.close();
  });

  it.skipIf(ffmpeg === null || !hasSpeech)(`reads facts without ffprobe${withoutFfmpeg}${withoutData}`, async () => {
    const alone = join(folder, 'alone');
    mkdirSync(alone);
    symlinkSync(ffmpeg?.ffmpeg ?? '', join(alone, 'ffmpeg'));
    const { decoder } = openDecoder('ffmpeg', alone);
    const rows = readFileSync(join(speech, 'inventory.tsv'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('mixed/'))
      .map((line) => line.split('\t'));
    const seen: string[][] = [];
    for (const [name = ''] of rows) {
      const facts = await decoder.inspect(join(speech, name));
      seen.push([name, facts.container, String(facts.audioStreams), facts.codec, String(facts.sampleRateHz), String(facts.channels)]);
    }
    expect(seen).toEqual(rows.map((row) => row.slice(0, 6)));
    const fates: Record<string, string> = {};
    for (const name of Object.keys(FATES)) fates[name] = await fateOf(decoder, join(speech, 'broken', name));
    expect(fates).toEqual(FATES);
    await decoder.close();
  });
});
