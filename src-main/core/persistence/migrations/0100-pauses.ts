import type { Migration } from './index.ts';

/**
 * Whose pause it is, when a run pauses by itself, whether an interrupted run was put aside by the user, what is paused alone (a mode, a server), and
 * folders that are being added to a run: a row goes in the transaction that queues their files, so that what a dead process left half added is taken up
 * again.
 */
export const pauses: Migration = {
  version: 100,
  sql: `
ALTER TABLE runs ADD COLUMN paused_by TEXT;
ALTER TABLE runs ADD COLUMN pause_at_ms INTEGER;
ALTER TABLE runs ADD COLUMN kept_by_user INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET paused_by = 'user' WHERE status IN ('pausing', 'paused');

ALTER TABLE run_modes ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

CREATE TABLE paused_servers (
  id TEXT PRIMARY KEY,
  paused_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run_additions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  sources TEXT NOT NULL
) STRICT;
CREATE INDEX run_additions_by_run ON run_additions (run_id);
`,
};
