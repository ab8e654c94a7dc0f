import { crc32 } from 'node:zlib';
import type { DecodeSummary } from '../media/mediaDecoder.ts';
import type { CacheReader, CacheWriter } from '../ports.ts';

/**
 * Decoded audio in a file: the samples as the decoder gave them, a checksum for every chunk, levels of 20 ms frames, the summary as JSON, and a tail with their
 * lengths and a checksum over all but the samples. Numbers are little endian.
 */
export const AUDIO_FORMAT = 1;

/** Four seconds: what is read, checked and written at once. */
export const CHUNK_BYTES = 256_000;
const TAIL_BYTES = 24;
const MAGIC = 0x4e_53_41_31;

/** The file is not what was written; its audio must not be used. */
export class AudioDamaged extends Error {}

/** Writes blocks as they pass; at most a chunk and a block are held. */
export class AudioFileWriter {
  readonly #file: CacheWriter;
  readonly #checksums: number[] = [];
  #checksum = 0;
  /** Of the chunk under way. */
  #chunkBytes = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #bytes = 0;

  constructor(file: CacheWriter) {
    this.#file = file;
  }

  /** Of audio, so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws as `CacheWriter.write` */
  async write(block: Buffer): Promise<void> {
    for (let start = 0; start < block.length;) {
      const part = block.subarray(start, start + CHUNK_BYTES - this.#chunkBytes);
      this.#checksum = crc32(part, this.#checksum);
      this.#chunkBytes += part.length;
      start += part.length;
      if (this.#chunkBytes === CHUNK_BYTES) this.#endChunk();
    }
    this.#bytes += block.length;
    this.#held.push(block);
    this.#heldBytes += block.length;
    if (this.#heldBytes >= CHUNK_BYTES) await this.#flush();
  }

  /** @returns the size of the whole file, bytes @throws as `CacheWriter` */
  async keep(summary: DecodeSummary, levels: Uint8Array): Promise<number> {
    if (this.#chunkBytes > 0) this.#endChunk();
    const checksums = Buffer.alloc(this.#checksums.length * 4);
    for (const [index, checksum] of this.#checksums.entries()) checksums.writeUInt32LE(checksum, index * 4);
    const json = Buffer.from(JSON.stringify(summary));
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeBigUInt64LE(BigInt(this.#bytes), 0);
    tail.writeUInt32LE(levels.length, 8);
    tail.writeUInt32LE(json.length, 12);
    tail.writeUInt32LE(MAGIC, 20);
    const index = Buffer.concat([checksums, levels, json]);
    tail.writeUInt32LE(crc32(tail.subarray(0, 16), crc32(index)), 16);
    this.#held.push(index, tail);
    await this.#flush();
    await this.#file.keep();
    return this.#bytes + index.length + TAIL_BYTES;
  }

  async discard(): Promise<void> {
    this.#held = [];
    await this.#file.discard();
  }

  #endChunk(): void {
    this.#checksums.push(this.#checksum);
    this.#checksum = 0;
    this.#chunkBytes = 0;
  }

  async #flush(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    await this.#file.write(held);
  }
}

/** Audio that was kept; every chunk is checked before it is given out. */
export interface AudioFileReader {
  readonly bytes: number;
  readonly summary: DecodeSummary;
  /** As `SpeechMeter.levels` of the whole audio. */
  readonly levels: Uint8Array;
  /** Audio from `index` × `CHUNK_BYTES` on, shorter at the end. @throws AudioDamaged, FILE_UNREADABLE */
  chunk(index: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws AudioDamaged, FILE_UNREADABLE; then the file is left open */
export async function readAudioFile(file: CacheReader): Promise<AudioFileReader> {
  const tail = await file.read(Math.max(0, file.bytes - TAIL_BYTES), TAIL_BYTES);
  if (tail.length !== TAIL_BYTES || tail.readUInt32LE(20) !== MAGIC) throw new AudioDamaged('tail');
  const bytes = Number(tail.readBigUInt64LE(0));
  const levelBytes = tail.readUInt32LE(8);
  const jsonBytes = tail.readUInt32LE(12);
  const checksumBytes = Math.ceil(bytes / CHUNK_BYTES) * 4;
  const indexBytes = checksumBytes + levelBytes + jsonBytes;
  if (bytes + indexBytes + TAIL_BYTES !== file.bytes) throw new AudioDamaged('length');
  const index = await file.read(bytes, indexBytes);
  if (index.length !== indexBytes || crc32(tail.subarray(0, 16), crc32(index)) !== tail.readUInt32LE(16)) throw new AudioDamaged('index');
  return {
    bytes,
    levels: index.subarray(checksumBytes, checksumBytes + levelBytes),
    summary: JSON.parse(index.toString('utf8', checksumBytes + levelBytes)) as DecodeSummary,
    async chunk(number) {
      const start = number * CHUNK_BYTES;
      const length = Math.min(CHUNK_BYTES, bytes - start);
      const chunk = await file.read(start, length);
      if (chunk.length !== length || crc32(chunk) !== index.readUInt32LE(number * 4)) throw new AudioDamaged(`chunk ${number}`);
      return chunk;
    },
    close: () => file.close(),
  };
}
