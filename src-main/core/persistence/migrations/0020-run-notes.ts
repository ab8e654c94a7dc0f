import type { Migration } from './index.ts';

/** What people wrote about a run, and how its gate judged it. Both JSON text, both gone with the run. */
export const runNotes: Migration = {
  version: 20,
  sql: `
CREATE TABLE run_notes (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  notes TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE run_verdicts (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  verdict TEXT NOT NULL,
  judged_at_ms INTEGER NOT NULL
) STRICT;
`,
};
