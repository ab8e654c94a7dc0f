import type { NormalizerName } from '#shared/domain/scores.ts';

/** Every normaliser of the contract has a label, or this does not compile. */
export const NORMALIZER_LABELS = {
  none: 'preflight.normalizerNone',
  simple: 'preflight.normalizerSimple',
  'whisper-en': 'preflight.normalizerWhisperEn',
  'whisper-basic': 'preflight.normalizerWhisperBasic',
  korean: 'preflight.normalizerKorean',
} as const satisfies Record<NormalizerName, string>;
