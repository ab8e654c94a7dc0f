import { SAMPLE_RATE_HZ } from '../media/mediaDecoder.ts';
import type { Database } from '../persistence/database.ts';
import type { Checkpoint } from '../persistence/operations/checkpoints.ts';
import type { ClaimedTask } from '../persistence/operations/tasks.ts';
import type { Clock, Logger } from '../ports.ts';
import type { Segment, SettledPart, Transcription } from '../servers/adapters/asrAdapter.ts';
import { within } from '../servers/adapters/shared/transcript.ts';
import { LEAST_KEPT_SEC, type StartOfFile } from './startOfFile.ts';

/** Time between two rows of a file that is under way: what a `kill -9` can cost. */
const WRITE_EVERY_MS = 5_000;
const MS_SAMPLES = SAMPLE_RATE_HZ / 1_000;

export interface ProgressDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How far one attempt at a file is, on top of what earlier ones left behind; kept in rows, so that the next attempt goes on from there. */
export class TaskProgress {
  readonly #deps: ProgressDeps;
  readonly #task: ClaimedTask;
  #start: StartOfFile = { decoder: null, checkpoint: null };
  /** Newest place to go on from, with the figures of the whole file up to there. */
  #reached: Omit<Checkpoint, 'segments'> | null = null;
  /** Since the last row. */
  #unsaved: Segment[] = [];
  #savedSamples = 0;
  #savedMs: number;
  #isForgotten = false;

  constructor(deps: ProgressDeps, task: ClaimedTask) {
    this.#deps = deps;
    this.#task = task;
    this.#savedMs = deps.clock.monotonicMs();
  }

  /** Audio of the file whose text is final, seconds. */
  get finalSec(): number {
    return (this.#reached?.samples ?? this.#start.checkpoint?.samples ?? 0) / SAMPLE_RATE_HZ;
  }

  /** Rows of this attempt say that more of the file became final. */
  get hasAdvanced(): boolean {
    return this.#savedSamples > (this.#start.checkpoint?.samples ?? 0);
  }

  /** Before anything is sent. */
  startFrom(start: StartOfFile): void {
    this.#start = start;
    this.#savedSamples = start.checkpoint?.samples ?? 0;
  }

  /** More of the audio that was sent is final. */
  settled(part: SettledPart): void {
    const { checkpoint } = this.#start;
    const samples = (checkpoint?.samples ?? 0) + part.samples;
    this.#unsaved.push(...part.segments.map((segment) => this.#inFile(segment)));
    this.#reached = { samples, ...this.#figures(part) };
    if (this.#deps.clock.monotonicMs() - this.#savedMs >= WRITE_EVERY_MS) this.keep();
  }

  /** The answer to what was sent, as that to the whole file. */
  whole(rest: Transcription): Transcription {
    const { checkpoint } = this.#start;
    if (checkpoint === null) return rest;
    const samples = checkpoint.samples + Math.round(rest.audioSec * SAMPLE_RATE_HZ);
    const before = checkpoint.segments.map((segment) => within(segment, samples / MS_SAMPLES));
    return {
      ...this.#figures(rest),
      text: [...before.map(({ text }) => text), rest.text].filter((text) => text !== '').join(' '),
      segments: [...before, ...rest.segments.map((segment) => this.#inFile(segment))],
      audioSec: samples / SAMPLE_RATE_HZ,
    };
  }

  /** Writes what became final since the last row, where it is worth one. Not waited for: writes keep their order. */
  keep(): void {
    const { database, clock, logger } = this.#deps;
    const { decoder } = this.#start;
    const reached = this.#reached;
    if (this.#isForgotten || decoder === null || reached === null) return;
    if (reached.samples - this.#savedSamples < LEAST_KEPT_SEC * SAMPLE_RATE_HZ) return;
    const { taskId, leaseToken, resultKey } = this.#task;
    const segments = this.#unsaved;
    const fromSamples = this.#savedSamples;
    this.#unsaved = [];
    this.#savedSamples = reached.samples;
    this.#savedMs = clock.monotonicMs();
    database
      .write('addCheckpoint', { taskId, leaseToken, resultKey, decoder, fromSamples, ...reached, segments, nowMs: clock.nowMs() })
      .then(
        () => undefined,
        // The file is only heard again from further back; what ails the database shows at the outcome.
        (error: unknown) => {
          this.#isForgotten = true;
          logger.warn('a checkpoint could not be written', { taskId, error: String(error) });
        },
      );
  }

  /** What was heard is doubted: the next attempt begins at the beginning. */
  forget(): void {
    const { database, logger } = this.#deps;
    const { taskId, leaseToken } = this.#task;
    this.#isForgotten = true;
    if (this.#savedSamples === 0) return;
    database.write('dropCheckpoint', { taskId, leaseToken }).then(
      () => undefined,
      (error: unknown) => logger.warn('a checkpoint could not be dropped', { taskId, error: String(error) }),
    );
  }

  #figures(
    part: Pick<Checkpoint, 'language' | 'processingSec' | 'decodeSec' | 'firstTokenLatencyMs'>,
  ): Omit<Checkpoint, 'samples' | 'segments'> {
    const { checkpoint } = this.#start;
    const { language, processingSec, decodeSec, firstTokenLatencyMs } = part;
    if (checkpoint === null) return { language, processingSec, decodeSec, firstTokenLatencyMs };
    return {
      language: checkpoint.language ?? language,
      processingSec: checkpoint.processingSec + processingSec,
      decodeSec: checkpoint.decodeSec === null || decodeSec === null ? null : checkpoint.decodeSec + decodeSec,
      firstTokenLatencyMs: checkpoint.firstTokenLatencyMs ?? firstTokenLatencyMs,
    };
  }

  #inFile(segment: Segment): Segment {
    const { checkpoint } = this.#start;
    if (checkpoint === null) return segment;
    const offsetMs = checkpoint.samples / MS_SAMPLES;
    const moved = <T extends { readonly startMs: number; readonly endMs: number }>(timed: T): T => ({
      ...timed,
      startMs: timed.startMs + offsetMs,
      endMs: timed.endMs + offsetMs,
    });
    return { ...moved(segment), words: segment.words.map(moved) };
  }
}
