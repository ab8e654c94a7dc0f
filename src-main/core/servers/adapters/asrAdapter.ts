import type { ServerProfile } from '#shared/contract/profiles.ts';
import type { Mode } from '#shared/domain/mode.ts';
import type { ServerProtocol } from '#shared/domain/profileDefaults.ts';

export interface Word {
  readonly word: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0–1; null where the model gives none. */
  readonly confidence: number | null;
}

/** Times lie inside the audio. A server that says no times gives one segment from the last known time to the end of what it heard. */
export interface Segment {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly words: readonly Word[];
}

/** The times mean the same for every protocol, so that servers can be compared. */
export interface Transcription {
  /** Segments joined with one space. */
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly language: string | null;
  /** Audio handed over, seconds; silence that an adapter adds is not counted. */
  readonly audioSec: number;
  /**
   * From the first audio sent to the end of results, seconds. Where only quiet tells the end of results, it is the last change of the
   * text (or the last audio sent, when that was later): waiting for more is not the server's work.
   */
  readonly processingSec: number;
  /** Time the server says it decoded, seconds; null when it does not say. */
  readonly decodeSec: number | null;
  /**
   * From the first audio sent to the first text, of whatever kind, milliseconds; null when there was no text. Over HTTP this is the answer
   * to the first request.
   */
  readonly firstTokenLatencyMs: number | null;
}

/**
 * Audio whose text is final, and after which the server begins anew: sending only the rest, as a file of its own, gives what would have followed.
 * Figures and times count from the first audio of this request.
 */
export interface SettledPart {
  /** Samples of the request before this place, a whole number of milliseconds. */
  readonly samples: number;
  /** Those since the place before, not cut to the length of the audio, which is not known yet. */
  readonly segments: readonly Segment[];
  readonly language: string | null;
  readonly processingSec: number;
  readonly decodeSec: number | null;
  readonly firstTokenLatencyMs: number | null;
}

export interface TranscribeRequest {
  readonly mode: Mode;
  /** float32 LE, 16 kHz, mono. Read only as fast as the server takes it. */
  readonly blocks: AsyncIterable<Buffer>;
  /** BCP-47; null: the profile's language, else the server detects it. */
  readonly language: string | null;
  /** Longest piece decoded at once, seconds. */
  readonly chunkSec: number;
  /** Window of the chunked mode, seconds. */
  readonly windowSec: number;
  readonly pacing: 'asFast' | 'realTime';
  readonly signal: AbortSignal;
  /** Told of every sign of life; whoever listens decides about silence, and the session keeps no limit of its own. */
  readonly onMoved?: () => void;
  /** Told of each place from which the file could go on later. Protocols that say nothing of their state never tell. */
  readonly onSettled?: (part: SettledPart) => void;
}

export interface ServerHello {
  readonly protocol: ServerProtocol;
  /** Sessions at once: the server's own word, else the profile's number, else 1. */
  readonly capacity: number;
  readonly model: string | null;
  /** Instance token; null for a server that is not ours. */
  readonly instance: string | null;
}

/** One connection, one file at a time; reused for many files where the protocol allows. */
export interface AsrSession {
  readonly hello: ServerHello;
  /** Whether it takes a file: false once it failed or was closed, and after its one file where the protocol needs a connection for each. */
  readonly reusable: boolean;
  /**
   * A clean end says only that the server ended: whether the text is enough for the audio is judged by the caller.
   * @throws SERVER_BUSY, SERVER_CLOSED_EARLY, SERVER_SILENT (no audio progress for a time derived from the audio sent and `pacing`),
   * SERVER_BAD_RESPONSE, SERVER_REJECTED, AUDIO_OVER_SERVER_LIMIT, CONNECTION_LOST, CANCELLED, or what `blocks` throws
   */
  transcribe(request: TranscribeRequest): Promise<Transcription>;
  close(): Promise<void>;
}

/** Talks to one server as its profile says. */
export interface AsrAdapter {
  /**
   * Opens a connection, or where the protocol opens one for each file asks whether the server is there. Sends no audio.
   * @param url where it listens: host and port count, the rest of the address is the profile's
   * @throws SERVER_REFUSED, SERVER_BAD_RESPONSE, SERVER_REJECTED, SERVER_BUSY, CANCELLED
   */
  connect(url: string, signal: AbortSignal): Promise<AsrSession>;
}

/** What an adapter reads of a profile. */
export type AdapterProfile = Pick<
  ServerProfile,
  'protocol' | 'path' | 'tls' | 'sampleFormat' | 'pacing' | 'tailSilenceMs' | 'end' | 'capacity'
> & {
  readonly timeouts: Pick<ServerProfile['timeouts'], 'connectMs' | 'silenceLeastMs' | 'silencePerAudio'>;
  readonly ready: Pick<ServerProfile['ready'], 'check'>;
  readonly options: ServerProfile['options'];
};
