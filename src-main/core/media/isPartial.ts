import type { DecodeSummary } from './mediaDecoder.ts';

/**
 * Less than this share of the announced audio counts as partial. Lossy containers announce a few frames more or less than they
 * hold (encoder delay, a last frame cut to length), which is far below 2 % in anything longer than a few seconds …
 */
const COMPLETE_RATIO = 0.98;
/** … and in shorter ones below a quarter of a second (the longest common frame, 4096 samples at 16 kHz, is 0.256 s). */
const TOLERATED_SEC = 0.25;

/**
 * Whether a decoded file is only part of what it should be (AUDIO_PARTIAL): packets had to be left out, or clearly less came
 * out than the container announces. What a container announces is already cleaned of "length unknown" values by the decoder.
 */
export function isPartial({ decodedSec, announcedSec, badPackets }: DecodeSummary): boolean {
  if (badPackets > 0) return true;
  if (announcedSec === null) return false;
  return decodedSec < announcedSec * COMPLETE_RATIO && announcedSec - decodedSec > TOLERATED_SEC;
}
