/** Samples that arrived and are not decoded yet, in order. */
export class SampleQueue {
  readonly #blocks: Float32Array[] = [];
  /** Samples of the first block that are taken already. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(block: Float32Array): void {
    if (block.length === 0) return;
    this.#blocks.push(block);
    this.#length += block.length;
  }

  /** Removes and copies the first `count` samples, or all when there are fewer. */
  take(count: number): Float32Array {
    const taken = new Float32Array(Math.min(count, this.#length));
    let filled = 0;
    while (filled < taken.length) {
      const block = this.#blocks[0];
      if (block === undefined) break;
      const part = block.subarray(this.#offset, this.#offset + taken.length - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === block.length) {
        this.#blocks.shift();
        this.#offset = 0;
      }
    }
    this.#length -= filled;
    return taken;
  }

  /** Puts samples back in front of the rest. */
  unshift(samples: Float32Array): void {
    if (samples.length === 0) return;
    const first = this.#blocks[0];
    if (first !== undefined) this.#blocks[0] = first.subarray(this.#offset);
    this.#offset = 0;
    this.#blocks.unshift(samples);
    this.#length += samples.length;
  }
}
