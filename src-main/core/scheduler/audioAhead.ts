import { NightshiftError, toNightshiftError } from '#shared/errors/nightshiftError.ts';
import { metered, SpeechMeter } from '../media/speechMeter.ts';
import { BYTES_PER_SAMPLE, type DecodeStream, type DecodeSummary, type MediaDecoder } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { ClaimedTask } from '../persistence/operations/tasks.ts';
import type { FileStore } from '../ports.ts';
import { findStart, type StartOfFile } from './startOfFile.ts';

/** Audio decoded before a server takes the file, bytes: half a minute. More would only fill memory. */
const MAX_AHEAD_BYTES = 2 * 1024 * 1024;

export interface AudioDeps {
  readonly decoder: Pick<MediaDecoder, 'decode' | 'info'>;
  readonly database: Pick<Database, 'read' | 'write'>;
  readonly files: FileStore;
}

type AudioTask = Pick<ClaimedTask, 'taskId' | 'itemId' | 'resultKey' | 'announcedSec' | 'path' | 'sha256' | 'sizeBytes' | 'modifiedMs'>;

/**
 * The audio of one file from where its text is not final yet, decoded ahead, so that a place on a server that becomes free does not wait for the
 * decoder. What lies before is decoded, too, and heard by the meter only, unless the audio was kept: no codec can be entered in the middle at an exact
 * sample, and an hour costs a few seconds. What goes wrong is thrown by `blocks`.
 */
export class AudioAhead {
  /** Where `blocks` begin; settles before the first. */
  readonly start: Promise<StartOfFile>;
  /** float32 LE, 16 kHz, mono; read once, at the reader's pace. */
  readonly blocks: AsyncIterable<Buffer>;
  /** Settles after the last block. */
  readonly summary: Promise<DecodeSummary>;
  /** Has heard what was decoded so far. */
  readonly meter = new SpeechMeter();
  readonly #abort = new AbortController();
  readonly #source: AsyncGenerator<Buffer>;
  readonly #filling: Promise<void>;
  #queue: Buffer[] = [];
  #isTaken = false;
  #isAtEnd = false;
  #failure: NightshiftError | null = null;

  /** Throws (from `blocks` and `summary`) FILE_NOT_FOUND, FILE_CHANGED, and what the decoder throws. */
  constructor(deps: AudioDeps, task: AudioTask, signal: AbortSignal) {
    const either = AbortSignal.any([signal, this.#abort.signal]);
    this.start = requireUnchanged(deps.files, task).then(() => findStart(deps, task));
    const stream = this.start.then(({ checkpoint }) =>
      deps.decoder.decode(task.path, either, {
        ...task,
        fromSample: checkpoint?.samples ?? 0,
        wantedBy: () => deps.database.read('laterDecode', { taskId: task.taskId, itemId: task.itemId }),
        levels: () => this.meter.levels,
      }),
    );
    this.summary = stream.then(({ summary }) => summary);
    // Whoever reads the blocks hears what the stream throws; without this a failed decode would also be an unhandled rejection.
    this.summary.catch(() => undefined);
    this.#source = fromStart(metered(blocksOf(stream, this.meter), this.meter), this.start, stream);
    this.#filling = this.#fill();
    this.blocks = this.#read();
  }

  /** Nobody will read it. */
  cancel(): void {
    this.#isTaken = true;
    this.#abort.abort();
  }

  /** Never rejects. */
  async #fill(): Promise<void> {
    let bytes = 0;
    try {
      while (!this.#isTaken && bytes < MAX_AHEAD_BYTES) {
        const next = await this.#source.next();
        if (next.done === true) {
          this.#isAtEnd = true;
          return;
        }
        this.#queue.push(next.value);
        bytes += next.value.length;
      }
    } catch (error) {
      this.#failure = toNightshiftError(error);
    }
  }

  async *#read(): AsyncGenerator<Buffer, void, undefined> {
    this.#isTaken = true;
    try {
      await this.#filling;
      const ahead = this.#queue;
      this.#queue = [];
      yield* ahead;
      if (this.#failure !== null) throw this.#failure;
      while (!this.#isAtEnd) {
        const next = await this.#source.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await this.#source.return(undefined);
    }
  }
}

async function* blocksOf(stream: Promise<DecodeStream>, meter: SpeechMeter): AsyncGenerator<Buffer, void, undefined> {
  const { blocks, leftOut } = await stream;
  const before = await leftOut;
  if (before != null) meter.recall(before.levels);
  yield* blocks;
}

async function* fromStart(
  blocks: AsyncIterable<Buffer>,
  start: Promise<StartOfFile>,
  stream: Promise<DecodeStream>,
): AsyncGenerator<Buffer, void, undefined> {
  let skipBytes: number | null = null;
  for await (const block of blocks) {
    skipBytes ??= (((await start).checkpoint?.samples ?? 0) - ((await (await stream).leftOut)?.samples ?? 0)) * BYTES_PER_SAMPLE;
    const skipped = Math.min(skipBytes, block.length);
    skipBytes -= skipped;
    if (skipped < block.length) yield skipped === 0 ? block : block.subarray(skipped);
  }
}

// The result is kept under the hash of what was looked at; another content would be recorded under a wrong name.
async function requireUnchanged(files: FileStore, { path, sizeBytes, modifiedMs }: AudioTask): Promise<void> {
  const now = await files.stat(path);
  if (now === null) throw new NightshiftError('FILE_NOT_FOUND', { path });
  if (now.sizeBytes !== sizeBytes || now.modifiedMs !== modifiedMs) throw new NightshiftError('FILE_CHANGED', { path });
}
