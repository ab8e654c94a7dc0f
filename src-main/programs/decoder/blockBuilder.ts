import { BLOCK_SAMPLES } from '#main/core/media/decoderProtocol.ts';
import { BYTES_PER_SAMPLE, SAMPLE_RATE_HZ } from '#main/core/media/mediaDecoder.ts';
import { NightshiftError } from '#shared/errors/nightshiftError.ts';

const BLOCK_BYTES = BLOCK_SAMPLES * BYTES_PER_SAMPLE;
/** Below one millisecond there is nothing that could be heard, let alone said. */
const AUDIBLE_SAMPLES = SAMPLE_RATE_HZ / 1000;

/** Cuts float32 bytes of any chunking into blocks of one second, replaces what is no number by 0 and counts it. */
export class BlockBuilder {
  #bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
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
    this.#nonFiniteSamples += replaceNonFinite(new Float32Array(this.#bytes.buffer, 0, count));
    this.#totalSamples += count;
    this.#ready.push(this.#bytes.subarray(0, count * BYTES_PER_SAMPLE));
    this.#bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filledBytes = 0;
  }
}

/** Makes NaN and both infinities 0. @returns how many there were */
function replaceNonFinite(samples: Float32Array): number {
  // Every finite number less itself is 0, all others NaN: one pass without a branch tells whether there is anything to do.
  let probe = 0;
  for (const sample of samples) probe += sample - sample;
  if (probe === 0) return 0;
  let count = 0;
  for (const [index, sample] of samples.entries()) {
    if (Number.isFinite(sample)) continue;
    samples[index] = 0;
    count += 1;
  }
  return count;
}
