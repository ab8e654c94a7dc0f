import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import {
  BYTES_PER_SAMPLE,
  type DecodeStream,
  type DecodeSummary,
  type KnownFile,
  type MediaDecoder,
  SAMPLE_RATE_HZ,
} from '../media/mediaDecoder.ts';
import { FRAME_SAMPLES } from '../media/speechMeter.ts';
import type { FileStore } from '../ports.ts';
import { AudioCache, type KeptAudioWriter } from './audioCache.ts';
import { AudioDamaged, type AudioFileReader, CHUNK_BYTES } from './audioFile.ts';

const BLOCK_BYTES = SAMPLE_RATE_HZ * BYTES_PER_SAMPLE;
const FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE;

interface CachingDeps {
  readonly decoder: MediaDecoder;
  readonly cache: AudioCache;
  readonly files: Pick<FileStore, 'stat'>;
}

/** A decoder that keeps the audio of files it will be asked for again, and reads it from there. Of files it is told nothing about it keeps nothing. */
export function cachingDecoder(deps: CachingDeps): MediaDecoder {
  const { decoder, cache } = deps;
  return {
    info: () => decoder.info(),
    inspect: (path, signal) => decoder.inspect(path, signal),
    decode: (path, signal, known) =>
      known === undefined || !cache.isOn ? decoder.decode(path, signal) : new CachedDecode(deps, path, signal, known),
    close: () => decoder.close(),
  };
}

interface Beginning {
  /** null: it cannot be said which decoder it would be. */
  readonly name: string | null;
  readonly wantedBy: number | null;
  readonly reader: AudioFileReader | null;
  /** Of audio that is left out. */
  readonly startBytes: number;
}

class CachedDecode implements DecodeStream {
  readonly blocks: AsyncIterable<Buffer>;
  readonly summary: Promise<DecodeSummary>;
  readonly leftOut: NonNullable<DecodeStream['leftOut']>;
  readonly #deps: CachingDeps;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #known: KnownFile;
  readonly #beginning: Promise<Beginning>;
  readonly #settle: { resolve: (summary: DecodeSummary) => void; reject: (error: NightshiftError) => void };
  #reader: AudioFileReader | null = null;
  #writer: KeptAudioWriter | null = null;
  readonly #onAbort = (): void => {
    this.#settle.reject(new NightshiftError('CANCELLED'));
    this.#release();
  };

  constructor(deps: CachingDeps, path: string, signal: AbortSignal | undefined, known: KnownFile) {
    this.#deps = deps;
    this.#path = path;
    this.#signal = signal;
    this.#known = known;
    const { promise, resolve, reject } = Promise.withResolvers<DecodeSummary>();
    this.summary = promise;
    this.#settle = { resolve, reject };
    // Who reads the blocks hears of the error there.
    promise.catch(() => undefined);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#beginning = this.#begin();
    this.leftOut = this.#beginning.then(({ reader, startBytes }) =>
      reader === null ? null : { samples: startBytes / BYTES_PER_SAMPLE, levels: reader.levels.subarray(0, startBytes / FRAME_BYTES) },
    );
    this.blocks = this.#read();
  }

  /** Never rejects: what cannot be looked up is decoded. */
  async #begin(): Promise<Beginning> {
    const { cache } = this.#deps;
    const { sha256, fromSample } = this.#known;
    try {
      const name = AudioCache.nameOf(sha256, await this.#decoderName());
      const wantedBy = await this.#known.wantedBy();
      const reader = await cache.read(name, wantedBy);
      this.#reader = reader;
      if (this.#signal?.aborted === true) this.#release();
      // The meter goes on from whole frames.
      const startBytes =
        reader === null ? 0 : Math.floor(Math.min(fromSample * BYTES_PER_SAMPLE, reader.bytes) / FRAME_BYTES) * FRAME_BYTES;
      return { name, wantedBy, reader, startBytes };
    } catch {
      return { name: null, wantedBy: null, reader: null, startBytes: 0 };
    }
  }

  async #decoderName(): Promise<string> {
    const { route, version } = await this.#deps.decoder.info();
    return `${route ?? ''} ${version ?? ''}`;
  }

  async *#read(): AsyncGenerator<Buffer, void, undefined> {
    try {
      const { name, wantedBy, reader, startBytes } = await this.#beginning;
      let position = startBytes;
      if (reader !== null && name !== null) {
        try {
          while (position < reader.bytes) {
            this.#requireGoing();
            const inChunk = position % CHUNK_BYTES;
            const chunk = await reader.chunk((position - inChunk) / CHUNK_BYTES);
            for (let start = inChunk; start < chunk.length; start += BLOCK_BYTES) {
              this.#requireGoing();
              const block = chunk.subarray(start, start + BLOCK_BYTES);
              position += block.length;
              yield block;
            }
          }
          this.#settle.resolve(reader.summary);
          return;
        } catch (error) {
          this.#requireGoing();
          if (!(error instanceof AudioDamaged) && toNightshiftError(error).code !== 'FILE_UNREADABLE') throw error;
          await this.#deps.cache.remove(name);
        }
      }
      yield* this.#decode(position, reader === null ? name : null, wantedBy);
    } catch (thrown) {
      const error = toNightshiftError(thrown);
      this.#settle.reject(error);
      throw error;
    } finally {
      this.#signal?.removeEventListener('abort', this.#onAbort);
      // Nobody who left early learns how it would have ended.
      this.#settle.reject(new NightshiftError('CANCELLED'));
      this.#release();
    }
  }

  /** @param name under which it is kept; null: not at all */
  async *#decode(skipBytes: number, name: string | null, wantedBy: number | null): AsyncGenerator<Buffer, void, undefined> {
    const stream = this.#deps.decoder.decode(this.#path, this.#signal);
    if (name !== null && wantedBy !== null) {
      const expectedBytes = Math.ceil((this.#known.announcedSec ?? 0) * BLOCK_BYTES);
      this.#writer = await this.#deps.cache.write(name, wantedBy, expectedBytes);
      if (this.#signal?.aborted === true) this.#release();
    }
    let left = skipBytes;
    for await (const block of stream.blocks) {
      await this.#writer?.write(block);
      const skipped = Math.min(left, block.length);
      left -= skipped;
      if (skipped < block.length) yield skipped === 0 ? block : block.subarray(skipped);
    }
    const summary = await stream.summary;
    this.#writer?.keep(summary, this.#known.levels(), async () => (await this.#isSame()) && name === (await this.#nameNow()));
    this.#settle.resolve(summary);
  }

  /** What was decoded is kept under the hash of what was looked at before. */
  async #isSame(): Promise<boolean> {
    const now = await this.#deps.files.stat(this.#path);
    return now !== null && now.sizeBytes === this.#known.sizeBytes && now.modifiedMs === this.#known.modifiedMs;
  }

  /** The settings may have changed while it was decoded. */
  async #nameNow(): Promise<string> {
    return AudioCache.nameOf(this.#known.sha256, await this.#decoderName());
  }

  #requireGoing(): void {
    if (this.#signal?.aborted === true) throw new NightshiftError('CANCELLED');
  }

  #release(): void {
    void this.#reader?.close();
    this.#writer?.discard();
  }
}
