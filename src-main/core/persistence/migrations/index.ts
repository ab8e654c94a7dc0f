import { firstSchema } from './0010-first-schema.ts';
import { runNotes } from './0020-run-notes.ts';
import { rescorings } from './0030-rescorings.ts';
import { serverProfiles } from './0040-server-profiles.ts';
import { scoredWith } from './0060-scored-with.ts';
import { eventLog } from './0070-event-log.ts';
import { retention } from './0080-retention.ts';
import { queueOrder } from './0090-queue-order.ts';
import { pauses } from './0100-pauses.ts';
import { checkpoints } from './0110-checkpoints.ts';
import { readings } from './0120-readings.ts';
import { learnedLoads } from './0130-learned-loads.ts';
import { nightGuard } from './0140-night-guard.ts';
import { textSearch } from './0150-text-search.ts';
import { tallies } from './0160-tallies.ts';
import { lastUsedFacts } from './0170-last-used-facts.ts';
import { itemTallies } from './0180-item-tallies.ts';
import { searchDeletions } from './0190-search-deletions.ts';
import { startWhenReady } from './0200-start-when-ready.ts';

export interface Migration {
  /** Rises in steps of ten; stored as `user_version`. */
  readonly version: number;
  readonly sql: string;
}

/** In order. A released migration is never changed; a mistake is mended by the next one. */
export const MIGRATIONS: readonly Migration[] = [
  firstSchema,
  runNotes,
  rescorings,
  serverProfiles,
  scoredWith,
  eventLog,
  retention,
  queueOrder,
  pauses,
  checkpoints,
  readings,
  learnedLoads,
  nightGuard,
  textSearch,
  tallies,
  lastUsedFacts,
  itemTallies,
  searchDeletions,
  startWhenReady,
];
