import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';

/** Scale of 16-bit samples: −1 becomes −32,768; 1 is cut to 32,767. */
const INT16_SCALE = 32_768;

/** Seconds of audio in so many bytes of float32 samples. */
export function audioSecOf(bytes: number): number {
  return bytes / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ;
}

/** Bytes of float32 samples in so much audio, whole samples. */
export function bytesOf(audioSec: number): number {
  return Math.round(audioSec * SAMPLE_RATE_HZ) * BYTES_PER_SAMPLE;
}

/** float32 LE as 16-bit PCM LE, what is over full scale cut off. */
export function toInt16(samples: Buffer): Buffer {
  const count = Math.floor(samples.length / BYTES_PER_SAMPLE);
  const pcm = Buffer.allocUnsafe(count * 2);
  for (let index = 0; index < count; index += 1) {
    const value = Math.round(samples.readFloatLE(index * BYTES_PER_SAMPLE) * INT16_SCALE);
    pcm.writeInt16LE(Math.max(-INT16_SCALE, Math.min(INT16_SCALE - 1, value)), index * 2);
  }
  return pcm;
}

/** What turns float32 LE into samples as a server wants them. */
export function encoderFor(format: 'f32le' | 's16le'): (samples: Buffer) => Buffer {
  return format === 'f32le' ? (samples) => samples : toInt16;
}
