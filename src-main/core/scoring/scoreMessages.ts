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
  | (ScoreRequest & { readonly id: number; readonly what: 'score' | 'measure' | 'align' })
  | (ManyRequest & { readonly id: number; readonly what: 'measureMany' });

/** From the score thread to the owner. */
export type ScoreAnswer =
  | { readonly id: number; readonly ok: true; readonly what: 'score'; readonly score: PairScore }
  | { readonly id: number; readonly ok: true; readonly what: 'measure'; readonly metrics: PairMetrics }
  | { readonly id: number; readonly ok: true; readonly what: 'measureMany'; readonly metrics: PairMetrics[] }
  | { readonly id: number; readonly ok: true; readonly what: 'align'; readonly steps: AlignmentStep[] }
  | { readonly id: number; readonly ok: false; readonly detail: string };
