import type { DecodeSummary, MediaFacts } from '#main/core/media/mediaDecoder.ts';
import type { DecoderInfo } from '#shared/contract/system.ts';

/** What a route finds out about a file; hash, size and time are the program's. */
export type RouteFacts = Omit<MediaFacts, 'sha256' | 'sizeBytes' | 'modifiedMs'>;

/** One file being decoded. */
export interface AudioSource {
  /** The next block of float32 samples, at most one second; null after the last. @throws as `Route.open`, when it only shows later */
  nextBlock(): Promise<Buffer | null>;
  /** Complete after the last block. */
  summary(): DecodeSummary;
  /** Frees what is held; may be called at any time, more than once. */
  close(): void;
}

/** One way to read media files. Paths given to it were seen to be regular, readable and not empty. */
export interface Route {
  info(): DecoderInfo;
  /** @throws MEDIA_UNRECOGNISED, MEDIA_NO_AUDIO, MEDIA_CORRUPT */
  inspect(path: string, signal: AbortSignal): Promise<RouteFacts>;
  /** @throws as `inspect`; from the source also AUDIO_EMPTY, AUDIO_NOT_FINITE */
  open(path: string, signal: AbortSignal): Promise<AudioSource>;
}
