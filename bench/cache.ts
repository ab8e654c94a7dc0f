import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type InstantServer, startInstantServer } from '#main/testing/instantServer.ts';
import { createMediaDecoder } from '#main/core/media/decoderClient.ts';
import { cachingDecoder } from '#main/core/mediaCache/cachingDecoder.ts';
import { AudioCache } from '#main/core/mediaCache/audioCache.ts';
import type { MediaDecoder } from '#main/core/media/mediaDecoder.ts';
import { createCacheFolder } from '#main/platform/cacheFolder.ts';
import { locateFfmpeg } from '#main/platform/ffmpegLocator.ts';
import { MODES } from '#shared/domain/mode.ts';
import { type Bed, withBed, workedSec } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeWav } from './wav.ts';

/** Three modes, one after another, with decoded audio kept and without, on servers that answer at once: seconds of each mode, and of reading alone. */
const FILES = Number(process.argv[2] ?? 200);
const FILE_SEC = Number(process.argv[3] ?? 20);

let plays = 0;

const FORMATS = [
  { name: '16 kHz WAV', extension: 'wav', rateHz: 16_000, encode: null },
  { name: '16 kHz FLAC', extension: 'flac', rateHz: 16_000, encode: ['-c:a', 'flac'] },
  { name: '48 kHz AAC', extension: 'm4a', rateHz: 48_000, encode: ['-c:a', 'aac', '-b:a', '96k'] },
] as const;

await withBed(async (bed) => {
  console.log(await machineFacts(bed.mediaDir));
  const ffmpeg = locateFfmpeg(null)?.ffmpeg ?? null;
  const servers: InstantServer[] = [];
  try {
    for (const mode of MODES) servers.push(await startInstantServer({ mode }));
    for (const { name, extension, rateHz, encode } of FORMATS) {
      if (encode !== null && ffmpeg === null) {
        console.log(`${name}: left out, no ffmpeg here to make the files with`);
        continue;
      }
      const folder = join(bed.mediaDir, extension);
      await mkdir(folder);
      const paths: string[] = [];
      for (let seed = 0; seed < FILES; seed += 1) {
        const wav = join(folder, `${seed}.wav`);
        await writeWav(wav, { seed, durationSec: FILE_SEC, rateHz });
        const path = join(folder, `${seed}.${extension}`);
        paths.push(path);
        if (encode === null || ffmpeg === null) continue;
        const { status, stderr } = spawnSync(ffmpeg, ['-nostdin', '-v', 'error', '-i', wav, ...encode, path], { encoding: 'utf8' });
        if (status !== 0) throw new Error(`ffmpeg could not make ${name}: ${stderr}`);
        await rm(wav);
      }
      await readAlone(bed, name, paths);
      const modesSec: number[] = [];
      for (const audioCacheMb of [0, 8_192, 0, 8_192]) modesSec.push(await threeModes(bed, servers, { name, folder, audioCacheMb }));
      const [without = 0, withCache = 1, withoutAgain = 0, withCacheAgain = 1] = modesSec;
      console.log(
        `${name}: without the cache ${((without + withoutAgain) / (withCache + withCacheAgain)).toFixed(2)} × of the time with it`,
      );
      await rm(folder, { recursive: true });
    }
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
});

/** @returns seconds that the modes worked, without the pauses between them */
async function threeModes(
  { client, until }: Bed,
  servers: readonly InstantServer[],
  { name, folder, audioCacheMb }: { readonly name: string; readonly folder: string; readonly audioCacheMb: number },
): Promise<number> {
  await client.request('storage.emptyCache', {});
  await client.request('settings.update', { audioCacheMb });
  const [streaming = 0, chunked = 0, original = 0] = servers.map(({ port }) => port);
  const options = {
    modes: [...MODES],
    modesAtOnce: 1,
    // Another model is other work.
    model: `${name} ${(plays += 1)}`,
    servers: 'running' as const,
    ports: { streaming, chunked, original },
    cpuLimitPercent: 100,
    memoryLimitMb: 8_192,
  };
  const created = await client.request('runs.create', { sources: [folder], options });
  await until(created.id, ({ status }) => status === 'ready');
  await client.request('runs.start', { runId: created.id, options });
  const run = await until(created.id, ({ endedAtMs }) => endedAtMs !== null);
  if (run.totals.done !== FILES * MODES.length) throw new Error(`not everything is done: ${JSON.stringify(run.totals)}`);
  const seconds = run.modes.map(workedSec);
  const kept = await client.request('storage.cache', {});
  const figures = seconds.map((sec) => sec.toFixed(2)).join(' + ');
  console.log(`${name}, ${audioCacheMb === 0 ? 'without' : 'with'} the cache: modes ${figures} s; ${kept.audioFiles} files kept`);
  return seconds.reduce((sum, sec) => sum + sec, 0);
}

/** The decoder alone, decoding while its audio is kept, and the kept audio read again; CPU of this process and of its children is not told apart by the system. */
async function readAlone({ ports }: Bed, name: string, paths: readonly string[]): Promise<void> {
  const decoder = createMediaDecoder({ ...ports, settings: () => ({ route: 'auto', ffmpegPath: null }) });
  const cacheFolder = join(paths[0] ?? '', '..', '..', 'kept');
  const cache = new AudioCache({
    files: createCacheFolder(cacheFolder),
    disks: ports.disks,
    logger: ports.logger,
    dataDir: cacheFolder,
    maxBytes: () => 8 * 1024 ** 3,
  });
  const caching = cachingDecoder({ decoder, cache, files: ports.files });
  try {
    const timed = async (from: MediaDecoder): Promise<string> => {
      const startMs = performance.now();
      const cpu = process.cpuUsage();
      for (const path of paths) {
        const info = await ports.files.stat(path);
        const { blocks } = from.decode(path, undefined, {
          sha256: path.replaceAll(/\W/g, '-'),
          sizeBytes: info?.sizeBytes ?? 0,
          modifiedMs: info?.modifiedMs ?? 0,
          announcedSec: FILE_SEC,
          fromSample: 0,
          wantedBy: async () => 1,
          levels: () => new Uint8Array(),
        });
        for await (const _ of blocks);
      }
      await cache.close();
      const { user, system } = process.cpuUsage(cpu);
      const sec = (performance.now() - startMs) / 1_000;
      return `${((FILES * FILE_SEC) / sec).toFixed(0)} × (owner's CPU ${((user + system) / 1e6).toFixed(2)} s)`;
    };
    // The first file pays for the start of the process.
    for await (const _ of decoder.decode(paths[0] ?? '').blocks);
    console.log(
      `${name}, ${FILES} files of ${FILE_SEC} s, × real time: decoded ${await timed(decoder)}, decoded and kept ${await timed(caching)}, read again ${await timed(caching)}`,
    );
  } finally {
    await decoder.close();
    await rm(cacheFolder, { recursive: true, force: true });
  }
}
