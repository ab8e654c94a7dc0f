import { NORMALIZER_VERSIONS, type NormalizerName } from '#shared/domain/scores.ts';
import { normalizeKorean } from './normalizers/korean.ts';
import { normalizeWhisperBasic } from './normalizers/whisperBasic.ts';
import { normalizeWhisperEnglish } from './normalizers/whisperEnglish.ts';

/**
 * A rule that is applied to reference and hypothesis before they are compared. It is part of every figure: the same output
 * scores a full point apart under two rules (`reference/scoring.md` point 10). Idempotent but for `whisper-en` and `whisper-basic`, which are not because
 * the published rules are not.
 */
export interface Normalizer {
  readonly name: NormalizerName;
  readonly version: number;
  readonly normalize: (text: string) => string;
}

/** Everything `simple` deletes, with the marks (accents, vowel signs, variation selectors) that belong to it. */
const NO_WORD_CHARACTER = /(?:[^\p{L}\p{M}\p{N}_\p{White_Space}]|(?<=^|\p{White_Space}))\p{M}*/gu;

const RULES: Readonly<Record<NormalizerName, (text: string) => string>> = {
  none: (text) => text,
  simple: (text) => text.toLowerCase().replaceAll(NO_WORD_CHARACTER, ''),
  'whisper-en': normalizeWhisperEnglish,
  'whisper-basic': normalizeWhisperBasic,
  korean: normalizeKorean,
};

/**
 * `none` compares as written. `simple` is lower case without every character that is not letter, digit, underscore or white
 * space; nothing takes the place of what is deleted, so `don't` becomes `dont`. Letters and digits are those of Unicode. A mark stays
 * with its letter, as Unicode's own word characters have it (UTS 18, annex C): without it Hindi and Thai would lose their vowels.
 * `whisper-en` and `whisper-basic` are the published rules of Whisper, the first without its spelling list; `korean` is for Korean.
 */
export function normalizerOf(name: NormalizerName): Normalizer {
  return { name, version: NORMALIZER_VERSIONS[name], normalize: RULES[name] };
}
