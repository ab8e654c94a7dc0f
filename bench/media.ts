import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createMediaDecoder } from '#main/core/media/decoderClient.ts';
import { locateFfmpeg } from '#main/platform/ffmpegLocator.ts';
import { type Bed, withBed, workedSec } from './bed.ts';
import { machineFacts } from './machine.ts';
import { writeReference, writeWav } from './wav.ts';

/** × real time of decoding alone, and of the whole way: decode, send, score, persist; the server answers at once. */
const FILES = Number(process.argv[2] ?? 48);
const FILE_SEC = 60;

interface Format {
  readonly name: string;
  readonly extension: string;
  readonly rateHz: number;
  /** ffmpeg's encoder options; null for the WAV as it was written. */
  readonly encode: readonly string[] | null;
}
const FORMATS: readonly Format[] = [
  { name: '16 kHz WAV', extension: 'wav', rateHz: 16_000, encode: null },
  { name: '16 kHz FLAC', extension: 'flac', rateHz: 16_000, encode: ['-c:a', 'flac'] },
  { name: '48 kHz AAC', extension: 'm4a', rateHz: 48_000, encode: ['-c:a', 'aac', '-b:a', '96k'] },
];

await withBed(async (bed) => {
  console.log(await machineFacts(bed.mediaDir));
  const ffmpeg = locateFfmpeg(null)?.ffmpeg ?? null;
  for (const format of FORMATS) {
    if (format.encode !== null && ffmpeg === null) {
      console.log(`${format.name}: left out, no ffmpeg here to make the files with`);
      continue;
    }
    const folder = join(bed.mediaDir, format.extension);
    const paths = await makeFiles(folder, format, ffmpeg);
    const decodeOnly = await decodeRatio(bed, paths);
    const progress = await bed.runToEnd((await bed.prepare([folder])).id);
    const whole = progress.audioSec / workedSec(progress);
    console.log(
      `${format.name}: ${FILES} files of ${FILE_SEC} s, decode alone ${decodeOnly.toFixed(0)} × real time (one process), ` +
        `decode + send + score + persist ${whole.toFixed(0)} × on ${availableParallelism()} cores`,
    );
    await rm(folder, { recursive: true });
  }
});

async function makeFiles(folder: string, format: Format, ffmpeg: string | null): Promise<string[]> {
  await mkdir(folder);
  const paths: string[] = [];
  for (let seed = 0; seed < FILES; seed += 1) {
    const wav = join(folder, `${seed}.wav`);
    await writeReference(wav, seed);
    await writeWav(wav, { seed, durationSec: FILE_SEC, rateHz: format.rateHz });
    if (format.encode === null || ffmpeg === null) {
      paths.push(wav);
      continue;
    }
    const encoded = join(folder, `${seed}.${format.extension}`);
    const { status, stderr } = spawnSync(ffmpeg, ['-nostdin', '-v', 'error', '-i', wav, ...format.encode, encoded], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`ffmpeg could not make ${format.name}: ${stderr}`);
    await rm(wav);
    paths.push(encoded);
  }
  return paths;
}

async function decodeRatio({ ports }: Bed, paths: readonly string[]): Promise<number> {
  const decoder = createMediaDecoder({ ...ports, settings: () => ({ route: 'auto', ffmpegPath: null }) });
  try {
    const decode = async (path: string): Promise<number> => {
      const stream = decoder.decode(path);
      for await (const _ of stream.blocks);
      return (await stream.summary).decodedSec;
    };
    // The first file pays for the start of the process.
    for (const path of paths.slice(0, 1)) await decode(path);
    const startMs = performance.now();
    let audioSec = 0;
    for (const path of paths) audioSec += await decode(path);
    return audioSec / ((performance.now() - startMs) / 1_000);
  } finally {
    await decoder.close();
  }
}
