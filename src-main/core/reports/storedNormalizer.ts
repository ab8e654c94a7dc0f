import type { RunOptions } from '#shared/contract/runs.ts';
import { isCurrentNormalizer, normalizerLabel } from '#shared/domain/scores.ts';

/** What a run says of the rule behind its stored word counts; version null: nothing is scored yet. */
interface ScoredRun {
  readonly options: Pick<RunOptions, 'normalizer'>;
  readonly normalizerVersion: number | null;
}

/** Label of the rule behind the stored figures of a run. */
export function storedNormalizerOf({ options, normalizerVersion }: ScoredRun): string {
  return normalizerLabel(options.normalizer, normalizerVersion ?? undefined);
}

/** Whether the stored figures can be compared with what is scored now. */
export function isScoredAsNow({ options, normalizerVersion }: ScoredRun): boolean {
  return normalizerVersion === null || isCurrentNormalizer(options.normalizer, normalizerVersion);
}
