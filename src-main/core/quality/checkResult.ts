import type { QualityKind } from '#shared/contract/reports.ts';
import type { FindingFacts } from '#shared/texts/findingText.ts';
import { eastAsianLetters, unitsOf } from './eastAsian.ts';
import { findLoop } from './repeatedUnits.ts';
import { primaryLanguage, scriptShare } from './scripts.ts';
import {
  EMPTY_MIN_SEC,
  END_GAP_MIN_SEC,
  END_GAP_SEC,
  END_GAP_SHARE,
  LOW_CONFIDENCE,
  LOW_CONFIDENCE_MIN_WORDS,
  MAX_EAST_ASIAN_PER_SEC,
  MAX_WORDS_PER_SEC,
  SCRIPT_MIN_SHARE,
  TOO_FAST_MIN_WORDS,
} from './thresholds.ts';

/** A stretch of a transcript; times in milliseconds from the start of the audio. */
export interface CheckedSegment {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly words: readonly {
    readonly word: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly confidence: number | null;
  }[];
}

/** What is known of one answer. */
export interface CheckedResult {
  readonly hypothesis: string;
  readonly reference: string | null;
  readonly segments: readonly CheckedSegment[];
  /** Seconds of audio that were decoded. */
  readonly audioSec: number;
  /** What the user said the recordings are in; null: left to the server. */
  readonly wantedLanguage: string | null;
  /** What the server says it heard; null where it says nothing. */
  readonly heardLanguage: string | null;
  /** Less audio came out than the container announces. */
  readonly isPartial: boolean;
}

/** Something doubtful about one answer, each kind at most once. */
export interface Finding {
  readonly kind: QualityKind;
  /** What `findingText` says it with. */
  readonly facts: FindingFacts;
}

/** Every check that needs only one answer. An answer that is as it should be has no findings. */
export function checkResult(result: CheckedResult): Finding[] {
  const findings = [
    checkEmpty(result),
    checkTooFast(result),
    checkRepetition(result),
    checkScript(result),
    checkLanguage(result),
    checkConfidence(result),
    checkEnd(result),
    result.isPartial ? ({ kind: 'partialAudio', facts: {} } as const) : null,
  ];
  return findings.filter((finding) => finding !== null);
}

function checkEmpty({ hypothesis, reference, audioSec }: CheckedResult): Finding | null {
  if (hypothesis.trim() !== '' || audioSec < EMPTY_MIN_SEC) return null;
  // A transcript without words says that there is nothing to hear.
  if (reference !== null && reference.trim() === '') return null;
  return { kind: 'emptyText', facts: { audioSec } };
}

function checkTooFast({ hypothesis, audioSec }: CheckedResult): Finding | null {
  if (audioSec <= 0) return null;
  const syllables = eastAsianLetters(hypothesis);
  const words = hypothesis.split(/\s+/u).filter((word) => word !== '' && eastAsianLetters(word) === 0).length;
  // Both kinds of text take time: their shares of what can be said add up.
  const load = words / (MAX_WORDS_PER_SEC * audioSec) + syllables / (MAX_EAST_ASIAN_PER_SEC * audioSec);
  if (words + syllables < TOO_FAST_MIN_WORDS || load <= 1) return null;
  const rate = (words + syllables) / audioSec;
  return { kind: 'tooFast', facts: { perSec: rate, unit: syllables > words ? 'syllables' : 'words' } };
}

function checkRepetition({ hypothesis, reference }: CheckedResult): Finding | null {
  const loop = findLoop(unitsOf(hypothesis));
  if (loop === null) return null;
  // What the speaker really repeats stands in the transcript, too.
  const said = reference === null ? null : findLoop(unitsOf(reference));
  if (said !== null && said.repeats * said.unit.length >= loop.repeats * loop.unit.length) return null;
  const separator = loop.unit.some((unit) => unit.length > 1) ? ' ' : '';
  return { kind: 'repetition', facts: { phrase: loop.unit.join(separator), repeats: loop.repeats } };
}

function checkScript({ hypothesis, reference, wantedLanguage }: CheckedResult): Finding | null {
  const found = scriptShare(hypothesis, reference, wantedLanguage);
  if (found === null || found.share >= SCRIPT_MIN_SHARE) return null;
  return { kind: 'scriptMismatch', facts: { sharePercent: Math.round(found.share * 100), script: found.expected } };
}

function checkLanguage({ wantedLanguage, heardLanguage }: CheckedResult): Finding | null {
  if (wantedLanguage === null || heardLanguage === null) return null;
  if (primaryLanguage(wantedLanguage) === primaryLanguage(heardLanguage)) return null;
  return { kind: 'languageMismatch', facts: { heard: heardLanguage, wanted: wantedLanguage } };
}

function checkConfidence({ segments }: CheckedResult): Finding | null {
  let doubtful = 0;
  let judged = 0;
  let lowest = 1;
  for (const { words } of segments) {
    const known = words.flatMap(({ confidence }) => confidence ?? []);
    if (known.length < LOW_CONFIDENCE_MIN_WORDS) continue;
    judged++;
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    lowest = Math.min(lowest, mean);
    if (mean < LOW_CONFIDENCE) doubtful++;
  }
  return doubtful === 0 ? null : { kind: 'lowConfidence', facts: { doubtful, segments: judged, lowest } };
}

function checkEnd({ segments, hypothesis, audioSec }: CheckedResult): Finding | null {
  if (hypothesis.trim() === '') return null;
  const endMs = segments.reduce((latest, { endMs: end, words }) => Math.max(latest, words.at(-1)?.endMs ?? end), 0);
  if (endMs <= 0) return null;
  const gapSec = audioSec - endMs / 1_000;
  const isLong = gapSec > END_GAP_SEC || (gapSec >= END_GAP_MIN_SEC && gapSec > audioSec * END_GAP_SHARE);
  return isLong ? { kind: 'endsEarly', facts: { gapSec, audioSec } } : null;
}
