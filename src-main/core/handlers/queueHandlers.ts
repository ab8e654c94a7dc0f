import type { queueRoutes } from '#shared/contract/queue.ts';
import type { Handlers } from '#shared/contract/routes.ts';
import type { QueueDocuments } from '../queue/queueDocuments.ts';
import type { QueueService } from '../queue/queueService.ts';

export function queueHandlers(deps: {
  readonly queue: QueueService;
  readonly documents: QueueDocuments;
}): Handlers<keyof typeof queueRoutes> {
  const { queue, documents } = deps;
  return {
    'queue.get': () => queue.state(),
    'queue.tasks': (args) => queue.tasks(args),
    'queue.pause': () => queue.setPaused(true),
    'queue.resume': () => queue.setPaused(false),
    'queue.placeRun': ({ runId, place }) => queue.placeRun(runId, place),
    'queue.editRun': ({ runId, priority }) => queue.editRun(runId, priority),
    'queue.stopAfterRun': ({ runId }) => queue.stopAfterRun(runId),
    'queue.placeItems': async ({ runId, itemIds, place }) => ({ changed: await queue.placeItems(runId, itemIds, place) }),
    'queue.editItems': async ({ runId, itemIds, change }) => ({ changed: await queue.editItems(runId, itemIds, change) }),
    'queue.holdItems': async ({ runId, itemIds, isHeld }) => ({ changed: await queue.holdItems(runId, itemIds, isHeld) }),
    'queue.removeItems': async ({ runId, itemIds }) => ({ changed: await queue.removeItems(runId, itemIds) }),
    'queue.stopAfterItem': async ({ runId, itemId }) => ({ changed: await queue.stopAfterItem(runId, itemId) }),
    'queue.undo': ({ changeId }) => queue.undo(changeId),
    'queue.export': () => documents.export(),
    'queue.import': async ({ document }) => ({ runs: await documents.import(document) }),
    'queue.resumeInterrupted': () => queue.resumeInterrupted(),
  };
}
