/** A word's samples are its number over this, exact in float32 and in 16 bits. */
const SCALE = 64;
const SAMPLE_RATE_HZ = 16_000;
const NUMBERS = 50;
/** Samples of a word; the rest of its second is silence. */
const WORD_SAMPLES = 12_800;

/**
 * "Speech" that a stand-in can hear without a model: in each second one word as a level of its own, and a pause. A wrong sample format, a
 * lost or doubled frame, a shift by a byte, a cut inside a word: each changes what is heard.
 */
export function* spokenNumbers(seconds: number): Generator<Buffer> {
  for (let second = 0; second < seconds; second += 1) {
    const block = Buffer.alloc(SAMPLE_RATE_HZ * 4);
    const level = ((second % NUMBERS) + 1) / SCALE;
    for (let index = 0; index < WORD_SAMPLES; index += 1) block.writeFloatLE(level, index * 4);
    yield block;
  }
}

/** What is heard in `spokenNumbers`. */
export function numbersSaid(seconds: number): string[] {
  return Array.from({ length: seconds }, (_, second) => `n${(second % NUMBERS) + 1}`);
}

export interface HeardWord {
  readonly word: string;
  readonly startSec: number;
  readonly endSec: number;
}

/** Hears samples as they come, in the format in which they should come. */
export class NumberListener {
  readonly words: HeardWord[] = [];
  readonly #sampleBytes: 2 | 4;
  #rest: Buffer = Buffer.alloc(0);
  #samples = 0;
  #level = 0;
  #runStart = 0;

  constructor(format: 'f32le' | 's16le') {
    this.#sampleBytes = format === 'f32le' ? 4 : 2;
  }

  get audioSec(): number {
    return this.#samples / SAMPLE_RATE_HZ;
  }

  /** @returns the words that this frame made complete */
  hear(frame: Buffer): HeardWord[] {
    const before = this.words.length;
    const bytes = this.#rest.length === 0 ? frame : Buffer.concat([this.#rest, frame]);
    const whole = bytes.length - (bytes.length % this.#sampleBytes);
    for (let offset = 0; offset < whole; offset += this.#sampleBytes) {
      const level = this.#sampleBytes === 4 ? bytes.readFloatLE(offset) : bytes.readInt16LE(offset) / 32_768;
      if (level !== this.#level) this.#endRun(level);
      this.#samples += 1;
    }
    this.#rest = Buffer.from(bytes.subarray(whole));
    return this.words.slice(before);
  }

  #endRun(nextLevel: number): void {
    const length = this.#samples - this.#runStart;
    if (this.#level !== 0) {
      const word = length === WORD_SAMPLES ? `n${this.#level * SCALE}` : `torn${length}`;
      this.words.push({ word, startSec: this.#runStart / SAMPLE_RATE_HZ, endSec: this.#samples / SAMPLE_RATE_HZ });
    }
    this.#level = nextLevel;
    this.#runStart = this.#samples;
  }
}
