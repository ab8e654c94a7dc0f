import type { compareRoutes } from '#shared/contract/compare.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { CompareService } from '../compare/compareService.ts';

export function compareHandlers({ comparisons }: { readonly comparisons: CompareService }): Handlers<keyof typeof compareRoutes> {
  return {
    'compare.open': (args) => comparisons.ask('compare.open', args),
    'compare.items': (args) => comparisons.ask('compare.items', args),
    'compare.item': (args) => comparisons.ask('compare.item', args),
    'compare.trend': (args) => comparisons.ask('compare.trend', args),
  };
}
