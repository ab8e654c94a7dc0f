import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, type Mock, test, vi } from 'vitest';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createCacheFolder } from '#main/platform/cacheFolder.ts';
import { createFileStore } from '#main/platform/fileStore.ts';
import { silentLogger } from '#main/testing/silentLogger.ts';
import type { DecodeStream, DecodeSummary, KnownFile, LeftOutAudio, MediaDecoder } from '../media/mediaDecoder.ts';
import { metered, SpeechMeter } from '../media/speechMeter.ts';
import type { CacheFolder, Logger } from '../ports.ts';
import { AudioCache } from './audioCache.ts';
import { cachingDecoder } from './cachingDecoder.ts';

const SEC_BYTES = 64_000;
const GIB = 1024 ** 3;

let folder: string;
let audioFolder: string;
let recording: string;
let maxBytes: number;
let freeBytes: number;
let version: string;
let decodes: number;
let warn: Mock<Logger['warn']>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-audio-'));
  audioFolder = join(folder, 'cache', 'audio');
  recording = join(folder, 'a.wav');
  await writeFile(recording, 'recording');
  maxBytes = GIB;
  freeBytes = 100 * GIB;
  version = '1';
  decodes = 0;
  warn = vi.fn();
});

afterEach(() => rm(folder, { recursive: true }));

/** Sounds for a second, then is silent for one; blocks of a second, the last of them short. */
function audioOf(seconds: number, seed: number): Buffer {
  const samples = Float32Array.from({ length: Math.round(seconds * 16_000) }, (_, index) =>
    Math.floor(index / 16_000) % 2 === 0 ? Math.sin(index * (0.01 + seed / 1_000)) / 2 : 0,
  );
  return Buffer.from(samples.buffer);
}

const SUMMARY: DecodeSummary = { decodedSec: 9.5, announcedSec: 12, badPackets: 2, nonFiniteSamples: 1 };

function open(change: Partial<CacheFolder> = {}, seconds = 9.5): { cache: AudioCache; decoder: MediaDecoder } {
  const cache = new AudioCache({
    files: { ...createCacheFolder(audioFolder), ...change },
    disks: { space: async () => ({ freeBytes, totalBytes: 1_000 * GIB, volume: '1' }) },
    logger: { ...silentLogger, warn },
    dataDir: folder,
    maxBytes: () => maxBytes,
  });
  const real = {
    info: async () => ({ route: 'node-av', version, detail: null }),
    decode: (path: string, signal?: AbortSignal): DecodeStream => {
      decodes += 1;
      const audio = audioOf(seconds, path.length);
      const blocks = (async function* () {
        for (let start = 0; start < audio.length; start += SEC_BYTES) {
          if (signal?.aborted === true) throw new NightshiftError('CANCELLED');
          yield audio.subarray(start, start + SEC_BYTES);
        }
      })();
      return { blocks, summary: Promise.resolve(SUMMARY) };
    },
    close: async () => undefined,
  };
  return { cache, decoder: cachingDecoder({ decoder: real as unknown as MediaDecoder, cache, files: createFileStore() }) };
}

interface Heard {
  readonly audio: Buffer;
  readonly summary: DecodeSummary;
  readonly leftOut: LeftOutAudio | null;
  readonly meter: SpeechMeter;
  readonly largestBlock: number;
}

async function known(sha256: string, meter: SpeechMeter, change: Partial<KnownFile> = {}): Promise<KnownFile> {
  const { size, mtimeMs } = await stat(recording);
  const file = { sha256, sizeBytes: size, modifiedMs: Math.round(mtimeMs), announcedSec: 9.5, fromSample: 0 };
  return { ...file, wantedBy: async () => 1, levels: () => meter.levels, ...change };
}

async function hear(opened: ReturnType<typeof open>, sha256 = 'aa', change: Partial<KnownFile> = {}): Promise<Heard> {
  const meter = new SpeechMeter();
  const stream = opened.decoder.decode(recording, undefined, await known(sha256, meter, change));
  const leftOut = (await stream.leftOut) ?? null;
  if (leftOut !== null) meter.recall(leftOut.levels);
  const blocks: Buffer[] = [];
  for await (const block of metered(stream.blocks, meter)) blocks.push(block);
  const summary = await stream.summary;
  await opened.cache.close();
  return { audio: Buffer.concat(blocks), summary, leftOut, meter, largestBlock: Math.max(...blocks.map(({ length }) => length)) };
}

const kept = async (): Promise<string[]> => (await readdir(audioFolder).catch(() => [])).toSorted();
const nameOf = (sha256: string): string => AudioCache.nameOf(sha256, `node-av ${version}`);

test('audio that will be wanted again is decoded once: the same samples, levels and summary come from disk, also after a restart', async () => {
  const first = await hear(open());
  const second = await hear(open());
  expect(decodes).toBe(1);
  expect(second.audio.equals(audioOf(9.5, recording.length))).toBe(true);
  expect(second.audio.equals(first.audio)).toBe(true);
  expect(second.summary).toEqual(SUMMARY);
  expect(second.meter.levels).toEqual(first.meter.levels);
  expect(second.largestBlock).toBe(SEC_BYTES);
});

test('nothing is kept of a file that nobody will read again, nor with a cache of no size', async () => {
  await hear(open(), 'aa', { wantedBy: async () => null });
  maxBytes = 0;
  await hear(open(), 'bb');
  expect(await kept()).toEqual([]);
  maxBytes = GIB;
  const opened = open();
  for await (const _ of opened.decoder.decode(recording).blocks);
  expect(await kept()).toEqual([]);
  expect(decodes).toBe(3);
});

test('another content and another decoder are other audio', async () => {
  await hear(open());
  await hear(open(), 'bb');
  version = '2';
  await hear(open());
  expect(decodes).toBe(3);
  expect(await kept()).toHaveLength(3);
});

test('a later start is a place in the file, and the meter knows what lies before', async () => {
  const whole = await hear(open());
  const fromSample = 5 * 16_000 + 123;
  const part = await hear(open(), 'aa', { fromSample });
  expect(decodes).toBe(1);
  expect(part.leftOut?.samples).toBe(5 * 16_000);
  expect(part.audio.equals(whole.audio.subarray(5 * SEC_BYTES))).toBe(true);
  expect(part.meter.levels).toEqual(whole.meter.levels);
  expect(part.meter.speechSec()).toBe(whole.meter.speechSec());
  const end = await hear(open(), 'aa', { fromSample: 10_000_000 });
  expect(end.audio.length).toBe(0);
});

test('within its size the audio used longest ago goes first', async () => {
  maxBytes = 2 * 10 * SEC_BYTES;
  const opened = open();
  for (const [runId, sha256] of ['aa', 'bb'].entries()) await hear(opened, sha256, { wantedBy: async () => runId });
  await hear(opened, 'aa', { wantedBy: async () => 7 });
  await hear(opened, 'cc', { wantedBy: async () => 8 });
  expect(await kept()).toEqual([nameOf('aa'), nameOf('cc')]);
  expect((await opened.cache.usage()).files).toBe(2);
});

test('the order of use outlives the process', async () => {
  for (const sha256 of ['aa', 'bb', 'cc']) await hear(open(), sha256);
  for (const [index, sha256] of ['bb', 'cc', 'aa'].entries()) await utimes(join(audioFolder, nameOf(sha256)), 1_000 + index, 1_000 + index);
  maxBytes = 2 * 10 * SEC_BYTES;
  await open().cache.fit();
  expect(await kept()).toEqual([nameOf('aa'), nameOf('cc')]);
});

test('what the run itself will read again does not go for the next of its files, only for another run', async () => {
  maxBytes = 2 * 10 * SEC_BYTES;
  const opened = open();
  for (const sha256 of ['aa', 'bb', 'cc', 'dd']) await hear(opened, sha256);
  expect(await kept()).toEqual([nameOf('aa'), nameOf('bb')]);
  // The last mode has read it: there is room.
  await hear(opened, 'aa', { wantedBy: async () => null });
  await hear(opened, 'cc');
  expect(await kept()).toEqual([nameOf('bb'), nameOf('cc')]);
  await hear(opened, 'ee', { wantedBy: async () => 2 });
  expect(await kept()).toEqual([nameOf('cc'), nameOf('ee')]);
});

test('a file longer than it said is given up where there is no room for it', async () => {
  maxBytes = 5 * SEC_BYTES;
  await hear(open(), 'aa', { announcedSec: 1 });
  await hear(open(), 'bb', { announcedSec: null });
  expect(await kept()).toEqual([]);
});

test('a disk with little room is left alone, and one that fills up gets room back', async () => {
  const opened = open();
  await hear(opened);
  freeBytes = 9 * GIB;
  await hear(opened, 'bb');
  expect(await kept()).toEqual([nameOf('aa')]);
  freeBytes = 100 * GIB;
  await hear(opened, 'cc');
  expect(await kept()).toHaveLength(2);
  freeBytes = 5 * GIB;
  opened.cache.takeSample({ diskFreeBytes: freeBytes, diskTotalBytes: 1_000 * GIB });
  await eventually(async () => expect(await kept()).toEqual([]));
});

test('what a process that died had begun is never read, and goes at the start; other names are left alone', async () => {
  await mkdir(audioFolder, { recursive: true });
  await writeFile(join(audioFolder, `${nameOf('aa')}.part`), audioOf(9.5, 1));
  await writeFile(join(audioFolder, 'notes of mine.txt'), 'mine');
  const { audio } = await hear(open());
  expect(audio.equals(audioOf(9.5, recording.length))).toBe(true);
  expect(decodes).toBe(1);
  expect(await kept()).toEqual([nameOf('aa'), 'notes of mine.txt']);
});

test('damage anywhere in the file means decoding again, and never wrong audio', async () => {
  const right = audioOf(9.5, recording.length);
  await hear(open());
  const path = join(audioFolder, nameOf('aa'));
  const sound = await readFile(path);
  for (let at = 0; at < sound.length; at += Math.ceil(sound.length / 23)) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    await writeFile(path, damaged);
    expect((await hear(open(), 'aa', { fromSample: 0 })).audio.equals(right)).toBe(true);
  }
  for (const at of [1, 5, 9, 13, 17, 21].map((fromEnd) => sound.length - fromEnd)) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    await writeFile(path, damaged);
    expect((await hear(open(), 'aa', { fromSample: 0 })).audio.equals(right)).toBe(true);
  }
  for (const bytes of [0, 10, SEC_BYTES, sound.length - 1]) {
    await writeFile(path, sound.subarray(0, bytes));
    expect((await hear(open())).audio.equals(right)).toBe(true);
  }
  expect(decodes).toBe(1 + 23 + 6 + 4);
});

test('damage behind a later start: what is decoded again begins at that place', async () => {
  await hear(open());
  const path = join(audioFolder, nameOf('aa'));
  const damaged = await readFile(path);
  damaged[8 * SEC_BYTES] = (damaged[8 * SEC_BYTES] ?? 0) ^ 1;
  await writeFile(path, damaged);
  const { audio, leftOut } = await hear(open(), 'aa', { fromSample: 2 * 16_000 });
  expect(leftOut?.samples).toBe(2 * 16_000);
  expect(audio.equals(audioOf(9.5, recording.length).subarray(2 * SEC_BYTES))).toBe(true);
  expect(await kept()).toEqual([]);
});

test('a full disk costs one line in the log, and the audio goes on', async () => {
  const real = createCacheFolder(audioFolder);
  const opened = open({
    create: async (name) => {
      const writer = await real.create(name);
      return {
        write: async () => {
          throw new NightshiftError('DISK_FULL', { path: name });
        },
        keep: () => writer.keep(),
        discard: () => writer.discard(),
      };
    },
  });
  for (const sha256 of ['aa', 'bb', 'cc']) {
    expect((await hear(opened, sha256)).audio.equals(audioOf(9.5, recording.length))).toBe(true);
  }
  expect(warn).toHaveBeenCalledTimes(1);
  expect(await kept()).toEqual([]);
});

test('a folder that cannot be made costs nothing but the cache', async () => {
  await writeFile(join(folder, 'cache'), 'in the way');
  expect((await hear(open())).audio.equals(audioOf(9.5, recording.length))).toBe(true);
  expect(warn).toHaveBeenCalledTimes(1);
});

test('two modes that read the same file at once decode it each, and it is kept once, whole', async () => {
  const opened = open();
  const both = await Promise.all([hear(opened), hear(opened)]);
  expect(decodes).toBe(2);
  expect(both[0].audio.equals(both[1].audio)).toBe(true);
  expect(await kept()).toEqual([nameOf('aa')]);
  await hear(opened);
  expect(decodes).toBe(2);
});

test('whoever stops early, or is stopped, leaves nothing half', async () => {
  const opened = open();
  const meter = new SpeechMeter();
  for await (const _ of opened.decoder.decode(recording, undefined, await known('aa', meter)).blocks) break;
  const abort = new AbortController();
  const stream = opened.decoder.decode(recording, abort.signal, await known('aa', meter));
  const blocks = stream.blocks[Symbol.asyncIterator]();
  await blocks.next();
  abort.abort();
  await expect(stream.summary).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(blocks.next()).rejects.toMatchObject({ code: 'CANCELLED' });
  await opened.cache.close();
  expect(await kept()).toEqual([]);
  await hear(opened);
  const again = new AbortController();
  const reading = opened.decoder.decode(recording, again.signal, await known('aa', meter));
  const fromDisk = reading.blocks[Symbol.asyncIterator]();
  await fromDisk.next();
  again.abort();
  await expect(fromDisk.next()).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(reading.summary).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a file that changed while it was decoded is not kept under the hash of before', async () => {
  const opened = open();
  const meter = new SpeechMeter();
  const { blocks } = opened.decoder.decode(recording, undefined, await known('aa', meter));
  for await (const _ of blocks) await writeFile(recording, 'another recording');
  await opened.cache.close();
  expect(await kept()).toEqual([]);
});

test('emptied, it says what went; what is allowed less, goes', async () => {
  const opened = open();
  for (const sha256 of ['aa', 'bb', 'cc']) await hear(opened, sha256);
  const { bytes } = await opened.cache.usage();
  await opened.cache.allow(Math.ceil(bytes / 2));
  expect(await kept()).toEqual([nameOf('cc')]);
  expect(await opened.cache.empty()).toEqual({ bytes: bytes / 3, files: 1 });
  expect(await kept()).toEqual([]);
  expect(await opened.cache.usage()).toEqual({ bytes: 0, files: 0 });
});
