import type { retentionRoutes } from '#shared/contract/retention.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { MediaCache } from '../mediaCache/mediaCache.ts';
import type { RetentionService } from '../retention/retentionService.ts';

export function retentionHandlers({
  retention,
  mediaCache,
}: {
  readonly retention: RetentionService;
  readonly mediaCache: MediaCache;
}): Handlers<keyof typeof retentionRoutes> {
  return {
    'storage.usage': () => retention.usage(),
    'storage.preview': ({ rules }) => retention.preview(rules),
    'storage.clean': ({ rules, keys }) => retention.clean(rules, keys),
    'storage.cache': () => mediaCache.usage(),
    'storage.emptyCache': () => mediaCache.empty(),
    'storage.pin': async ({ runId, isPinned }) => {
      await retention.pin(runId, isPinned);
      return {};
    },
  };
}
