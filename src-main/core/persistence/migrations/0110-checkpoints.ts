import type { Migration } from './index.ts';

/**
 * How far an unfinished file is: each row is what became final since the row before, up to a sample from which the file can go on. Figures count from the
 * beginning of the file. A task that has its text, or will never need one, keeps none; a failed one may be tried again.
 */
export const checkpoints: Migration = {
  version: 110,
  sql: `
CREATE TABLE checkpoints (
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  samples INTEGER NOT NULL,
  result_key TEXT NOT NULL,
  decoder TEXT NOT NULL,
  segments TEXT NOT NULL,
  language TEXT,
  processing_sec REAL NOT NULL,
  decode_sec REAL,
  first_token_latency_ms REAL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (task_id, samples)
) STRICT, WITHOUT ROWID;
CREATE INDEX checkpoints_by_key ON checkpoints (result_key);

CREATE TRIGGER checkpoint_not_needed AFTER UPDATE OF status ON tasks WHEN NEW.status IN ('done', 'skipped', 'cancelled')
BEGIN
  DELETE FROM checkpoints WHERE task_id = NEW.id;
END;
`,
};
