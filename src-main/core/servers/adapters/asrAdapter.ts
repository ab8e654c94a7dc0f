import type { Mode } from '#shared/domain/mode.ts';

export interface Word {
  readonly word: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0–1; null where the model gives none. */
  readonly confidence: number | null;
}

export interface Segment {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly words: readonly Word[];
}

export interface Transcription {
  /** Segments joined with one space. */
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly language: string | null;
  /** Audio handed over, seconds. */
  readonly audioSec: number;
  /** From the first audio sent to the end of results, seconds. */
  readonly processingSec: number;
  /** Time the server says it decoded, seconds; null when it does not say. */
  readonly decodeSec: number | null;
  /** From the first audio sent to the first text, milliseconds; null when there was no text. */
  readonly firstTokenLatencyMs: number | null;
}

export interface TranscribeRequest {
  readonly mode: Mode;
  /** float32 LE, 16 kHz, mono. Read only as fast as the server takes it. */
  readonly blocks: AsyncIterable<Buffer>;
  readonly language: string | null;
  /** Longest piece decoded at once, seconds. */
  readonly chunkSec: number;
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
  readonly pacing: 'asFast' | 'realTime';
  readonly signal: AbortSignal;
}

export interface ServerHello {
  readonly protocol: 'nightshift' | 's0';
  readonly capacity: number;
  readonly model: string | null;
  /** Instance token; null for a server that is not ours. */
  readonly instance: string | null;
}

/** One connection, one file at a time; reused for many files where the protocol allows. */
export interface AsrSession {
  readonly hello: ServerHello;
  /** False once it failed or was closed, or when the protocol needs a new connection for each file. */
  readonly reusable: boolean;
  /**
   * @throws SERVER_BUSY, SERVER_CLOSED_EARLY, SERVER_SILENT (no audio progress for a time derived from the audio sent and `pacing`),
   * SERVER_BAD_RESPONSE, CONNECTION_LOST, CANCELLED, or what `blocks` throws
   */
  transcribe(request: TranscribeRequest): Promise<Transcription>;
  close(): Promise<void>;
}

/** Talks to one kind of server. */
export interface AsrAdapter {
  /** @throws SERVER_REFUSED, SERVER_BAD_RESPONSE, SERVER_BUSY, CANCELLED */
  connect(url: string, signal: AbortSignal): Promise<AsrSession>;
}
