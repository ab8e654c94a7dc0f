import type { AlignmentStep, NormalizerName } from '#shared/domain/scores.ts';
import type { PairMetrics } from './metrics.ts';
import type { PairScore } from './score.ts';

/** One pair to compare; a null hypothesis is a missing answer. */
export interface ScoreRequest {
  readonly reference: string;
  readonly hypothesis: string | null;
  readonly normalizer: NormalizerName;
}

/** From the owner to the score thread. */
export interface ScoreQuestion extends ScoreRequest {
  readonly id: number;
  readonly what: 'score' | 'measure' | 'align';
}

/** From the score thread to the owner. */
export type ScoreAnswer =
  | { readonly id: number; readonly ok: true; readonly what: 'score'; readonly score: PairScore }
  | { readonly id: number; readonly ok: true; readonly what: 'measure'; readonly metrics: PairMetrics }
  | { readonly id: number; readonly ok: true; readonly what: 'align'; readonly steps: AlignmentStep[] }
  | { readonly id: number; readonly ok: false; readonly detail: string };
