import type { rescoringRoutes } from '#shared/contract/rescoring.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { RescoringService } from '../rescoring/rescoringService.ts';

export function rescoringHandlers({ rescorings }: { readonly rescorings: RescoringService }): Handlers<keyof typeof rescoringRoutes> {
  return {
    'rescorings.create': ({ runId, normalizer }) => rescorings.create(runId, normalizer),
    'rescorings.list': ({ runId }) => rescorings.list(runId),
    'rescorings.items': async (page) => ({ items: await rescorings.items(page) }),
  };
}
