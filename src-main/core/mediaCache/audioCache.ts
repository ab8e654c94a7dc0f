import { createHash } from 'node:crypto';
import type { Sample } from '#shared/contract/resources.ts';
import type { DecodeSummary } from '../media/mediaDecoder.ts';
import type { CacheFolder, DiskSpace, Logger } from '../ports.ts';
import { AUDIO_FORMAT, AudioDamaged, type AudioFileReader, AudioFileWriter, readAudioFile } from './audioFile.ts';

/** What is left free on the disk: more than where a run is paused for it, or the user warned (`LOW_DISK`, `DISK_FREE`). */
const KEEP_FREE = { bytes: 10 * 1024 ** 3, ratio: 0.1 };
/** Room is taken in such steps where a file is longer than it announced. */
const STEP_BYTES = 64 * 1024 ** 2;

export interface AudioCacheDeps {
  readonly files: CacheFolder;
  readonly disks: DiskSpace;
  readonly logger: Logger;
  readonly dataDir: string;
  /** 0: nothing is kept. */
  maxBytes(): number;
}

interface Entry {
  readonly bytes: number;
  /** Run that will read it again; null: nobody said so. */
  wantedBy: number | null;
}

/**
 * Decoded audio on disk, by content and decoder, within a number of bytes and what the disk has to spare. What was used longest ago goes first, but never for a
 * file of the run that will read it again: a run goes through its files in the same order for every mode, and a cache that is too small for all of them would
 * otherwise drop each just before it is wanted.
 */
export class AudioCache {
  readonly #deps: AudioCacheDeps;
  /** The one used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  /** Bytes set aside for files being written. */
  readonly #writing = new Map<string, number>();
  readonly #work = new Set<Promise<unknown>>();
  #opened: Promise<void> | null = null;
  #totalBytes = 0;
  #allowedBytes = Number.POSITIVE_INFINITY;
  #isFitting = false;
  #isFailing = false;

  constructor(deps: AudioCacheDeps) {
    this.#deps = deps;
  }

  /** Name of a file's audio. @param decoder gives the samples: route and version */
  static nameOf(sha256: string, decoder: string): string {
    return `${sha256}-${createHash('sha256').update(`${AUDIO_FORMAT} ${decoder}`).digest('hex').slice(0, 12)}.audio`;
  }

  get isOn(): boolean {
    return this.#limitBytes() > 0;
  }

  /** Finds out what is there; everything else waits for it. */
  async open(): Promise<void> {
    this.#opened ??= this.#list();
    await this.#opened;
  }

  async usage(): Promise<{ bytes: number; files: number }> {
    await this.open();
    return { bytes: this.#totalBytes, files: this.#entries.size };
  }

  /** @param wantedBy run that will read it again @returns null when there is none, or none that is sound */
  async read(name: string, wantedBy: number | null): Promise<AudioFileReader | null> {
    await this.open();
    const entry = this.#entries.get(name);
    if (entry === undefined) return null;
    this.#entries.delete(name);
    this.#entries.set(name, { ...entry, wantedBy });
    const file = await this.#deps.files.open(name);
    try {
      if (file !== null) return await readAudioFile(file);
    } catch (error) {
      await file?.close();
      if (error instanceof AudioDamaged)
        this.#deps.logger.warn('kept audio is damaged and is decoded again', { name, part: error.message });
    }
    await this.remove(name);
    return null;
  }

  /** @param runId will read it again @returns null when there is no room, or somebody writes it already */
  async write(name: string, runId: number, expectedBytes: number): Promise<KeptAudioWriter | null> {
    await this.open();
    if (this.#entries.has(name) || this.#writing.has(name)) return null;
    this.#writing.set(name, expectedBytes);
    try {
      if (await this.#makeRoom(runId)) {
        const file = new AudioFileWriter(await this.#deps.files.create(name));
        return new KeptAudioWriter(file, {
          grow: async (bytes) => {
            if (bytes <= (this.#writing.get(name) ?? 0)) return true;
            this.#writing.set(name, bytes + STEP_BYTES);
            return await this.#makeRoom(runId);
          },
          onEnd: (bytes) => this.#endWriting(name, bytes, runId),
          onFailure: (error) => this.#fail(error),
          track: (work) => this.#track(work),
        });
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#writing.delete(name);
    return null;
  }

  /** It is not used any more. */
  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#totalBytes -= entry.bytes;
    await this.#track(
      this.#deps.files.remove(name).catch((error: unknown) => {
        this.#deps.logger.warn('kept audio was not removed', { name, error: String(error) });
      }),
    );
  }

  /** Removes everything; files being written stay. @returns what went */
  async empty(): Promise<{ bytes: number; files: number }> {
    const before = await this.usage();
    await Promise.all([...this.#entries.keys()].map((name) => this.remove(name)));
    return before;
  }

  /** For as long as nothing else is said; what is more goes now. @param bytes null: what `maxBytes` says */
  async allow(bytes: number | null): Promise<void> {
    this.#allowedBytes = bytes ?? Number.POSITIVE_INFINITY;
    await this.fit();
  }

  /** Gives up what is over the limits, as they are now. */
  async fit(): Promise<void> {
    await this.open();
    const over = await this.#overBytes();
    await this.#evict(over, [...this.#entries]);
  }

  /** Gives way where something else fills the disk. */
  takeSample({ diskFreeBytes, diskTotalBytes }: Pick<Sample, 'diskFreeBytes' | 'diskTotalBytes'>): void {
    if (diskFreeBytes === null || diskTotalBytes === null || this.#isFitting || this.#entries.size === 0) return;
    if (diskFreeBytes >= keptFree(diskTotalBytes)) return;
    this.#isFitting = true;
    void this.#track(this.fit().finally(() => (this.#isFitting = false)));
  }

  /** Waits for files that come and go. */
  async close(): Promise<void> {
    await this.#opened;
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  async #list(): Promise<void> {
    for (const { name, bytes } of await this.#deps.files.list()) {
      this.#entries.set(name, { bytes, wantedBy: null });
      this.#totalBytes += bytes;
    }
  }

  #limitBytes(): number {
    return Math.min(this.#deps.maxBytes(), this.#allowedBytes);
  }

  /** What is too much with everything that is being written; not above 0 when all is well. */
  async #overBytes(): Promise<number> {
    const space = await this.#deps.disks.space(this.#deps.dataDir);
    const writing = [...this.#writing.values()].reduce((sum, bytes) => sum + bytes, 0);
    const overLimit = this.#totalBytes + writing - this.#limitBytes();
    return space === null ? overLimit : Math.max(overLimit, writing + keptFree(space.totalBytes) - space.freeBytes);
  }

  /** @returns false, and nothing went, when there is not enough that may go */
  async #makeRoom(runId: number): Promise<boolean> {
    const over = await this.#overBytes();
    const candidates = [...this.#entries].filter(([, { wantedBy }]) => wantedBy !== runId);
    if (candidates.reduce((sum, [, { bytes }]) => sum + bytes, 0) < over) return false;
    await this.#evict(over, candidates);
    return true;
  }

  async #evict(over: number, candidates: readonly (readonly [string, Entry])[]): Promise<void> {
    const going: string[] = [];
    let left = over;
    for (const [name, { bytes }] of candidates) {
      if (left <= 0) break;
      left -= bytes;
      going.push(name);
    }
    await Promise.all(going.map((name) => this.remove(name)));
  }

  #endWriting(name: string, bytes: number | null, runId: number): void {
    this.#writing.delete(name);
    if (bytes === null) return;
    this.#isFailing = false;
    this.#entries.set(name, { bytes, wantedBy: runId });
    this.#totalBytes += bytes;
  }

  /** Once, until a file could be kept again. */
  #fail(error: unknown): void {
    if (!this.#isFailing)
      this.#deps.logger.warn('decoded audio cannot be kept; it is decoded again where it is needed', { error: String(error) });
    this.#isFailing = true;
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }
}

interface WriterHooks {
  /** @returns whether there is room for so many bytes of audio */
  grow(bytes: number): Promise<boolean>;
  /** @param bytes of the file; null: it was not kept */
  onEnd(bytes: number | null): void;
  onFailure(error: unknown): void;
  track(work: Promise<void>): Promise<void>;
}

/** Keeps what passes by; where that fails, nothing is kept and nobody else notices. */
export class KeptAudioWriter {
  readonly #file: AudioFileWriter;
  readonly #hooks: WriterHooks;
  #isOver = false;

  constructor(file: AudioFileWriter, hooks: WriterHooks) {
    this.#file = file;
    this.#hooks = hooks;
  }

  async write(block: Buffer): Promise<void> {
    if (this.#isOver) return;
    try {
      if (await this.#hooks.grow(this.#file.bytes + block.length)) await this.#file.write(block);
      else this.discard();
    } catch (error) {
      if (!this.#isOver) this.#hooks.onFailure(error);
      this.discard();
    }
  }

  /** Goes on by itself. @param isSame whether the file is still what was decoded */
  keep(summary: DecodeSummary, levels: Uint8Array, isSame: () => Promise<boolean>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const finish = async (): Promise<void> => {
      let bytes: number | null = null;
      try {
        if (await isSame()) bytes = await this.#file.keep(summary, levels);
      } catch (error) {
        this.#hooks.onFailure(error);
      }
      if (bytes === null) await this.#file.discard();
      this.#hooks.onEnd(bytes);
    };
    void this.#hooks.track(finish());
  }

  /** Nothing is kept, unless all of it was. */
  discard(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#hooks.track(this.#file.discard().finally(() => this.#hooks.onEnd(null)));
  }
}

function keptFree(totalBytes: number): number {
  return Math.min(KEEP_FREE.bytes, totalBytes * KEEP_FREE.ratio);
}
