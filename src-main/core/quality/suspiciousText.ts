import { eastAsianLetters } from './eastAsian.ts';
import {
  LOST_END_MIN_SEC,
  LOST_END_SEC,
  LOST_END_SHARE,
  LITTLE_TEXT_MIN_SPEECH_SEC,
  LITTLE_TEXT_PER_SEC,
  NO_TEXT_MIN_SPEECH_SEC,
} from './thresholds.ts';

export interface AnsweredAudio {
  readonly text: string;
  readonly segments: readonly { readonly endMs: number }[];
  /** Seconds with something like speech after a moment of the audio. */
  speechSec(fromSec?: number): number;
}

/**
 * Whether a server that ended in order returned too little text for what it was sent: servers lose their last words, or everything, and
 * call it a success (vllm-project/vllm#53144, OpenWhispr/openwhispr#2150). Short files, silence and steady noise are never suspicious.
 * @returns one short English fact with its figures; null when the text is enough
 */
export function suspicionOf({ text, segments, speechSec }: AnsweredAudio): string | null {
  const spokenSec = speechSec();
  const units = countUnits(text);
  if (units === 0) return spokenSec >= NO_TEXT_MIN_SPEECH_SEC ? `no text for ${spokenSec.toFixed(1)} s of speech` : null;
  if (spokenSec >= LITTLE_TEXT_MIN_SPEECH_SEC && units / spokenSec < LITTLE_TEXT_PER_SEC) {
    return `${units} words for ${spokenSec.toFixed(1)} s of speech`;
  }
  const endMs = segments.reduce((latest, segment) => Math.max(latest, segment.endMs), 0);
  // Without times nothing is known about the end.
  if (endMs === 0) return null;
  const lostSec = speechSec(endMs / 1_000);
  const isLost = lostSec >= LOST_END_SEC || (lostSec >= LOST_END_MIN_SEC && lostSec >= spokenSec * LOST_END_SHARE);
  return isLost ? `${lostSec.toFixed(1)} s of speech after the last word` : null;
}

/** Words, and letters of scripts in which one letter is about a syllable. */
function countUnits(text: string): number {
  const words = text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word) && eastAsianLetters(word) === 0).length;
  return words + eastAsianLetters(text);
}
