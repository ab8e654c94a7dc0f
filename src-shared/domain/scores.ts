/**
 * Counts of one or many pairs of reference and hypothesis; corpora add counts and never average ratios
 * (`scoring.md` point 1). `referenceWords` = hits + substitutions + deletions.
 */
export interface WordCounts {
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
  readonly hits: number;
  readonly referenceWords: number;
}

export const NO_WORDS: WordCounts = { substitutions: 0, deletions: 0, insertions: 0, hits: 0, referenceWords: 0 };

export function addCounts(left: WordCounts, right: WordCounts): WordCounts {
  return {
    substitutions: left.substitutions + right.substitutions,
    deletions: left.deletions + right.deletions,
    insertions: left.insertions + right.insertions,
    hits: left.hits + right.hits,
    referenceWords: left.referenceWords + right.referenceWords,
  };
}

/** Word error rate as a ratio ≥ 0 that can exceed 1; null where there are no reference words (the ratio is undefined). */
export function werRatio(counts: WordCounts): number | null {
  if (counts.referenceWords === 0) return null;
  return (counts.substitutions + counts.deletions + counts.insertions) / counts.referenceWords;
}

/** One step of an alignment; `hit` and `substitution` have both words. */
export type AlignmentStep =
  | { readonly op: 'hit' | 'substitution'; readonly reference: string; readonly hypothesis: string }
  | { readonly op: 'deletion'; readonly reference: string }
  | { readonly op: 'insertion'; readonly hypothesis: string };

/** Normalisers by name; the version is part of every stored figure. */
export const NORMALIZERS = ['none', 'simple', 'whisper-en', 'whisper-basic', 'korean'] as const;
export type NormalizerName = (typeof NORMALIZERS)[number];
export const NORMALIZER_VERSIONS: Readonly<Record<NormalizerName, number>> = {
  none: 1,
  simple: 1,
  'whisper-en': 1,
  'whisper-basic': 1,
  korean: 1,
};

/**
 * Where a version is not all of the published rules it is named after, what it leaves out; shown with every figure of that version. Figures of
 * `whisper-en` 1 are a little higher than those of the original where British and American spellings meet.
 */
const NORMALIZER_VARIANTS: Readonly<Partial<Record<NormalizerName, string>>> = { 'whisper-en': 'no-spelling-list' };

/** Whether the program still scores with the rule that counts were made with. Counts of two versions are no more comparable than those of two rules. */
export function isCurrentNormalizer(name: NormalizerName, version: number): boolean {
  return version === NORMALIZER_VERSIONS[name];
}

/** Name, version and what is left out, as it stands beside a figure: `simple 1`, `whisper-en 1 (no-spelling-list)`. */
export function normalizerLabel(name: NormalizerName, version: number = NORMALIZER_VERSIONS[name]): string {
  const variant = NORMALIZER_VARIANTS[name];
  return `${name} ${version}${variant === undefined ? '' : ` (${variant})`}`;
}
