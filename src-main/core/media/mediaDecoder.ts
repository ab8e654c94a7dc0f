import type { DecoderInfo } from '#shared/contract/system.ts';

/** Everything that is decoded leaves as this: mono, 16 kHz, float32 little endian in [−1, 1] (a little over is left as it is). */
export const SAMPLE_RATE_HZ = 16_000;
export const BYTES_PER_SAMPLE = 4;

export interface MediaFacts {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly container: string;
  readonly codec: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly audioStreams: number;
  /** What the container announces, seconds; null when it does not say. */
  readonly announcedSec: number | null;
}

export interface DecodeSummary {
  readonly decodedSec: number;
  readonly announcedSec: number | null;
  /** Packets that could not be decoded and were left out. */
  readonly badPackets: number;
  /** Samples that were NaN or infinite and became 0. */
  readonly nonFiniteSamples: number;
}

export interface DecodeStream {
  /** Blocks of whole samples, at most about one second each. Ends early by throwing what `summary` rejects with. */
  readonly blocks: AsyncIterable<Buffer>;
  /** Settles after the last block. */
  readonly summary: Promise<DecodeSummary>;
  /** What `blocks` do not begin with, because the caller said that it is not read; null or absent: nothing. */
  readonly leftOut?: Promise<LeftOutAudio | null>;
}

export interface LeftOutAudio {
  /** Not more than `KnownFile.fromSample`. */
  readonly samples: number;
  /** As `SpeechMeter.levels` of them. */
  readonly levels: Uint8Array;
}

/** What is known of a file that is decoded, so that its audio can be kept, or come from where it was kept. */
export interface KnownFile {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly announcedSec: number | null;
  /** Samples at the beginning that are not read. */
  readonly fromSample: number;
  /** The run that will decode the same file again; null: none. */
  wantedBy(): Promise<number | null>;
  /** As `SpeechMeter.levels` of all that was read; asked after the last block. */
  levels(): Uint8Array;
}

/**
 * Probing and decoding in a process of its own, so that a malformed file cannot take the owner down. A crashed decoder is
 * replaced and only the files it was working on fail (DECODER_CRASHED, retried).
 */
export interface MediaDecoder {
  /** Which route is in use; asked without starting the process where possible. */
  info(): Promise<DecoderInfo>;
  /**
   * Hash and facts of one file.
   * @throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_NOT_REGULAR, FILE_CHANGED (it grew while it was read), FILE_EMPTY, MEDIA_UNRECOGNISED, MEDIA_NO_AUDIO, MEDIA_CORRUPT, DECODER_MISSING, DECODER_CRASHED, SHUTTING_DOWN
   */
  inspect(path: string, signal?: AbortSignal): Promise<MediaFacts>;
  /**
   * Several may run at once; each is read at its consumer's pace.
   * @throws (from the iteration and `summary`) as `inspect`, and AUDIO_EMPTY, AUDIO_NOT_FINITE, DECODER_HUNG, CANCELLED
   */
  decode(path: string, signal?: AbortSignal, known?: KnownFile): DecodeStream;
  close(): Promise<void>;
}
