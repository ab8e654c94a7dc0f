import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from './mediaDecoder.ts';

/** Length of audio whose level is taken as one. */
const FRAME_MS = 20;
export const FRAME_SAMPLES = (SAMPLE_RATE_HZ * FRAME_MS) / 1_000;
/** Levels are kept in whole decibels of full scale from here to 0. */
const LOWEST_DB = -100;
/** Quieter than this is no speech, however quiet the rest is (ours: far below a whisper into a microphone of normal gain). */
const LEAST_SPEECH_DB = -50;
/** Speech stands out of the quietest tenth of a recording by so much; hum, hiss and tones do not (ours). */
const ABOVE_FLOOR_DB = 15;
const FLOOR_SHARE = 0.1;
/** Room for a minute; doubled when it is full. */
const FIRST_FRAMES = 3_000;

/**
 * How long there was something like speech in audio that passes by: its level moves, as speech does. It cannot tell speech from music, only
 * from silence and steady noise. Keeps 50 bytes for each second.
 */
export class SpeechMeter {
  /** Decibels above `LOWEST_DB` of each frame. */
  #levels = new Uint8Array(FIRST_FRAMES);
  #frames = 0;
  #sum = 0;
  #samples = 0;

  /** @param block float32 LE, 16 kHz, mono */
  hear(block: Buffer): void {
    const count = Math.floor(block.length / BYTES_PER_SAMPLE);
    // A view costs nothing, but only where the bytes lie as floats do.
    const isAligned = block.byteOffset % BYTES_PER_SAMPLE === 0;
    const samples = isAligned ? new Float32Array(block.buffer, block.byteOffset, count) : null;
    for (let index = 0; index < count; index += 1) {
      const sample = samples === null ? block.readFloatLE(index * BYTES_PER_SAMPLE) : (samples[index] ?? 0);
      this.#sum += sample * sample;
      this.#samples += 1;
      if (this.#samples === FRAME_SAMPLES) this.#endFrame();
    }
  }

  /** Level of each whole frame so far, decibels above −100 of full scale. */
  get levels(): Uint8Array {
    return this.#levels.subarray(0, this.#frames);
  }

  /** As if it had heard, first of all, audio of which these were the levels. @param levels as `levels` of another, from its beginning */
  recall(levels: Uint8Array): void {
    this.#levels = new Uint8Array(Math.max(FIRST_FRAMES, levels.length));
    this.#levels.set(levels);
    this.#frames = levels.length;
  }

  /** @param fromSec only what comes later; seconds from the start of the audio */
  speechSec(fromSec = 0): number {
    const threshold = this.#threshold();
    let frames = 0;
    for (let frame = Math.max(0, Math.ceil((fromSec * 1_000) / FRAME_MS)); frame < this.#frames; frame += 1) {
      if ((this.#levels[frame] ?? 0) >= threshold) frames += 1;
    }
    return (frames * FRAME_MS) / 1_000;
  }

  #endFrame(): void {
    if (this.#frames === this.#levels.length) {
      const larger = new Uint8Array(this.#levels.length * 2);
      larger.set(this.#levels);
      this.#levels = larger;
    }
    const decibels = 10 * Math.log10(this.#sum / FRAME_SAMPLES);
    // Silence has no level at all, and what is over full scale is as loud as can be.
    this.#levels[this.#frames] = Math.max(0, Math.min(-LOWEST_DB, Math.round(decibels - LOWEST_DB))) || 0;
    this.#frames += 1;
    this.#sum = 0;
    this.#samples = 0;
  }

  #threshold(): number {
    const counts = new Uint32Array(-LOWEST_DB + 1);
    for (let frame = 0; frame < this.#frames; frame += 1) {
      const level = this.#levels[frame] ?? 0;
      counts[level] = (counts[level] ?? 0) + 1;
    }
    let below = 0;
    let floor = 0;
    for (; floor < counts.length - 1; floor += 1) {
      below += counts[floor] ?? 0;
      if (below >= this.#frames * FLOOR_SHARE) break;
    }
    return Math.max(LEAST_SPEECH_DB - LOWEST_DB, floor + ABOVE_FLOOR_DB);
  }
}

/** The same blocks, heard by the meter as they pass. */
export async function* metered(blocks: AsyncIterable<Buffer>, meter: SpeechMeter): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    meter.hear(block);
    yield block;
  }
}
