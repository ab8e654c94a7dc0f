import type { Migration } from './index.ts';

/**
 * Figures of a run under other normalisers than its own. A rescoring is seen once it has `finished_at_ms`; rows of one without it were left by somebody who
 * was interrupted, and are cleared away. `basis` tells the outcomes it was made from. Counts point at tasks without a foreign key: both go with
 * the run, and looking for them task by task would make removing a large run slow.
 */
export const rescorings: Migration = {
  version: 30,
  sql: `
CREATE TABLE rescorings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  normalizer TEXT NOT NULL,
  normalizer_version INTEGER NOT NULL,
  basis TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER
) STRICT;
CREATE INDEX rescorings_by_run ON rescorings (run_id);
CREATE UNIQUE INDEX rescorings_finished ON rescorings (run_id, normalizer, normalizer_version) WHERE finished_at_ms IS NOT NULL;

CREATE TABLE rescoring_counts (
  rescoring_id INTEGER NOT NULL REFERENCES rescorings (id) ON DELETE CASCADE,
  task_id INTEGER NOT NULL,
  substitutions INTEGER NOT NULL,
  deletions INTEGER NOT NULL,
  insertions INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  reference_words INTEGER NOT NULL,
  character_edits INTEGER NOT NULL,
  reference_characters INTEGER NOT NULL,
  character_edits_no_spaces INTEGER NOT NULL,
  reference_characters_no_spaces INTEGER NOT NULL,
  PRIMARY KEY (rescoring_id, task_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rescoring_modes (
  rescoring_id INTEGER NOT NULL REFERENCES rescorings (id) ON DELETE CASCADE,
  mode TEXT NOT NULL,
  totals TEXT NOT NULL,
  PRIMARY KEY (rescoring_id, mode)
) STRICT, WITHOUT ROWID;
`,
};
