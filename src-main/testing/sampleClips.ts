import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMediaDecoder } from '#main/core/media/decoderClient.ts';
import { createClock } from '#main/platform/clock.ts';
import { createSpawner } from '#main/platform/spawner.ts';
import { assetsFolder } from '#main/programs/programPath.ts';
import { silentLogger } from './silentLogger.ts';

export interface SampleClip {
  readonly name: string;
  /** As written in the transcript, upper case. */
  readonly reference: string;
  /** float32 LE, 16 kHz, mono. */
  readonly audio: Buffer;
}

/** The sample clips that ship with Nightshift, decoded by its own decoder, in the order of their names. */
export async function decodeSampleClips(): Promise<SampleClip[]> {
  const folder = join(assetsFolder(), 'samples');
  const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  const references = new Map<string, string>();
  for (const path of paths.filter((name) => name.endsWith('.trans.txt'))) {
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const [id, ...words] = line.split(' ');
      if (id !== undefined && words.length > 0) references.set(id, words.join(' '));
    }
  }
  const decoder = createMediaDecoder({
    spawner: createSpawner(),
    clock: createClock(),
    logger: silentLogger,
    settings: () => ({ route: 'auto', ffmpegPath: null }),
  });
  try {
    const clips: SampleClip[] = [];
    for (const path of paths.filter((name) => name.endsWith('.flac')).sort()) {
      const stream = decoder.decode(path);
      const blocks: Buffer[] = [];
      for await (const block of stream.blocks) blocks.push(block);
      await stream.summary;
      const name = /([^/\\]+)\.flac$/.exec(path)?.[1] ?? path;
      clips.push({ name, reference: references.get(name) ?? '', audio: Buffer.concat(blocks) });
    }
    return clips;
  } finally {
    await decoder.close();
  }
}

/** Audio in blocks of a second, as the decoder hands it over. */
export async function* inBlocks(audio: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < audio.length; offset += 64_000) yield audio.subarray(offset, offset + 64_000);
}
