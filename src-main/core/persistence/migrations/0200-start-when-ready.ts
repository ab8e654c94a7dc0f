import type { Migration } from './index.ts';

/** Whether a run is queued when its files have been looked at: an owner that dies meanwhile leaves the wish to the next. */
export const startWhenReady: Migration = {
  version: 200,
  sql: `ALTER TABLE runs ADD COLUMN start_when_ready INTEGER NOT NULL DEFAULT 0;`,
};
