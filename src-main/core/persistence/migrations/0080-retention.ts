import type { Migration } from './index.ts';

/**
 * Runs that are never cleaned, and runs that are being cleaned away: that takes many small transactions, and a process that dies in the middle goes on at
 * its next start. From the first of them the run cannot be started again. The index finds who uses a text.
 */
export const retention: Migration = {
  version: 80,
  sql: `
CREATE TABLE run_pins (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  pinned_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE run_cleanings (
  run_id INTEGER PRIMARY KEY,
  started_at_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER run_being_cleaned BEFORE UPDATE OF status ON runs
WHEN EXISTS (SELECT 1 FROM run_cleanings WHERE run_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'the run is being cleaned away');
END;

CREATE INDEX tasks_by_result ON tasks (result_id) WHERE result_id IS NOT NULL;
`,
};
