import type { AlignmentStep, NormalizerName, WordCounts } from '#shared/domain/scores.ts';
import { alignWords, countEdits } from './alignment.ts';
import { normalizerOf } from './normalizers.ts';
import { splitWords } from './words.ts';

export interface PairScore {
  readonly counts: WordCounts;
  readonly normalizer: NormalizerName;
  readonly normalizerVersion: number;
}

/**
 * Counts of one pair after normalisation.
 * @param hypothesis null when there is no answer: every word of the reference is a deletion, so that a failed file is not a good one.
 * An empty reference has no ratio, but its insertions count in the corpus (`reference/scoring.md` points 1 and 5).
 */
export function scorePair(reference: string, hypothesis: string | null, normalizer: NormalizerName): PairScore {
  const { normalize, version } = normalizerOf(normalizer);
  const counts = countEdits(splitWords(normalize(reference)), splitWords(normalize(hypothesis ?? '')));
  return { counts, normalizer, normalizerVersion: version };
}

/** The words of both after normalisation, one step for each edit or hit; its counts are those of `scorePair`. */
export function alignPair(reference: string, hypothesis: string | null, normalizer: NormalizerName): AlignmentStep[] {
  const { normalize } = normalizerOf(normalizer);
  return alignWords(splitWords(normalize(reference)), splitWords(normalize(hypothesis ?? ''))).steps;
}
