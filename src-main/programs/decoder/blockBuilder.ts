import { BLOCK_SAMPLES } from '#main/core/media/decoderProtocol.ts';
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

const BLOCK_BYTES = BLOCK_SAMPLES * BYTES_PER_SAMPLE;
/** Below one millisecond there is nothing that could be heard, let alone said. */
const AUDIBLE_SAMPLES = SAMPLE_RATE_HZ / 1000;

/** Cuts float32 bytes of any chunking into blocks of one second, replaces what is no number by 0 and counts it. */
export class BlockBuilder {
  #samples = new Float32Array(BLOCK_SAMPLES);
  #bytes = Buffer.from(this.#samples.buffer);
  #filledBytes = 0;
  #ready: Buffer[] = [];
  #totalSamples = 0;
  #nonFiniteSamples = 0;

  get hasBlock(): boolean {
    return this.#ready.length > 0;
  }

  /** Not one byte was added. */
  get isEmpty(): boolean {
    return this.#totalSamples === 0 && this.#filledBytes === 0;
  }

  get decodedSec(): number {
    return this.#totalSamples / SAMPLE_RATE_HZ;
  }

  get nonFiniteSamples(): number {
    return this.#nonFiniteSamples;
  }

  add(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      const copied = bytes.copy(this.#bytes, this.#filledBytes, offset);
      offset += copied;
      this.#filledBytes += copied;
      if (this.#filledBytes === BLOCK_BYTES) this.#seal();
    }
  }

  take(): Buffer | null {
    return this.#ready.shift() ?? null;
  }

  /**
   * Makes what is left the last block.
   * @throws AUDIO_EMPTY (less than a millisecond in all), AUDIO_NOT_FINITE (not one sample was a number)
   */
  finish(): void {
    this.#seal();
    if (this.#totalSamples < AUDIBLE_SAMPLES) throw new NightshiftError('AUDIO_EMPTY', { samples: this.#totalSamples });
    if (this.#nonFiniteSamples === this.#totalSamples) throw new NightshiftError('AUDIO_NOT_FINITE', { samples: this.#totalSamples });
  }

  #seal(): void {
    const count = Math.floor(this.#filledBytes / BYTES_PER_SAMPLE);
    if (count === 0) return;
    const samples = this.#samples;
    for (let index = 0; index < count; index += 1) {
      const sample = samples[index] ?? 0;
      // NaN and both infinities are the only numbers that are not 0 after being taken from themselves.
      if (sample - sample !== 0) {
        samples[index] = 0;
        this.#nonFiniteSamples += 1;
      }
    }
    this.#totalSamples += count;
    this.#ready.push(this.#bytes.subarray(0, count * BYTES_PER_SAMPLE));
    this.#samples = new Float32Array(BLOCK_SAMPLES);
    this.#bytes = Buffer.from(this.#samples.buffer);
    this.#filledBytes = 0;
  }
}
