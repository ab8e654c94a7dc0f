import type { Migration } from './index.ts';

/**
 * The order of the queue as one sort key (`src-shared/domain/rank.ts`), what the user holds back, an own language of a task, what the user took out of a run, and the changes of the queue
 * that can be taken back: for each task concerned what it was before. `queue_imports` keeps the place and the differing files of an imported run until it is
 * started. What waited before this version keeps its order.
 */
export const queueOrder: Migration = {
  version: 90,
  sql: `
ALTER TABLE tasks ADD COLUMN rank REAL NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN language TEXT;
ALTER TABLE tasks ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET rank = coalesce((SELECT queued_at_ms FROM runs WHERE runs.id = run_id), 0)
  + CASE WHEN priority <= 0 THEN -4398046511104.0 ELSE priority * 600000.0 END + id * 0.03125
WHERE status IN ('queued', 'claimed');
DROP INDEX tasks_ready;
CREATE INDEX tasks_to_claim ON tasks (run_id, mode, rank, id) WHERE status = 'queued' AND held = 0;
CREATE INDEX tasks_in_order ON tasks (run_id, mode, rank, id, priority) WHERE status = 'queued';

ALTER TABLE runs ADD COLUMN rank REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN stop_after_item_id INTEGER REFERENCES items (id) ON DELETE SET NULL;
CREATE INDEX runs_stop_after ON runs (stop_after_item_id) WHERE stop_after_item_id IS NOT NULL;
UPDATE runs SET rank = coalesce(queued_at_ms, 0);
DROP INDEX runs_waiting;
CREATE INDEX runs_in_order ON runs (rank, id) WHERE status = 'queued';

CREATE TABLE queue_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  is_paused INTEGER NOT NULL DEFAULT 0,
  stop_after_run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL
) STRICT;
INSERT INTO queue_state (id) VALUES (1);

CREATE TABLE queue_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  change TEXT NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  count INTEGER NOT NULL,
  inverse TEXT,
  undone INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_changes_by_run ON queue_changes (run_id);

CREATE TABLE queue_change_tasks (
  change_id INTEGER NOT NULL REFERENCES queue_changes (id) ON DELETE CASCADE,
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  rank REAL NOT NULL,
  priority INTEGER NOT NULL,
  held INTEGER NOT NULL,
  language TEXT,
  result_key TEXT,
  PRIMARY KEY (change_id, task_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_change_tasks_by_task ON queue_change_tasks (task_id);

CREATE TABLE queue_imports (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  rank REAL NOT NULL,
  items TEXT NOT NULL
) STRICT;
`,
};
