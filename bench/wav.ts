import { writeFile } from 'node:fs/promises';

const HEADER_BYTES = 44;

/** Syllables of spoken audio a second, and the share of each that sounds. */
const SYLLABLES_PER_SEC = 4;
const SOUNDING_RATIO = 0.6;

/**
 * Writes a 16-bit mono WAV: a tone that follows from `seed` under noise, so that no two seeds give the same content and no encoder finds it
 * as easy as silence. With `isSpoken` it comes and goes as syllables do.
 */
export async function writeWav(
  path: string,
  options: { readonly seed: number; readonly durationSec: number; readonly rateHz: number; readonly isSpoken?: boolean },
): Promise<void> {
  const { seed, durationSec, rateHz, isSpoken = false } = options;
  const samples = Math.round(durationSec * rateHz);
  const bytes = Buffer.alloc(HEADER_BYTES + samples * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rateHz, 24);
  bytes.writeUInt32LE(rateHz * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples * 2, 40);
  const stepRad = (2 * Math.PI * (110 + (seed % 97) * 7)) / rateHz;
  let noise = (seed * 2_654_435_761) >>> 0;
  for (let sample = 0; sample < samples; sample += 1) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const value = 6_000 * Math.sin(sample * stepRad) + (noise / 2 ** 32 - 0.5) * 4_000;
    const isSounding = !isSpoken || ((sample / rateHz) * SYLLABLES_PER_SEC) % 1 < SOUNDING_RATIO;
    bytes.writeInt16LE(Math.round(isSounding ? value : value / 100), HEADER_BYTES + sample * 2);
  }
  await writeFile(path, bytes);
}

/** Writes the reference beside a recording, so that its result is scored. */
export async function writeReference(mediaPath: string, seed: number): Promise<void> {
  const words = Array.from({ length: 12 }, (_, index) => WORDS[(seed + index * 5) % WORDS.length]);
  await writeFile(mediaPath.replace(/\.[^.]+$/, '.txt'), words.join(' '));
}

const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven'] as const;
