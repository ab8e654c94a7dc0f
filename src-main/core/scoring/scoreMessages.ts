import type { AlignmentStep, NormalizerName } from '#shared/domain/scores.ts';
import type { PairMetrics } from './metrics.ts';
import type { PairScore } from './score.ts';

/** One pair to compare; a null hypothesis is a missing answer. */
export interface ScoreRequest {
  readonly reference: string;
  readonly hypothesis: string | null;
  readonly normalizer: NormalizerName;
}

/** Many pairs under one normaliser. */
export interface ManyRequest {
  readonly pairs: readonly Omit<ScoreRequest, 'normalizer'>[];
  readonly normalizer: NormalizerName;
}

/** From the owner to the score thread. */
export type ScoreQuestion =
  | (ScoreRequest & { readonly what: 'score' | 'measure' | 'align' })
  | (ManyRequest & { readonly what: 'measureMany' });

/** From the score thread to the owner. */
export type ScoreAnswer =
  | { readonly what: 'score'; readonly score: PairScore }
  | { readonly what: 'measure'; readonly metrics: PairMetrics }
  | { readonly what: 'measureMany'; readonly metrics: PairMetrics[] }
  | { readonly what: 'align'; readonly steps: AlignmentStep[] };
