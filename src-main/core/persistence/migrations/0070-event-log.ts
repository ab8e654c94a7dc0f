import type { Migration } from './index.ts';

/**
 * What happened, as codes and facts: sentences are made for the reader. `level` is the place in EVENT_LEVELS. Entries outlive the runs and files
 * they name, so nothing refers to those. The index finds what went wrong among hundreds of thousands of files that did not.
 */
export const eventLog: Migration = {
  version: 70,
  sql: `
CREATE TABLE event_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  level INTEGER NOT NULL,
  code TEXT NOT NULL,
  run_id INTEGER,
  item_id INTEGER,
  mode TEXT,
  server_id TEXT,
  error_code TEXT,
  error_data TEXT,
  data TEXT
) STRICT;
CREATE INDEX event_log_problems ON event_log (id) WHERE level > 0;
`,
};
